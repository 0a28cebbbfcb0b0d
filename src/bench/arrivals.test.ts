import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type DurationNs, durationNs, nsPerSec } from '../core/units.js'
import { buildSchedule, describeArrivals, dueCount, eventsNeeded, phasesOf } from './arrivals.js'
import type { ArrivalsConfig } from './config.js'

const seconds = (value: number): DurationNs => durationNs(value * nsPerSec)
const build = (
  arrivals: ArrivalsConfig,
  options: { warmup?: number; warmupCountMin?: number; duration?: number; times?: number[]; seed?: number } = {},
) =>
  buildSchedule({
    arrivals,
    warmupNs: seconds(options.warmup ?? 0),
    durationNs: seconds(options.duration ?? 2),
    seed: options.seed ?? 1,
    warmupCountMin: options.warmupCountMin ?? 0,
    sourceTimesNs: options.times ?? new Array(1_000_000).fill(0),
  })

test('constant arrivals stand at equal distances from the first instant on', () => {
  expect([...build({ kind: 'constant', rate: 4 }, { duration: 1 }).offsetsNs]).toEqual([0, 0.25e9, 0.5e9, 0.75e9])
})

test('a Poisson schedule has exactly rate x duration sorted arrivals, whatever the seed', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: 1, max: 2000 }), (seed, rate) => {
      const schedule = build({ kind: 'poisson', rate }, { seed, warmup: 1 })
      expect(schedule.warmupCount).toBe(Math.round(0.75 * rate))
      expect(schedule.offsetsNs.length).toBe(schedule.warmupCount + 2 * rate)
      let last = 0
      for (const offset of schedule.offsetsNs) {
        expect(offset).toBeGreaterThanOrEqual(last)
        expect(Number.isInteger(offset)).toBe(true)
        last = offset
      }
      expect(last).toBeLessThan(3e9)
      expect(schedule.offsetsNs[rate]).toBeGreaterThanOrEqual(1e9)
    }),
    { numRuns: 30 },
  )
})

test('the gaps of a Poisson schedule are exponential: mean and standard deviation agree', () => {
  const { offsetsNs } = build({ kind: 'poisson', rate: 10_000 })
  const gaps = Array.from(offsetsNs.slice(1), (offset, index) => offset - (offsetsNs[index] ?? 0))
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length)
  expect(mean / 100_000).toBeCloseTo(1, 1)
  expect(deviation / mean).toBeCloseTo(1, 1)
})

test('the same seed gives the same schedule, another seed another', () => {
  const [a, b, c] = [1, 1, 2].map((seed) => [...build({ kind: 'poisson', rate: 50 }, { seed }).offsetsNs])
  expect(a).toEqual(b)
  expect(a).not.toEqual(c)
})

test('a source that ends before the window shortens it at the same rate', () => {
  const schedule = build({ kind: 'poisson', rate: 100 }, { duration: 10, times: new Array(250).fill(0) })
  expect(schedule.offsetsNs.length).toBe(250)
  expect(schedule.windowNs).toBe(2.5e9)
  expect(schedule.targetRatePerSec).toBe(100)
})

test.each([
  {
    name: 'keeps the distances divided by the speed',
    speed: 2,
    times: [5e9, 6e9, 6e9, 8e9],
    offsets: [0, 0.5e9, 0.5e9, 1.5e9],
  },
  { name: 'is cut at the end of the window', speed: 1, times: [0, 1e9, 1.9e9, 2e9, 3e9], offsets: [0, 1e9, 1.9e9] },
  { name: 'never runs backwards', speed: 1, times: [0, 1e9, 0.5e9, 1.5e9], offsets: [0, 1e9, 1e9, 1.5e9] },
  { name: 'may be empty', speed: 1, times: [], offsets: [] },
])('a recorded schedule $name', ({ speed, times, offsets }) => {
  expect([...build({ kind: 'recorded', speed }, { times }).offsetsNs]).toEqual(offsets)
})

test('a recorded schedule warms up at the mean rate of its window', () => {
  const times = Array.from({ length: 1000 }, (_, index) => index * 1e7)
  const schedule = build({ kind: 'recorded', speed: 10 }, { times, warmup: 1, duration: 1 })
  expect(schedule.windowNs).toBe(1e9)
  expect(schedule.warmupCount).toBe(750)
})

test('a plan beyond the limit is refused with the figure', () => {
  expect(() => build({ kind: 'poisson', rate: 6_000_000 })).toThrow(/12,000,000 requests, at most 10,000,000/)
})

test.each([
  { at: -1, due: 0 },
  { at: 0, due: 1 },
  { at: 0.5e9, due: 3 },
  { at: 9e9, due: 4 },
])('$due ticks are due at $at', ({ at, due }) => {
  expect(dueCount(build({ kind: 'constant', rate: 4 }, { duration: 1 }).offsetsNs, at)).toBe(due)
})

