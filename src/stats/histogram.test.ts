import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bucketCount, bucketHighNs, bucketIndex, bucketLowNs, Histogram, rankOf } from './histogram.js'
import { IntervalSamples } from './interval-samples.js'
import { rankSumZ } from './rank-sum.js'
import { summarise } from './summary.js'

const durations = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 0, max: 2 ** 31 + 10 }),
  fc.integer({ min: 2 ** 31 - 10, max: 2 ** 44 - 1 }),
)

const exactQuantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[rankOf(share, sorted.length) - 1] ?? Number.NaN
}

test('every value lies in its bucket, and buckets follow one another without a gap', () => {
  fc.assert(
    fc.property(durations, (value) => {
      const index = bucketIndex(value)
      expect(bucketLowNs(index)).toBeLessThanOrEqual(value)
      expect(bucketHighNs(index)).toBeGreaterThan(value)
    }),
  )
  for (let index = 1; index < bucketCount; index += 1) {
    expect(bucketIndex(bucketLowNs(index))).toBe(index)
    expect(bucketIndex(bucketLowNs(index) - 1)).toBe(index - 1)
  }
})

test('a quantile is within 0.2 % of the exact one', () => {
  fc.assert(
    fc.property(
      fc.array(durations, { minLength: 1, maxLength: 300 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (values, share) => {
        const histogram = new Histogram()
        for (const value of values) histogram.record(value)
        const exact = exactQuantile(values, share)
        expect(Math.abs(histogram.quantile(share) - exact)).toBeLessThanOrEqual(exact * 0.002)
      },
    ),
  )
})

test('where samples lie evenly, a quantile is nearer than its bucket is wide', () => {
  const histogram = new Histogram()
  for (let value = 20_000_000; value < 20_200_000; value += 50) histogram.record(value)
  for (const share of [0.25, 0.5, 0.75]) {
    expect(Math.abs(histogram.quantile(share) - (20_000_000 + 200_000 * share))).toBeLessThan(200)
  }
})

test('count, mean, minimum and maximum are exact', () => {
  fc.assert(
    fc.property(fc.array(durations, { minLength: 1 }), (values) => {
      const histogram = new Histogram()
      for (const value of values) histogram.record(value)
      expect(histogram.count).toBe(values.length)
      expect(histogram.minNs).toBe(Math.min(...values))
      expect(histogram.maxNs).toBe(Math.max(...values))
      const sum = values.reduce((total, value) => total + value, 0)
      expect(histogram.meanNs).toBe(sum / values.length)
    }),
  )
})

test('merging equals recording everything in one', () => {
  fc.assert(
    fc.property(fc.array(durations), fc.array(durations), (left, right) => {
      const [a, b, both] = [new Histogram(), new Histogram(), new Histogram()]
      for (const value of left) a.record(value)
      for (const value of right) b.record(value)
      for (const value of [...left, ...right]) both.record(value)
      a.merge(b)
      expect(a.toBuckets()).toEqual(both.toBuckets())
      expect({ ...summarise(a), meanNs: 0 }).toEqual({ ...summarise(both), meanNs: 0 })
    }),
  )
})

test('the buckets of a file give the same histogram again', () => {
  fc.assert(
    fc.property(fc.array(durations), (values) => {
      const histogram = new Histogram()
      for (const value of values) histogram.record(value)
      const again = Histogram.fromBuckets(histogram.toBuckets())
      expect(again.toBuckets()).toEqual(histogram.toBuckets())
      expect(again.count).toBe(histogram.count)
    }),
  )
})

test('the samples of an interval have the quantiles of a histogram, as a list and as a table', () => {
  for (const count of [1, 7, 250, 20_000]) {
    const samples = new IntervalSamples()
    const histogram = new Histogram()
    for (let index = 0; index < count; index += 1) {
      const value = (index * 7919 * 131) % 1_000_003
      samples.record(bucketIndex(value), value)
      histogram.record(value)
    }
    expect(samples.count).toBe(count)
    expect(samples.maxNs).toBe(histogram.maxNs)
    for (const share of [0.5, 0.95, 0.99]) {
      const [value = 0] = samples.quantiles([share])
      expect(Math.abs(value - histogram.quantile(share))).toBeLessThanOrEqual(histogram.quantile(share) * 0.002)
    }
  }
})

test.each([
  { values: [5, 5, 5], share: 0.95, quantile: 5 },
  { values: [], share: 0.95, quantile: 0 },
  { values: [1, 2, 3, 4], share: 0.5, quantile: 2 },
  { values: [1, 2, 3, 4], share: 0, quantile: 1 },
  { values: [1, 2, 3, 4], share: 1, quantile: 4 },
  { values: [-3, 1], share: 0, quantile: 0 },
])('the quantile $share of $values is $quantile', ({ values, share, quantile }) => {
  const histogram = new Histogram()
  for (const value of values) histogram.record(value)
  expect(histogram.quantile(share)).toBe(quantile)
})

test('values beyond the range fall into the last bucket, and the maximum stays exact', () => {
  const histogram = new Histogram()
  histogram.record(2 ** 50)
  expect(histogram.toBuckets()).toEqual([[bucketCount - 1, 1]])
  expect(histogram.maxNs).toBe(2 ** 50)
})

test('the rank sum has the sign of the shift and is blind to one freeze', () => {
  const flat = Array.from({ length: 40 }, (_, index) => 100 + ((index * 37) % 40))
  expect(rankSumZ(flat, flat)).toBeCloseTo(0)
  expect(
    rankSumZ(
      flat,
      flat.map((value) => value + 30),
    ),
  ).toBeGreaterThan(4)
  expect(
    rankSumZ(
      flat,
      flat.map((value) => value - 30),
    ),
  ).toBeLessThan(-4)
  expect(Math.abs(rankSumZ(flat, [...flat.slice(1), 1e9]))).toBeLessThan(1)
  expect(rankSumZ([], flat)).toBe(0)
})

test('a histogram that went to another thread is the same there', () => {
  const histogram = new Histogram()
  for (const value of [3, 1000, 123_456_789]) histogram.record(value)
  const copy = Histogram.fromParts(structuredClone(histogram.toParts()))
  copy.merge(new Histogram())
  expect(copy.toParts()).toEqual(histogram.toParts())
  expect([copy.minNs, copy.maxNs, copy.meanNs]).toEqual([histogram.minNs, histogram.maxNs, histogram.meanNs])
})
