import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageRoot } from '../core/paths.js'
import { Random } from '../core/random.js'
import { intervalNs, type RunResult, runResult, type Series } from '../results/run-result.js'
import { Histogram } from '../stats/histogram.js'
import { autoregressive, limitExceededBy } from '../stats/latency-sources.js'
import { summarise } from '../stats/summary.js'
import { type DeclaredLimit, latencyCheck } from './latency-check.js'
import type { QuantileName } from './quantile.js'

const limitNs = 10e6
const whole = runResult.parse(JSON.parse(readFileSync(join(packageRoot(), 'fixtures/results/pass.json'), 'utf8')))

/** A series whose interval `index` holds `count` samples, of which `over` lie above the limit of 10 ms. */
function seriesOf(intervals: readonly { readonly count: number; readonly over: number }[], slowNs = 12e6): Series {
  const histogram = new Histogram()
  for (const { count, over } of intervals) {
    for (let index = 0; index < count; index += 1) histogram.record(index < over ? slowNs : 5e6)
  }
  const [p50Ns, p95Ns, p99Ns, maxNs] = [5e6, 5e6, 5e6, slowNs]
  return {
    name: 'endToEnd',
    summary: summarise(histogram),
    over: [{ limitNs, count: intervals.reduce((sum, { over }) => sum + over, 0) }],
    intervals: intervals.map(({ count, over }, index) => {
      const figures = { count, over: [over], aboveQuantiles: [over, over, over, over], unanswered: 0 }
      return { startNs: index * intervalNs, ...figures, p50Ns, p95Ns, p99Ns, maxNs }
    }),
    histogram: histogram.toBuckets(),
  }
}

/** Samples at equal distances, 125 in each interval. */
function recorded(responsesNs: readonly number[], limitIs: number): Series {
  const histogram = new Histogram()
  for (const response of responsesNs) histogram.record(response)
  const p95Ns = histogram.quantile(0.95)
  const intervals = Array.from({ length: responsesNs.length / 125 }, (_, index) => {
    const values = responsesNs.slice(index * 125, (index + 1) * 125)
    const above = (bound: number) => values.filter((value) => value > bound).length
    const figures = { count: 125, over: [above(limitIs)], aboveQuantiles: [0, above(p95Ns), 0, 0], unanswered: 0 }
    return { startNs: index * intervalNs, ...figures, p50Ns: 0, p95Ns: 0, p99Ns: 0, maxNs: 0 }
  })
  const over = [{ limitNs: limitIs, count: intervals.reduce((sum, interval) => sum + (interval.over[0] ?? 0), 0) }]
  return { name: 'endToEnd', summary: summarise(histogram), over, intervals, histogram: histogram.toBuckets() }
}

const runOf = (endToEnd: Series): RunResult => ({
  ...whole,
  endToEnd,
  load: { ...whole.load, durationNs: endToEnd.intervals.length * intervalNs },
})

const limitOn = (quantile: QuantileName): DeclaredLimit => ({
  name: 'endToEnd',
  quantile,
  limitNs,
  critical: true,
  path: 'sla.endToEnd',
})

const checked = (endToEnd: Series, quantile: QuantileName = 'p95') =>
  latencyCheck([runOf(endToEnd)], null, limitOn(quantile))

/** 40 intervals of 100 samples with binomial counts above the limit. */
const spread = (share: number, seed = 1) => {
  const random = new Random(seed)
  return Array.from({ length: 40 }, () => {
    const draws = Array.from({ length: 100 }, () => random.float())
    return { count: 100, over: draws.filter((draw) => draw < share).length }
  })
}

test.each([
  { name: 'no sample', intervals: [], quantile: 'p95', status: 'noData' },
  { name: 'empty intervals', intervals: [{ count: 0, over: 0 }], quantile: 'p95', status: 'noData' },
  { name: 'none over', intervals: spread(0), quantile: 'p95', status: 'pass' },
  { name: 'all over', intervals: spread(1), quantile: 'p95', status: 'fail' },
  { name: 'a tenth over', intervals: spread(0.1), quantile: 'p95', status: 'fail' },
  { name: 'a twentieth over', intervals: spread(0.05), quantile: 'p95', status: 'inconclusive' },
  { name: 'a hundredth over a p95', intervals: spread(0.01), quantile: 'p95', status: 'pass' },
  { name: 'a hundredth over a p99', intervals: spread(0.01), quantile: 'p99', status: 'inconclusive' },
  { name: 'none of 4,000 over a p99.9', intervals: spread(0), quantile: 'p99.9', status: 'inconclusive' },
  { name: 'none of 5,000 over a p99.9', intervals: [{ count: 5000, over: 0 }], quantile: 'p99.9', status: 'pass' },
  { name: 'none of 60 over a p95', intervals: [{ count: 60, over: 0 }], quantile: 'p95', status: 'inconclusive' },
  { name: 'none of 90 over a p95', intervals: [{ count: 90, over: 0 }], quantile: 'p95', status: 'pass' },
  { name: 'one of 4,000 over the largest', intervals: [{ count: 4000, over: 1 }], quantile: 'max', status: 'fail' },
  { name: 'none over the largest', intervals: spread(0), quantile: 'max', status: 'pass' },
] as const)('$name: $quantile is $status', ({ intervals, quantile, status }) => {
  expect(checked(seriesOf(intervals), quantile).status).toBe(status)
})

