import { expect, test } from 'vitest'
import { durationNs, instantNs, nsPerMs } from '../core/units.js'
import type { Stamp } from '../platform/bus/envelope.js'
import { Splitter } from './attribution.js'
import { Recorder } from './recorder.js'
import { type Ending, endings, Settlement, sendStates } from './settlement.js'

const plan = {
  windowNs: 1_000 * nsPerMs,
  timeoutNs: 100 * nsPerMs,
  endToEndLimitsNs: [10 * nsPerMs],
  components: [
    { name: 'bus', of: ['edges'], limitsNs: [durationNs(1 * nsPerMs)] },
    { name: 'overhead', of: ['driver'], limitsNs: [] },
    { name: 'checks', of: ['risk', 'strategy'], limitsNs: [durationNs(3 * nsPerMs)] },
  ],
}
const ms = (value: number): number => value * nsPerMs
const stamp = (engine: string, receivedMs: number, doneMs: number): Stamp => ({
  engine,
  polledAt: instantNs(0),
  receivedAt: instantNs(ms(receivedMs)),
  startedAt: instantNs(ms(receivedMs)),
  doneAt: instantNs(ms(doneMs)),
})
const splitAt = (splitter: Splitter, stamps: Stamp[], doneMs: number): Splitter => {
  const at = instantNs(ms(doneMs))
  const home = { polledAt: instantNs(0), receivedAt: at, doneAt: at }
  expect(splitter.split(stamps, { intendedAt: instantNs(0), sentAt: instantNs(ms(1)), ...home })).toBe(true)
  return splitter
}

test('a tick counts once in its components, its stages and its interval', () => {
  const recorder = new Recorder(plan)
  const splitter = splitAt(new Splitter(), [stamp('strategy', 2, 4), stamp('risk', 5, 9)], 12)
  recorder.record('traded', ms(12), ms(600), splitter)
  const result = recorder.finish(plan.windowNs, splitter.parts)
  expect(result.components.map(({ name, summary, over }) => [name, summary.maxNs, over[0]?.count])).toEqual([
    ['bus', ms(1 + 1 + 3), 1],
    ['overhead', ms(1), undefined],
    ['checks', ms(2 + 4), 1],
  ])
  expect(Object.fromEntries(result.stages.map(({ name, summary }) => [name, summary.maxNs]))).toEqual({
    driver: ms(1),
    'driver->strategy': ms(1),
    strategy: ms(2),
    'strategy->risk': ms(1),
    risk: ms(4),
    'risk->driver': ms(3),
  })
  expect(result.endToEnd.over).toEqual([{ limitNs: ms(10), count: 1 }])
  expect(result.endToEnd.intervals.map(({ startNs, count, over }) => [startNs, count, over[0]])).toEqual([
    [0, 0, 0],
    [ms(250), 0, 0],
    [ms(500), 1, 1],
    [ms(750), 0, 0],
  ])
})

test.each<{ ending: Ending; responseMs: number; inSla: number | null }>([
  { ending: 'traded', responseMs: 5, inSla: 5 },
  { ending: 'failed', responseMs: 5, inSla: 100 },
  { ending: 'timedOut', responseMs: 140, inSla: 140 },
  { ending: 'dropped', responseMs: 0, inSla: 100 },
  { ending: 'lost', responseMs: 0, inSla: 100 },
  { ending: 'noTrade', responseMs: 5, inSla: null },
  { ending: 'rejected', responseMs: 5, inSla: null },
])(
  'a tick that ended as $ending after $responseMs ms stands in the SLA at $inSla ms',
  ({ ending, responseMs, inSla }) => {
    const recorder = new Recorder(plan)
    recorder.record(ending, ms(responseMs), 0, null)
    const { endToEnd, noTrade, rejected } = recorder.finish(plan.windowNs, [])
    expect(endToEnd.summary.count).toBe(inSla === null ? 0 : 1)
    expect(endToEnd.summary.maxNs).toBe(ms(inSla ?? 0))
    expect(noTrade.summary.count + rejected.summary.count).toBe(inSla === null ? 1 : 0)
  },
)

