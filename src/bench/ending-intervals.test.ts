import { expect, test } from 'vitest'
import { durationNs, nsPerMs } from '../core/units.js'
import { intervalNs } from '../results/run-result.js'
import { RunSoFar } from './deciding.js'
import { EndingIntervals } from './ending-intervals.js'
import { createControl, createLedger } from './ledger.js'
import { Recorder } from './recorder.js'
import { type Ending, Settlement, sendStates, slaRule } from './settlement.js'

const ms = (value: number) => durationNs(value * nsPerMs)
const timeoutNs = ms(1_000)
const endToEndLimitsNs = [ms(20), ms(2_000)]
const components = [{ name: 'engine', of: ['risk'], limitsNs: [] }]
const tickMs = 50
const warmupCount = 4
const windowCount = 30

/** A warm-up of 200 ms and a window of 1.5 s, one tick each 50 ms; all are sent. */
function runOf() {
  const total = warmupCount + windowCount
  const offsetsNs = new Float64Array(new SharedArrayBuffer(total * 8))
  for (let seq = 0; seq < total; seq += 1) offsetsNs[seq] = ms(seq * tickMs)
  const window = { warmupCount, warmupNs: ms(200), windowNs: ms(1_500), windowNsMax: ms(1_500) }
  const ledger = createLedger({ ...window, offsetsNs, targetRatePerSec: 20 }, createControl())
  ledger.sendStates.fill(sendStates.sent)
  const settlement = new Settlement(ledger.sendStates, warmupCount)
  const recorder = new Recorder({ windowNs: window.windowNs, timeoutNs, endToEndLimitsNs, components })
  const ending = new EndingIntervals({ ledger, ...window, timeoutNs }, settlement, recorder)
  /** By number in the window. */
  const end = (tick: number, how: Ending, responseMs: number): void => {
    settlement.end(warmupCount + tick, how)
    recorder.record(how, ms(responseMs), ms(tick * tickMs), null)
  }
  return { ledger, settlement, recorder, ending, end }
}

const countsOf = (soFar: RunSoFar) => soFar.told().endToEnd.intervals.map(({ count }) => count)

test('an interval is told once its time is over and all of its ticks have ended', () => {
  const { ending, end } = runOf()
  for (const tick of [0, 1, 2, 4, 5, 6]) end(tick, 'traded', 5)
  expect(ending.take(ms(200 + 600))).toEqual([])
  end(3, 'noTrade', 5)
  const [first, ...more] = ending.take(ms(200 + 600))
  expect(more).toEqual([])
  expect(first).toMatchObject({ interval: 0, counts: { traded: 4, noTrade: 1, lost: 0 } })
  expect(first?.series.map(({ count }) => count)).toEqual([4, 0])
  for (const tick of [7, 8, 9]) end(tick, 'traded', 5)
  expect(ending.take(ms(200 + 499))).toEqual([])
  expect(ending.take(ms(200 + 500)).map(({ interval }) => interval)).toEqual([1])
})

test('a tick without an answer holds its interval up until its time is over, and then counts as one', () => {
  const { ending, end } = runOf()
  for (let tick = 0; tick < 10; tick += 1) if (tick !== 2) end(tick, 'traded', 5)
  expect(ending.take(ms(200 + 100 + 1_000))).toEqual([])
  const soFar = new RunSoFar({ endToEndLimitsNs, components })
  soFar.add(ending.take(ms(200 + 100 + 1_001)), 3)
  const { endToEnd, counts, answeredCount, countedNs } = soFar.told()
  expect(counts).toMatchObject({ traded: 9, lost: 1, dropped: 0, duplicates: 3 })
  expect([answeredCount, countedNs]).toEqual([9, 2 * intervalNs])
  expect(endToEnd.intervals).toMatchObject([
    { count: 5, unanswered: 1, over: [1, 0], maxNs: timeoutNs },
    { count: 5, unanswered: 0, over: [0, 0], maxNs: ms(5) },
  ])
})

test('a tick that could not be sent counts at once', () => {
  const { ending, end, ledger } = runOf()
  ledger.sendStates[warmupCount] = sendStates.dropped
  for (let tick = 1; tick < 5; tick += 1) end(tick, 'traded', 5)
  expect(ending.take(ms(200 + 250))).toMatchObject([{ counts: { traded: 4, dropped: 1 }, series: [{ count: 5 }, {}] }])
})

test('nothing is told of what lies beyond the window as it stands', () => {
  const { ending, end, ledger } = runOf()
  for (let tick = 0; tick < windowCount; tick += 1) end(tick, 'traded', 5)
  ledger.windowEndNs[0] = ms(200 + 600)
  expect(ending.take(ms(5_000)).map(({ interval }) => interval)).toEqual([0, 1])
})

test('after a long hold-up intervals are told in parts, and at last they are what the run records', () => {
  const { ending, end, recorder } = runOf()
  const endings: readonly Ending[] = ['traded', 'traded', 'failed', 'timedOut', 'rejected']
  for (let tick = 0; tick < windowCount; tick += 1) {
    // Some in buckets of a high number.
    const how = endings[tick % endings.length] ?? 'traded'
    end(tick, how, slaRule(how) === 'at-least-timeout' ? 1_500 : 5 + tick * 7)
  }
  const soFar = new RunSoFar({ endToEndLimitsNs, components })
  const parts = [ending.take(ms(5_000)), ending.take(ms(5_000))]
  for (const part of parts) soFar.add(part, 0)
  expect(parts.map((part) => part.length)).toEqual([4, 2])
  expect(countsOf(soFar)).toEqual([4, 4, 4, 4, 4, 4])
  const { endToEnd } = recorder.finish(ms(1_500), [])
  expect(soFar.told().endToEnd).toMatchObject({ intervals: endToEnd.intervals, over: endToEnd.over })
  expect(soFar.told().endToEnd.histogram).toEqual(endToEnd.histogram)
})
