import fc from 'fast-check'
import { expect, test } from 'vitest'
import { series as seriesSchema } from '../../results/run-result.js'
import { type Round, seriesOf } from './series.js'

const round = (startNs: number, ...samplesNs: number[]): Round => ({ startNs, samplesNs: Float64Array.from(samplesNs) })

test('gives quantiles between whole nanoseconds, which no bucket of a histogram tells apart', () => {
  const { summary } = seriesOf('breaker.call', [], [round(0, 4.25, 4.5, 4.75), round(9, 5.25)])
  expect(summary).toMatchObject({ count: 4, minNs: 4.25, p50Ns: 4.5, p95Ns: 5.25, maxNs: 5.25 })
})

test('is an interval a round, with the exact number of samples above each limit', () => {
  const found = seriesOf('x', [4.5, 5], [round(100, 4.25, 4.5, 4.75), round(900, 5.25, 4, 5)])
  expect(found.over).toEqual([
    { limitNs: 4.5, count: 3 },
    { limitNs: 5, count: 1 },
  ])
  expect(found.intervals.map(({ startNs, count, over, p50Ns }) => ({ startNs, count, over, p50Ns }))).toEqual([
    { startNs: 100, count: 3, over: [1, 0], p50Ns: 4.5 },
    { startNs: 900, count: 3, over: [2, 1], p50Ns: 5 },
  ])
})

test('tells where the tail lies, also where the quantile is the value of most of it', () => {
  const [first, second] = seriesOf('x', [], [round(0, 1, 1, 1, 1), round(1, 1, 1, 9, 9)]).intervals
  // Half of the samples may lie above the p50, and six of eight are that very value: they belong to the tail.
  expect(first?.aboveQuantiles).toEqual([4, 0, 0, 0])
  expect(second?.aboveQuantiles[0]).toBe(4)
})

test('is a series of the result, whatever was measured', () => {
  const samples = fc.array(fc.double({ min: 0, max: 1e12, noNaN: true }), { minLength: 1, maxLength: 50 })
  fc.assert(
    fc.property(
      fc.array(samples, { minLength: 1, maxLength: 5 }),
      fc.double({ min: 0, max: 1e12 }),
      (rounds, limit) => {
        const found = seriesOf(
          'x',
          [limit],
          rounds.map((values, index) => round(index, ...values)),
        )
        seriesSchema.parse(found)
        const all = rounds.flat()
        expect(found.summary.count).toBe(all.length)
        expect(found.over[0]?.count).toBe(all.filter((value) => value > limit).length)
        expect(found.intervals.reduce((sum, { over }) => sum + (over[0] ?? 0), 0)).toBe(found.over[0]?.count)
        expect(found.histogram.reduce((sum, [, count]) => sum + count, 0)).toBe(all.length)
      },
    ),
  )
})