test('the attribution of the band is told by component', () => {
  const recorder = new Recorder(plan)
  const splitter = new Splitter()
  for (let tick = 0; tick < 100; tick += 1) {
    recorder.record('traded', ms(12), 0, splitAt(splitter, [stamp('strategy', 2, 4), stamp('risk', 5, 9)], 12))
  }
  const { attribution } = recorder.finish(plan.windowNs, splitter.parts)
  expect(attribution?.count).toBe(100)
  expect(attribution?.components).toEqual([
    { name: 'overhead', meanNs: ms(1), share: 1 / 12 },
    { name: 'bus', meanNs: ms(5), share: expect.closeTo(5 / 12, 9) },
    { name: 'checks', meanNs: ms(6), share: 0.5 },
  ])
})

const settlementOf = (states: readonly number[], warmupCount = 0): Settlement => {
  return new Settlement(Uint8Array.from(states), warmupCount)
}
const { sent, unsent, dropped } = sendStates
const accounted = (settlement: Settlement): number => endings.reduce((sum, ending) => sum + settlement.count(ending), 0)

test('the first outcome of a tick wins, and later ones are duplicates', () => {
  const settlement = settlementOf([sent])
  expect(settlement.answer(0, 'noTrade', true)).toBe('noTrade')
  expect(settlement.answer(0, 'traded', true)).toBe('duplicate')
  expect(settlement.counts()).toMatchObject({ noTrade: 1, traded: 0 })
  expect(settlement.duplicates).toBe(1)
})

test('an answer after the timeout is timed out and late, even if it traded', () => {
  const settlement = settlementOf([sent])
  expect(settlement.answer(0, 'traded', false)).toBe('timedOut')
  expect(settlement.counts()).toMatchObject({ traded: 0, timedOut: 1 })
  expect(settlement.late).toBe(1)
})

test('a sent tick that failed, timed out or was lost may have an order without a report, in the warm-up too', () => {
  const settlement = settlementOf([sent, sent, sent, sent, sent, dropped, unsent], 1)
  settlement.answer(1, 'traded', true)
  settlement.answer(2, 'traded', false)
  settlement.answer(3, 'failed', true)
  settlement.end(5, 'dropped')
  expect(settlement.unansweredCount).toBe(4)
  settlement.answer(0, 'rejected', true)
  expect(settlement.unansweredCount).toBe(3)
  settlement.close(6, () => undefined)
  expect(settlement.unansweredCount).toBe(3)
})

test('every planned tick is accounted for when the run closes, and an answer after that is late', () => {
  const settlement = settlementOf([sent, sent, sent, dropped, unsent, sent, unsent], 1)
  settlement.answer(0, 'traded', true)
  settlement.answer(1, 'traded', true)
  const ended: [number, string][] = []
  settlement.close(5, (seq, ending) => ended.push([seq, ending]))
  expect(ended).toEqual([
    [2, 'lost'],
    [3, 'dropped'],
    [4, 'dropped'],
    [5, 'lost'],
  ])
  expect(accounted(settlement)).toBe(5)
  expect(settlement.answer(2, 'traded', true)).toBe('late')
  expect(accounted(settlement)).toBe(5)
})

test('a request that is cut off ends its tick once, and never after the run has closed', () => {
  const settlement = settlementOf([sent, sent])
  expect(settlement.end(0, 'timedOut')).toBe(true)
  expect(settlement.end(0, 'failed')).toBe(false)
  settlement.close(2, () => undefined)
  expect(settlement.end(1, 'failed')).toBe(false)
  expect(settlement.counts()).toMatchObject({ timedOut: 1, lost: 1, failed: 0 })
})

test.each([-1, 7, 1.5])('an outcome of seq %d is unknown', (seq) => {
  const settlement = settlementOf([sent, sent])
  expect(settlement.answer(seq, 'traded', true)).toBe('unknown')
  expect(accounted(settlement)).toBe(0)
})

test('an outcome of a tick that was never sent is unknown', () => {
  expect(settlementOf([unsent]).answer(0, 'traded', true)).toBe('unknown')
})

test('reasons are counted up to a bound, the most frequent first', () => {
  const settlement = settlementOf([])
  for (let index = 0; index < 300; index += 1) settlement.addReason(`reason ${index % 150}`)
  const reasons = settlement.reasons()
  expect(Object.keys(reasons)).toHaveLength(101)
  expect(reasons['other reasons']).toBe(100)
})
