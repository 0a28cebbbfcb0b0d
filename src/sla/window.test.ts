import { expect, test } from 'vitest'
import { intervalNs, type RunResult, type Series } from '../results/run-result.js'
import { parseWindow, type WindowLimit, windowOutcome } from './window.js'

const limitNs = 150e6
const limit = (text: string): WindowLimit => {
  const parsed = parseWindow(text)
  if ('value' in parsed) return parsed.value
  throw new Error(parsed.problem)
}

/** 100 samples in each interval, of which so many lie above 150 ms. */
const seriesOf = (overs: readonly number[], count = 100): Series => ({
  name: 'endToEnd',
  summary: { count: 0, minNs: 0, meanNs: 0, p50Ns: 0, p90Ns: 0, p95Ns: 0, p99Ns: 0, p999Ns: 0, maxNs: 0 },
  over: [{ limitNs, count: overs.reduce((sum, over) => sum + over, 0) }],
  intervals: overs.map((over, index) => {
    const figures = { count, over: [over], aboveQuantiles: [], unanswered: 0 }
    return { startNs: index * intervalNs, ...figures, p50Ns: 0, p95Ns: 0, p99Ns: 0, maxNs: 0 }
  }),
  histogram: [],
})

const quiet = (length: number): number[] => Array.from({ length }, () => 0)

test('a stall that the whole window hides is found where it was, for as long as failing spans cover', () => {
  // Half a second in which 40 % are slow, in a window of 25 s: 0.8 % of all.
  const overs = [...quiet(40), 40, 40, ...quiet(58)]
  const found = windowOutcome(limit('endToEnd p95 > 150ms for 2s'), seriesOf(overs), [])
  // A span of 8 intervals fails with more than 40 slow samples of 800: it must hold both.
  expect(found).toEqual({ exceeded: { beganNs: 34 * intervalNs, lastedNs: 14 * intervalNs }, worstShare: 0.1 })
  expect(windowOutcome(limit('endToEnd p95 > 150ms for 25s'), seriesOf(overs), [])).toMatchObject({ exceeded: null })
})

test.each([
  { name: 'exactly the allowed share holds', overs: [5, 5, 5, 5], exceeded: null },
  { name: 'one sample more does not', overs: [5, 5, 5, 6], exceeded: { beganNs: 0, lastedNs: 4 * intervalNs } },
  {
    name: 'of two stalls the longer is shown',
    overs: [60, ...quiet(7), 60, 60, 60, ...quiet(5)],
    exceeded: { beganNs: 5 * intervalNs, lastedNs: 9 * intervalNs },
  },
])('$name', ({ overs, exceeded }) => {
  expect(windowOutcome(limit('endToEnd p95 > 150ms for 1s'), seriesOf(overs), [])?.exceeded).toEqual(exceeded)
})

const phases: RunResult['phases'] = [
  { name: 'calm', startNs: 0, endNs: 2e9, targetRatePerSec: 100 },
  { name: 'peak', startNs: 2e9, endNs: 4e9, targetRatePerSec: 500 },
]

test.each([
  { phase: 'calm', status: 'holds' },
  { phase: 'peak', status: 'fails' },
  { phase: 'night', status: 'unknown' },
])('a limit in a phase looks at its intervals only: $phase $status', ({ phase, status }) => {
  const series = seriesOf([...quiet(10), 50, 50, ...quiet(4)])
  const found = windowOutcome(limit(`endToEnd p95 > 150ms for 1s in ${phase}`), series, phases)
  expect(found === null ? 'unknown' : found.exceeded === null ? 'holds' : 'fails').toBe(status)
})

test.each([
  { name: 'no series', series: undefined, text: 'endToEnd p95 > 150ms for 1s' },
  { name: 'a limit that was not counted', series: seriesOf(quiet(8)), text: 'endToEnd p95 > 140ms for 1s' },
  { name: 'a run shorter than the span', series: seriesOf(quiet(8)), text: 'endToEnd p95 > 150ms for 3s' },
  { name: 'spans with too few samples', series: seriesOf(quiet(8), 4), text: 'endToEnd p95 > 150ms for 1s' },
  { name: 'intervals without samples', series: seriesOf(quiet(8), 0), text: 'endToEnd p95 > 150ms for 1s' },
])('$name says nothing', ({ series, text }) => {
  expect(windowOutcome(limit(text), series, [])).toBeNull()
})

test('a window is written as it is read', () => {
  expect(limit(' risk p99.9>5ms for 1m in peak hours ')).toEqual({
    component: 'risk',
    quantile: 'p99.9',
    limitNs: 5e6,
    spanNs: 60e9,
    phase: 'peak hours',
  })
})
