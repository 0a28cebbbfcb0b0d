import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Random } from '../core/random.js'
import { clopperPearson } from './binomial-bounds.js'
import { coverageOf } from './coverage.js'
import { effectiveSampleSize } from './effective-sample-size.js'
import { exceedanceGate } from './exceedance-gate.js'
import { autoregressive, independent, type LatencySource, limitExceededBy, pauses, queue } from './latency-sources.js'
import { normalQuantile, studentT } from './special-functions.js'
import { WindowCounter } from './window-counter.js'

const same = (intervals: number, count: number, over: number) =>
  Array.from({ length: intervals }, () => ({ count, over }))

/** Each interval as often above the limit as chance makes it. */
function chance(intervals: number, count: number, share: number, seed = 1) {
  const random = new Random(seed)
  return Array.from({ length: intervals }, () => {
    let over = 0
    for (let index = 0; index < count; index += 1) if (random.float() < share) over += 1
    return { count, over }
  })
}

test('samples that do not follow each other count nearly all', () => {
  const { designEffect, nEffective } = effectiveSampleSize(chance(120, 250, 0.05))
  expect(designEffect).toBeLessThan(2)
  expect(nEffective).toBeGreaterThan(15_000)
})

test('stalls of whole intervals leave no more than the number of intervals', () => {
  const intervals = same(120, 250, 0).map((interval, index) =>
    index % 30 === 7 ? { count: 250, over: 250 } : interval,
  )
  const { nEffective } = effectiveSampleSize(intervals)
  expect(nEffective).toBeLessThan(130)
  expect(nEffective).toBeGreaterThan(60)
})

test('one long stall in a run leaves the smallest size', () => {
  const intervals = same(120, 250, 0).map((interval, index) =>
    index >= 40 && index < 80 ? { count: 250, over: 250 } : interval,
  )
  expect(effectiveSampleSize(intervals).nEffective).toBe(8)
})

test('what clusters above the quantile of the run counts also when nothing was above the limit', () => {
  const calm = same(120, 250, 0).map((interval, index) => ({ ...interval, overObserved: index % 20 === 3 ? 250 : 0 }))
  expect(effectiveSampleSize(same(120, 250, 0)).designEffect).toBe(1)
  expect(effectiveSampleSize(calm).designEffect).toBeGreaterThan(20)
  expect(exceedanceGate(same(120, 250, 0), 0.99).status).toBe('pass')
  expect(exceedanceGate(calm, 0.99).status).toBe('inconclusive')
})

test.each([
  { name: 'no interval', intervals: [], count: 0, nEffective: 0 },
  { name: 'empty intervals only', intervals: same(40, 0, 0), count: 0, nEffective: 0 },
  { name: 'three samples', intervals: same(1, 3, 1), count: 3, nEffective: 3 },
  { name: 'one interval', intervals: same(1, 500, 20), count: 500, nEffective: 500 },
  { name: 'all above', intervals: same(40, 10, 10), count: 400, nEffective: 400 },
])('$name: $nEffective effective of $count samples', ({ intervals, count, nEffective }) => {
  const size = effectiveSampleSize(intervals)
  expect(size.count).toBe(count)
  expect(size.nEffective).toBe(nEffective)
})

test('batches tell what autocorrelation takes for order', () => {
  // Every second interval is full of stalls, so neighbours cancel; twenty batches of one interval know the variance.
  const intervals = Array.from({ length: 20 }, (_, index) => ({ count: 100, over: index % 2 === 0 ? 10 : 0 }))
  const inflation = (studentT(0.95, 19) / normalQuantile(0.95)) ** 2
  const known = (((20 * 5 ** 2) / 100 / 19) * inflation) / (0.05 * 0.95)
  expect(effectiveSampleSize(intervals).designEffect).toBeCloseTo(known, 9)
})

const anyIntervals = fc.array(
  fc
    .nat(300)
    .chain((count) => fc.record({ count: fc.constant(count), over: fc.nat(count), overObserved: fc.nat(count) })),
  { maxLength: 150 },
)

test('the effective size is never above the count, and at least eight where there are as many samples', () => {
  fc.assert(
    fc.property(anyIntervals, (intervals) => {
      const { count, nEffective, designEffect } = effectiveSampleSize(intervals)
      expect(designEffect).toBeGreaterThanOrEqual(1)
      expect(nEffective).toBeLessThanOrEqual(count)
      expect(nEffective).toBeGreaterThanOrEqual(Math.min(count, 8))
    }),
  )
})

test('a soak of a day is judged by stretches of neighbours, and as one would judge the stretches', () => {
  const random = new Random(7)
  let stalled = false
  const intervals = Array.from({ length: 345_600 }, () => {
    stalled = random.float() < (stalled ? 0.99 : 0.001)
    return { count: 10, over: stalled ? 8 : 0, overObserved: stalled ? 8 : 0 }
  })
  const stretches = Array.from({ length: 1200 }, (_, index) => {
    const part = intervals.slice(index * 288, (index + 1) * 288)
    const over = part.reduce((sum, interval) => sum + interval.over, 0)
    return { count: 2880, over, overObserved: over }
  })
  expect(effectiveSampleSize(intervals)).toEqual(effectiveSampleSize(stretches))
  // A stall lasts a hundred intervals, so some 200 intervals of 8 samples above the limit are one observation.
  expect(effectiveSampleSize(intervals).designEffect).toBeGreaterThan(800)
  expect(effectiveSampleSize(intervals).designEffect).toBeLessThan(3000)
})

