import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { NautilusError } from '../core/errors.js'
import { packageRoot } from '../core/paths.js'
import { durationNs, nsPerSec } from '../core/units.js'
import type { Probe } from '../results/capacity.js'
import { type RunResult, runResult } from '../results/run-result.js'
import { slaOf } from '../sla/declared.js'
import { findMaxRate, type RateAsked } from './max-rate.js'

// The search against recorded results in place of a system: what is asked of it, in which order, and what becomes of it.

const fixture = (name: string): RunResult =>
  runResult.parse(JSON.parse(readFileSync(join(packageRoot(), `fixtures/results/${name}.json`), 'utf8')))
const pass = fixture('pass')
const fail = fixture('risk-fail')
const invalid = fixture('invalid')

type Measured = RateAsked & { readonly purpose: string }

async function search(
  answer: (rate: Measured, index: number) => RunResult,
  { probes = [] as readonly Probe[], stop = new AbortController() } = {},
) {
  const asked: Measured[] = []
  const notes: string[] = []
  const found = await findMaxRate(
    {
      ...{ sla: slaOf(pass), probes, startPerSec: 1000, ratePerSecMax: 100_000 },
      ...{ warmupNs: durationNs(5 * nsPerSec), durationNs: durationNs(30 * nsPerSec) },
    },
    {
      stop: stop.signal,
      note: (text) => notes.push(text),
      measure: async (rate, purpose) => {
        asked.push({ ...rate, purpose })
        return answer({ ...rate, purpose }, asked.length - 1)
      },
    },
  )
  return { ...found, asked, notes }
}

/** Fails above a rate; what is asked of it to settle is answered. */
const upTo =
  (capacityPerSec: number) =>
  ({ ratePerSec }: Measured): RunResult =>
    ratePerSec <= capacityPerSec ? pass : fail

test('rungs are short, the system settles after each that was too high, and the rate is confirmed at full length', async () => {
  const { status, state, asked, rungs, notes, confirmation } = await search(upTo(2500))
  expect(status).toBe('found')
  expect(state.holdsPerSec).toBeLessThanOrEqual(2500)
  expect(state.breaksPerSec).toBeGreaterThan(2500)
  const settling = asked.filter(({ purpose }) => purpose === 'settling')
  expect(settling).toHaveLength(rungs.filter(({ answer }) => answer === 'breaks').length)
  expect(settling[0]).toMatchObject({ ratePerSec: 400, durationNs: nsPerSec / 2 })
  expect(asked[0]).toMatchObject({ ratePerSec: 1000, warmupNs: 5 * nsPerSec, durationNs: 5 * nsPerSec })
  expect(asked[1]).toMatchObject({ ratePerSec: 2000, warmupNs: nsPerSec })
  expect(asked.at(-1)).toMatchObject({ purpose: 'confirmation', durationNs: 30 * nsPerSec, warmupNs: 5 * nsPerSec })
  expect(rungs.at(-1)).toMatchObject({ purpose: 'confirmation', answer: 'holds' })
  expect(confirmation).toBe(pass)
  expect(notes[0]).toMatch(/^rung 1 at 1,000\/s; none yet holds, none yet does not; about \d+ s left$/)
  expect(rungs.find(({ answer }) => answer === 'breaks')?.broken).toMatchObject({ component: 'risk' })
})

test('a low rate is asked long enough for its limits', async () => {
  const { asked } = await search(upTo(40))
  const low = asked.find(({ ratePerSec, purpose }) => ratePerSec < 40 && purpose === 'rung')
  expect((low?.ratePerSec ?? 0) * ((low?.durationNs ?? 0) / nsPerSec)).toBeGreaterThanOrEqual(180)
})

test('the search begins at half of what the faster closed loop reached', async () => {
  const probe = { connections: 10, durationNs: nsPerSec, problem: null }
  const probes = [
    { ...probe, tool: 'nautilus' as const, completedPerSec: 6000 },
    { ...probe, tool: 'autocannon' as const, completedPerSec: null, problem: 'not HTTP' },
  ]
  const { asked } = await search(upTo(5000), { probes })
  expect(asked[0]?.ratePerSec).toBe(3000)
})

test('a generator that gives out ends the search, and what held is confirmed', async () => {
  const { status, state, asked, rungs } = await search(({ ratePerSec }) => (ratePerSec <= 2000 ? pass : invalid))
  expect(status).toBe('generator')
  expect(state).toMatchObject({ holdsPerSec: 2000, breaksPerSec: null, confirmed: true })
  expect(rungs.map(({ ratePerSec }) => ratePerSec)).toEqual([1000, 2000, 4000, 4000, 2000])
  expect(asked.at(-1)?.purpose).toBe('confirmation')
})

test('a system that died ends the search', async () => {
  const { status, rungs, state } = await search(({ ratePerSec }) =>
    ratePerSec <= 1000 ? pass : { ...fail, interrupted: 'risk exited with code 1' },
  )
  expect(status).toBe('unrecovered')
  expect(state.holdsPerSec).toBe(1000)
  expect(rungs.at(-1)?.reasons).toContain('risk exited with code 1')
})

test('one that nobody reaches for a moment is waited for', async () => {
  const refused: string[] = []
  const { status, notes } = await search((rate) => {
    if (rate.purpose === 'settling' && refused.length === 0) {
      refused.push('refused')
      throw new NautilusError('SERVICE_UNAVAILABLE', 'nobody answers')
    }
    return upTo(2500)(rate)
  })
  expect(status).toBe('found')
  expect(notes).toContain('waiting for the queue to be empty')
})

test('a stop keeps the rungs that were whole', async () => {
  const stop = new AbortController()
  const { status, rungs, state, confirmation } = await search(
    (rate, index) => {
      if (index === 2) stop.abort('SIGINT')
      return upTo(2500)(rate)
    },
    { stop },
  )
  expect(status).toBe('interrupted')
  expect(rungs.map(({ answer }) => answer)).toEqual(['holds', 'holds'])
  expect(state.holdsPerSec).toBe(2000)
  expect(confirmation).toBeNull()
})