test('arrivals are described in words', () => {
  expect(describeArrivals({ kind: 'poisson', rate: 1000 })).toBe('poisson 1,000/s')
  expect(describeArrivals({ kind: 'recorded', speed: 20 })).toBe('recorded at 20x speed')
  expect(eventsNeeded({ kind: 'constant', rate: 100 }, seconds(3))).toBe(300)
})

test.each([
  { rate: 10, warmup: 2, count: 240 },
  { rate: 1000, warmup: 2, count: 1500 },
  { rate: 10, warmup: 0, count: 0 },
])('a warm-up of $warmup s at $rate/s sends $count events where 240 are needed', ({ rate, warmup, count }) => {
  const schedule = build({ kind: 'poisson', rate }, { warmup, warmupCountMin: 240 })
  expect(schedule.warmupCount).toBe(count)
  expect(schedule.offsetsNs.length).toBe(count + 2 * rate)
})

test.each(['constant', 'poisson'] as const)(
  'a %s warm-up rises to the full rate by half-time and never goes back',
  (kind) => {
    const { offsetsNs, warmupCount } = build({ kind, rate: 1000 }, { warmup: 4 })
    const quarters = [1, 2, 3, 4].map((second) => dueCount(offsetsNs.slice(0, warmupCount), second * 1e9))
    // A ramp over two seconds has sent a quarter of its thousand after the first; then come a thousand a second.
    const expected = [250, 1000, 2000, 3000]
    for (const [index, count] of quarters.entries()) expect(Math.abs(count - (expected[index] ?? 0))).toBeLessThan(100)
    expect(offsetsNs.every((offset, index) => index === 0 || offset >= (offsetsNs[index - 1] ?? 0))).toBe(true)
  },
)

test('a ramp goes evenly from one rate to the other', () => {
  const { offsetsNs, targetRatePerSec } = build({ kind: 'ramp', from: 100, to: 300 }, { duration: 10 })
  expect(offsetsNs.length).toBe(2_000)
  expect(targetRatePerSec).toBe(200)
  const within = (fromSec: number) => offsetsNs.filter((at) => at >= fromSec * 1e9 && at < (fromSec + 1) * 1e9).length
  // The mean rates of the first, a middle and the last second are 110, 210 and 290.
  for (const [second, rate] of [
    [0, 110],
    [5, 210],
    [9, 290],
  ] as const) {
    expect(Math.abs(within(second) - rate)).toBeLessThanOrEqual(1)
  }
})

test('a ramp keeps its order and its window, whatever the rates', () => {
  const rate = fc.integer({ min: 0, max: 500 })
  fc.assert(
    fc.property(rate, rate, (from, to) => {
      const { offsetsNs } = build({ kind: 'ramp', from, to })
      expect(offsetsNs.length).toBe(from + to)
      for (let index = 0; index < offsetsNs.length; index += 1) {
        expect(offsetsNs[index]).toBeGreaterThanOrEqual(offsetsNs[index - 1] ?? 0)
        expect(offsetsNs[index]).toBeLessThan(2e9)
      }
    }),
    { numRuns: 30 },
  )
})

const steps: ArrivalsConfig = {
  kind: 'steps',
  phases: [
    { name: 'low', rate: 2, duration: seconds(1) },
    { name: 'high', rate: 4, duration: seconds(1) },
  ],
}

test('steps follow each other, each at its own rate, after a warm-up at the first', () => {
  const { offsetsNs, warmupCount } = build(steps, { warmup: 4 })
  expect(warmupCount).toBe(6)
  expect([...offsetsNs.subarray(warmupCount)].map((at) => at - 4e9)).toEqual([0, 0.5e9, 1e9, 1.25e9, 1.5e9, 1.75e9])
})

test('a source that ends within the steps ends the window where the next event was due', () => {
  const { offsetsNs, windowNs } = build(steps, { times: [0, 0, 0] })
  expect([...offsetsNs]).toEqual([0, 0.5e9, 1e9])
  expect(windowNs).toBe(1.25e9)
})

test('steps and the parts of a ramp are phases of the result, as far as the run came', () => {
  expect(phasesOf(steps, 2e9, 1.5e9)).toEqual([
    { name: 'low', startNs: 0, endNs: 1e9, targetRatePerSec: 2 },
    { name: 'high', startNs: 1e9, endNs: 1.5e9, targetRatePerSec: 4 },
  ])
  expect(phasesOf(steps, 2e9, 1e9)).toHaveLength(1)
  const ramp = phasesOf({ kind: 'ramp', from: 100, to: 200 }, 20e9, 20e9)
  expect(ramp).toHaveLength(10)
  expect(ramp[9]).toEqual({ name: '190/s to 200/s', startNs: 18e9, endNs: 20e9, targetRatePerSec: 195 })
  expect(phasesOf({ kind: 'constant', rate: 5 }, 20e9, 20e9)).toEqual([])
})
