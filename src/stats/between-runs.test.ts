import { expect, test } from 'vitest'
import { Random } from '../core/random.js'
import { acrossRuns, isSuspect, predictionInterval, type RunEstimate, singleRun } from './between-runs.js'
import { normalQuantile, studentT } from './special-functions.js'

const ms = 1e6
/** A run whose own bounds are `within` standard errors of the logarithm away. */
const run = (value: number, within = 0.001): RunEstimate => {
  const reach = Math.exp(normalQuantile(0.95) * within)
  return { value, lower: value / reach, upper: value * reach }
}

test('the interval across runs is that of t over the logarithms', () => {
  const values = [100, 104, 97, 101, 99].map((value) => value * ms)
  const logs = values.map(Math.log)
  const mean = logs.reduce((sum, value) => sum + value, 0) / 5
  const deviation = Math.sqrt(logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 4)
  const reach = (studentT(0.95, 4) * deviation) / Math.sqrt(5)
  const { value, lower, upper, runCount } = acrossRuns(
    values.map((value) => run(value)),
    200 * ms,
  )
  expect(runCount).toBe(5)
  expect(value / ms).toBeCloseTo(Math.exp(mean) / ms, 6)
  expect(lower / ms).toBeCloseTo(Math.exp(mean - reach) / ms, 6)
  expect(upper / ms).toBeCloseTo(Math.exp(mean + reach) / ms, 6)
})

test('runs that agree by luck are no surer than they claim to be by themselves', () => {
  const { lower, upper } = acrossRuns([run(100 * ms, 0.1), run(100 * ms, 0.1), run(100 * ms, 0.1)], 200 * ms)
  expect(Math.log(upper / lower)).toBeCloseTo((2 * studentT(0.95, 2) * 0.1) / Math.sqrt(3), 6)
})

test('bounds of a higher confidence claim no larger error', () => {
  const reach = (share: number) => Math.exp(normalQuantile(share) * 0.1)
  const runs = (share: number) =>
    Array.from({ length: 3 }, () => ({
      value: 100,
      lower: 100 / reach(share),
      upper: 100 * reach(share),
      confidence: share,
    }))
  expect(acrossRuns(runs(0.99), 200).lower).toBeCloseTo(acrossRuns(runs(0.95), 200).lower, 9)
})

test.each([
  { limit: 120 * ms, status: 'pass' },
  { limit: 101 * ms, status: 'inconclusive' },
  { limit: 90 * ms, status: 'fail' },
])('five runs at about 100 ms against $limit: $status', ({ limit, status }) => {
  const runs = [100, 104, 97, 101, 99].map((value) => run(value * ms))
  expect(acrossRuns(runs, limit).status).toBe(status)
})

test('the interval across runs holds the median of all runs as often as it says', () => {
  const random = new Random(3)
  let [above, below] = [0, 0]
  for (let occasion = 0; occasion < 4000; occasion += 1) {
    const runs = Array.from({ length: 5 }, () => run(100 * ms * Math.exp(0.1 * random.normal())))
    const { status } = acrossRuns(runs, 100 * ms)
    if (status === 'pass') below += 1
    if (status === 'fail') above += 1
  }
  for (const wrong of [above, below]) expect(Math.abs(wrong / 4000 - 0.05)).toBeLessThan(0.0145)
})

test('a single run without history may be ten percent off between runs', () => {
  const { lower, upper, status } = singleRun({ value: 100 * ms, lower: 100 * ms, upper: 100 * ms }, [], 117 * ms)
  expect(upper / ms).toBeCloseTo(100 * Math.exp(0.1 * normalQuantile(0.95)), 6)
  expect(lower / ms).toBeCloseTo(100 * Math.exp(-0.1 * normalQuantile(0.95)), 6)
  expect(upper).toBeGreaterThan(117 * ms)
  expect(status).toBe('inconclusive')
})

test('errors within and between runs add as squares, on each side apart', () => {
  const { lower, upper } = singleRun({ value: 100, lower: 100 * Math.exp(-0.3), upper: 100 * Math.exp(0.4) }, [], 50)
  const between = 0.1 * normalQuantile(0.95)
  expect(lower).toBeCloseTo(100 * Math.exp(-Math.hypot(0.3, between)), 9)
  expect(upper).toBeCloseTo(100 * Math.exp(Math.hypot(0.4, between)), 9)
})