test('empty intervals between full ones change nothing', () => {
  const intervals = chance(60, 100, 0.1)
  const gaps = intervals.flatMap((interval) => [interval, { count: 0, over: 0 }])
  expect(effectiveSampleSize(gaps)).toEqual(effectiveSampleSize(intervals))
})

test('the status, the bounds of the share and those of the quantile say the same', () => {
  fc.assert(
    fc.property(anyIntervals, fc.constantFrom(0.5, 0.95, 0.99, 0.999), (intervals, share) => {
      const gate = exceedanceGate(intervals, share)
      fc.pre(gate.count > 0)
      const allowed = 1 - share
      const { lower, upper } = gate.exceedance
      expect(gate.status).toBe(lower > allowed ? 'fail' : upper < allowed ? 'pass' : 'inconclusive')
      expect(gate.quantile.lower).toBeLessThan(share)
      if (gate.quantile.upper !== null) expect(gate.quantile.upper).toBeGreaterThan(share)
      // The limit lies above the upper bound of the quantile exactly where fewer samples exceed it than the histogram
      // has above that bound.
      const observed = 1 - gate.overCount / gate.count
      expect(gate.status === 'pass').toBe(gate.quantile.upper !== null && observed > gate.quantile.upper)
      expect(gate.status === 'fail').toBe(observed < gate.quantile.lower)
      expect(gate.moreSamples === null || gate.status === 'inconclusive').toBe(true)
    }),
  )
})

test.each([
  { share: 0.95, count: 89, status: 'inconclusive' },
  { share: 0.95, count: 90, status: 'pass' },
  { share: 0.99, count: 458, status: 'inconclusive' },
  { share: 0.99, count: 459, status: 'pass' },
  { share: 0.999, count: 4602, status: 'inconclusive' },
  { share: 0.999, count: 4603, status: 'pass' },
])('without a sample above the limit, $count samples at $share are $status', ({ share, count, status }) => {
  expect(exceedanceGate([{ count, over: 0 }], share).status).toBe(status)
})

test('as many more samples as are asked for decide, when they are like those seen', () => {
  const { status, moreSamples, nEffective } = exceedanceGate([{ count: 1000, over: 25 }], 0.97)
  expect({ status, nEffective }).toEqual({ status: 'inconclusive', nEffective: 1000 })
  const upperAt = (count: number) => clopperPearson(0.025 * count, count, 0.95).upper
  const count = 1000 + (moreSamples ?? Number.NaN)
  expect(upperAt(count)).toBeLessThan(0.03)
  expect(upperAt(count - 2)).toBeGreaterThan(0.03)
  expect(exceedanceGate([{ count: 1000, over: 30 }], 0.97).moreSamples).toBeNull()
})

const sources: readonly (readonly [LatencySource, number])[] = [
  [independent, 0.95],
  [autoregressive(0.1), 0.95],
  [queue(0.8, 400), 0.95],
  [queue(0.9, 400), 0.99],
  [pauses({ pauseSec: 0.06, everySec: 1, regular: true }), 0.95],
  [pauses({ pauseSec: 0.2, everySec: 3, regular: false }), 0.99],
]

test.each(sources)('$name has the quantile that its formula gives', (source, share) => {
  const limit = limitExceededBy(1 - share, source)
  const counter = new WindowCounter(source, { seconds: 3000, ratePerSec: 400 })
  const [intervals = []] = counter.draw(new Random(5), [limit], share)
  const size = effectiveSampleSize(intervals)
  const error = Math.sqrt((share * (1 - share)) / size.nEffective)
  expect(Math.abs(size.overCount / size.count - (1 - share)) / error).toBeLessThan(4)
})

// In full, with 5,000 windows each, by `npm run bench:coverage`. The seed is fixed: nothing here depends on the day.
test('with the limit at the quantile the gate errs as seldom as it promises, where independent samples err mostly', () => {
  const rows = sources.map(([source, share]) =>
    coverageOf(source, { share, replications: 300, seconds: 30, ratePerSec: 400, seed: 2 }),
  )
  const errors = rows.flatMap(({ ours }) => [ours.pass, ours.fail]).sort((a, b) => a - b)
  expect(errors[errors.length >> 1]).toBeLessThanOrEqual(0.05)
  expect(errors.at(-1)).toBeLessThanOrEqual(0.085)
  const naive = rows.map((row) => row.naive.pass + row.naive.fail)
  expect(naive.filter((error) => error > 0.6).length).toBeGreaterThanOrEqual(3)
  // A gate that never decides would never err.
  expect(rows[0]?.power).toEqual({ pass: 1, fail: 1 })
})