test('a tail that comes in one stall knows less than one that is spread, and cannot fail a run alone', () => {
  const calm = spread(0)
  // 8 % of all samples, in three neighbouring intervals of forty.
  const stalled = seriesOf(calm.map((interval, index) => ({ ...interval, over: index >= 20 && index < 23 ? 100 : 0 })))
  const check = checked(stalled)
  expect([check.status, check.overCount, check.count]).toEqual(['inconclusive', 300, 4000])
  expect(check.nEffective ?? Infinity).toBeLessThan(50)
  expect(checked(seriesOf(spread(0.08))).nEffective ?? 0).toBeGreaterThan(1000)
})

test('what the samples say for sure is not sure of the next run: near the limit a single run is undecided', () => {
  // Everything below 10 ms, but so near that runs which differ by 10 % would be above it.
  const near = seriesOf(spread(1), 9.5e6)
  const held: Series = {
    ...near,
    over: [{ limitNs, count: 0 }],
    intervals: near.intervals.map((interval) => ({ ...interval, over: [0] })),
  }
  const alone = checked(held)
  expect(alone).toMatchObject({ status: 'inconclusive', moreSeconds: null, basis: 'single-run', runCount: 1 })
  expect(alone.upperNs ?? 0).toBeGreaterThan(limitNs)
  const three = latencyCheck([runOf(held), runOf(held), runOf(held)], null, limitOn('p95'))
  expect(three).toMatchObject({ status: 'pass', basis: 'across-runs', runCount: 3, count: 12_000 })
  const history = { entries: Array.from({ length: 6 }, () => ({ metrics: { 'endToEnd.p95': 9.5e6 } })) }
  expect(latencyCheck([runOf(held)], history, limitOn('p95')).status).toBe('pass')
})

test('runs that disagree are undecided together, though each alone is sure', () => {
  const fast = runOf(seriesOf(spread(0)))
  const slow = runOf(seriesOf(spread(1), 30e6))
  expect(latencyCheck([fast, slow, fast], null, limitOn('p95'))).toMatchObject({
    status: 'inconclusive',
    moreSeconds: null,
  })
})

test('an undecided check says how much longer the run must be, and one so long is decided', () => {
  const tenSeconds = spread(0.046)
  const short = checked(seriesOf(tenSeconds))
  expect(short.status).toBe('inconclusive')
  const seconds = short.moreSeconds ?? 0
  expect(seconds).toBeGreaterThan(1)
  const windows = Array.from({ length: Math.ceil((10 + seconds) / 10) + 1 }, () => tenSeconds)
  expect(checked(seriesOf(windows.flat())).status).toBe('pass')
})

test('a run that stayed far below its limit holds it, however alike the samples of its tail are', () => {
  // All of the tail lies in one of forty intervals: twenty independent samples, at most. The quantile is at 5 ms.
  const clumped = (limitIs: number): Series => {
    const series = seriesOf(spread(0).map((interval, index) => ({ ...interval, over: index === 20 ? 100 : 0 })))
    const intervals = series.intervals.map((interval) => ({ ...interval, over: [0] }))
    return { ...series, over: [{ limitNs: limitIs, count: 0 }], intervals }
  }
  const at = (limitIs: number) => latencyCheck([runOf(clumped(limitIs))], null, { ...limitOn('p95'), limitNs: limitIs })
  expect([at(19e6).status, at(21e6).status]).toEqual(['inconclusive', 'pass'])
  expect(at(21e6).nEffective ?? Infinity).toBeLessThan(90)
})

test('with the limit at the true quantile of a system with a long memory, a short run passes wrongly in few cases', () => {
  const source = autoregressive(1)
  const boundary = limitExceededBy(0.05, source)
  const buffers = { intendedSec: new Float64Array(5000), responseNs: new Float64Array(5000) }
  const random = new Random(7)
  const passes = Array.from({ length: 200 }, () => {
    source.run(random, { seconds: 10, ratePerSec: 500 }, buffers)
    const series = recorded([...buffers.responseNs], boundary)
    return latencyCheck([runOf(series)], null, { ...limitOn('p95'), limitNs: boundary }).status
  }).filter((status) => status === 'pass').length
  expect(passes).toBeLessThanOrEqual(14)
})

test('headroom is what is left above the upper bound, and negative where that is beyond the limit', () => {
  const pass = checked(seriesOf(spread(0)))
  expect(pass.headroom).toBeCloseTo(1 - (pass.upperNs ?? 0) / limitNs, 12)
  expect(pass.upperNs ?? 0).toBeGreaterThan(pass.observedNs ?? 0)
  expect(checked(seriesOf(spread(1))).headroom ?? 0).toBeLessThan(0)
})

test('samples without intervals, as of a benchmarked function, count one by one', () => {
  const { intervals: _, ...series } = seriesOf(spread(0.01))
  expect(checked({ ...series, intervals: [] })).toMatchObject({ status: 'pass', count: 4000, nEffective: 4000 })
})
