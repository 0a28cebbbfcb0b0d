import { expect, test } from 'vitest'
import type { RunSnapshot } from '../bench/snapshot.js'
import { durationNs, instantNs, nsPerSec } from '../core/units.js'
import { emptyPlainState, newEvents, plainRun, plainSystem } from './plain.js'
import type { SystemSnapshot } from './system-lines.js'

const snapshot = (phase: RunSnapshot['phase'], elapsedSec: number): RunSnapshot => ({
  profileName: 'algo-200ms',
  runId: '7f3c',
  phase,
  elapsedNs: durationNs(elapsedSec * nsPerSec),
  totalNs: durationNs(35 * nsPerSec),
  targetRatePerSec: 1000,
  achievedRatePerSec: 1000,
  inFlight: 3,
  sent: 0,
  planned: 35_000,
  outcomes: {},
  endToEnd: { name: 'end to end', count: 4_000, p50Ns: 2e6, p95Ns: 4.2e6, p99Ns: 9e6, budgetNs: 200e6 },
  components: [],
  engines: [],
})

test('a line is written per step and per ten seconds', () => {
  let state = emptyPlainState
  const written: string[] = []
  for (let tenths = 0; tenths <= 350; tenths += 2) {
    const phase = tenths < 50 ? 'warm-up' : tenths < 350 ? 'measuring' : 'checking'
    const output = plainRun(state, snapshot(phase, tenths / 10), instantNs(tenths * 1e8))
    state = output.state
    written.push(...output.lines)
  }
  const figures = '1,000/s of 1,000/s  in flight 3  end to end p95 4.20 ms (n 4,000)  PASS so far'
  expect(written).toEqual([
    `algo-200ms  warm-up  0 s of 35 s  ${figures}`,
    `algo-200ms  measuring  5 s of 35 s  ${figures}`,
    `algo-200ms  measuring  15 s of 35 s  ${figures}`,
    `algo-200ms  measuring  25 s of 35 s  ${figures}`,
    'algo-200ms  checking',
  ])
})

test('each event is written once', () => {
  const status = { systemId: 'a1b2c3', profileName: 'desk', pid: 1, readyAfterNs: null, services: [], processes: [] }
  const system = (...events: string[]): SystemSnapshot => ({ status, usage: {}, ending: false, events })
  const first = plainSystem(emptyPlainState, system('a', 'b'), instantNs(0))
  const second = plainSystem(first.state, system('a', 'b', 'c\u001b[2J'), instantNs(nsPerSec))
  expect(first.lines.slice(0, 2)).toEqual(['a', 'b'])
  expect(second.lines).toEqual(['c'])
})

test('what ends while all is being stopped is not counted as ready', () => {
  const status = { systemId: 'a1b2c3', profileName: 'desk', pid: 1, readyAfterNs: null, services: [], processes: [] }
  const up = plainSystem(emptyPlainState, { status, usage: {}, ending: false, events: [] }, instantNs(0))
  const down = plainSystem(up.state, { status, usage: {}, ending: true, events: [] }, instantNs(1))
  const later = plainSystem(down.state, { status, usage: {}, ending: true, events: ['matching: ended'] }, instantNs(2))
  expect([up.lines, down.lines, later.lines]).toEqual([['0 of 0 ready'], ['stopping'], ['matching: ended']])
})

test.each([
  { before: [], after: ['a'], fresh: ['a'] },
  { before: ['a', 'b', 'c'], after: ['b', 'c', 'd'], fresh: ['d'] },
  { before: ['a', 'b'], after: ['x', 'y'], fresh: ['x', 'y'] },
  { before: ['a', 'a'], after: ['a', 'a', 'a'], fresh: ['a'] },
  { before: ['a'], after: ['a'], fresh: [] },
])('of $after after $before, $fresh are new', ({ before, after, fresh }) => {
  expect(newEvents(before, after)).toEqual(fresh)
})