test('from five runs of history on, the history tells the error between runs', () => {
  const exact = { value: 100 * ms, lower: 100 * ms, upper: 100 * ms }
  const steady = [100, 101, 99, 100, 101].map((value) => value * ms)
  expect(singleRun(exact, steady.slice(1), 104 * ms).status).toBe('inconclusive')
  expect(singleRun(exact, steady, 104 * ms).status).toBe('pass')
  const wild = [100, 140, 70, 120, 80].map((value) => value * ms)
  expect(singleRun(exact, wild, 150 * ms).status).toBe('inconclusive')
  expect(
    singleRun(
      exact,
      Array.from({ length: 8 }, () => 100 * ms),
      100.5 * ms,
    ).status,
  ).toBe('pass')
})

test.each([5, 6, 9, 14, 30])('the reach from %i runs of history holds the next run as often as it says', (count) => {
  const random = new Random(count)
  let [above, below] = [0, 0]
  for (let occasion = 0; occasion < 4000; occasion += 1) {
    const draw = () => 100 * ms * Math.exp(0.2 * random.normal())
    const earlier = Array.from({ length: count }, draw)
    const value = draw()
    const { status } = singleRun({ value, lower: value, upper: value }, earlier, 100 * ms)
    if (status === 'pass') below += 1
    if (status === 'fail') above += 1
  }
  for (const wrong of [above, below]) expect(Math.abs(wrong / 4000 - 0.05)).toBeLessThan(0.0145)
})

test('a service that was made slow on purpose and mended again is as sure of itself as before', () => {
  const exact = { value: 6 * ms, lower: 6 * ms, upper: 6 * ms }
  const greenRedGreen = [6, 6.3, 69, 70, 6.1, 6.2].map((value) => value * ms)
  expect(singleRun(exact, greenRedGreen, 7 * ms).status).toBe('pass')
})

test('a quantile of zero is taken as one nanosecond', () => {
  expect(acrossRuns([run(0), run(0)], 100).status).toBe('pass')
  expect(singleRun({ value: 0, lower: 0, upper: 0 }, [], 100).status).toBe('pass')
})

test('the next occasion lies where a stored baseline expects it, as often as it says', () => {
  const random = new Random(8)
  let [above, below] = [0, 0]
  for (let occasion = 0; occasion < 4000; occasion += 1) {
    const draw = () => 100 * Math.exp(0.2 * random.normal())
    const prediction = predictionInterval(Array.from({ length: 8 }, draw))
    const next = draw()
    if (next > (prediction?.upper ?? 0)) above += 1
    if (next < (prediction?.lower ?? 0)) below += 1
  }
  for (const wrong of [above, below]) expect(Math.abs(wrong / 4000 - 0.05)).toBeLessThan(0.0145)
})

test('a prediction is wider than the interval of the mean by the occasion that is to come', () => {
  const values = [1, 2, 3, 4, 5, 6, 7, 8].map(Math.exp)
  const reach = studentT(0.95, 7) * Math.sqrt(6) * Math.sqrt(1 + 1 / 8)
  const { centre, lower, upper } = predictionInterval(values) ?? { centre: 0, lower: 0, upper: 0 }
  expect(Math.log(centre)).toBeCloseTo(4.5, 9)
  expect([Math.log(lower), Math.log(upper)]).toEqual([expect.closeTo(4.5 - reach, 9), expect.closeTo(4.5 + reach, 9)])
})

test('seven occasions predict nothing; rates that are often zero are predicted as they are', () => {
  expect(predictionInterval([1, 2, 3, 4, 5, 6, 7])).toBeNull()
  const prediction = predictionInterval([0, 0, 0.01, 0, 0.02, 0, 0.01, 0])
  expect(prediction?.centre).toBeCloseTo(0.005, 12)
  expect(prediction?.occasionCount).toBe(8)
})

test('less than half of its own history is suspect, once there is one', () => {
  const earlier = [100, 110, 90, 105, 500]
  expect(isSuspect(52, earlier)).toBe(true)
  expect(isSuspect(53, earlier)).toBe(false)
  expect(isSuspect(1, earlier.slice(1))).toBe(false)
})
