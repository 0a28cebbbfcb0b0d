import fc from 'fast-check'
import { expect, test } from 'vitest'
import { durationNs, nsPerMs, nsPerSec } from '../../core/units.js'
import type { ArrivalsPlan, Spacing } from './measurement.js'
import { type CursorSchedule, planSchedule, ScheduleCursor } from './schedule-cursor.js'

type OpenArrivals = Exclude<ArrivalsPlan, { kind: 'closed' }>

const phases = (
  spacing: Spacing,
  ...parts: readonly (readonly [lengthMs: number, from: number, to: number])[]
): OpenArrivals => ({
  kind: 'phases',
  spacing,
  phases: parts.map(([lengthMs, fromPerSec, toPerSec]) => ({
    ...{ lengthNs: durationNs(lengthMs * nsPerMs), fromPerSec, toPerSec },
  })),
})

const scheduleOf = (arrivals: OpenArrivals, windowMs: number, warmupMs = 0, seed = 7): CursorSchedule =>
  planSchedule({
    arrivals,
    ...{ warmupNs: durationNs(warmupMs * nsPerMs), windowNs: durationNs(windowMs * nsPerMs), seed },
  })

function walk(schedule: CursorSchedule, index = 0, of = 1): { seq: number; offsetNs: number }[] {
  const cursor = new ScheduleCursor(schedule, { index, of })
  const instants: { seq: number; offsetNs: number }[] = []
  for (; cursor.offsetNs < Number.POSITIVE_INFINITY; cursor.advance()) {
    instants.push({ seq: cursor.seq, offsetNs: cursor.offsetNs })
  }
  return instants
}
const offsets = (schedule: CursorSchedule): number[] => walk(schedule).map(({ offsetNs }) => offsetNs)

test('constant arrivals lie at equal distances from the start of the window', () => {
  const schedule = scheduleOf(phases('even', [1000, 4, 4]), 1000)
  expect(offsets(schedule)).toEqual([0, 250, 500, 750].map((ms) => ms * nsPerMs))
})

test('a ramp sends as many as the area under its rate, denser where it is higher', () => {
  const schedule = scheduleOf(phases('even', [10_000, 0, 1000]), 10_000)
  const instants = offsets(schedule)
  expect(schedule.windowCount).toBe(5000)
  expect(instants).toHaveLength(5000)
  // Half of the time is a quarter of the area.
  expect(instants.filter((offsetNs) => offsetNs < 5 * nsPerSec).length).toBe(1250)
  expect(offsets(scheduleOf(phases('even', [10_000, 1000, 0]), 10_000)).filter((at) => at < 5 * nsPerSec).length).toBe(
    3750,
  )
})

test('steps follow each other, each with its own count', () => {
  const schedule = scheduleOf(phases('poisson', [1000, 100, 100], [500, 1000, 1000], [1000, 0, 0], [500, 10, 10]), 3000)
  const instants = offsets(schedule)
  const within = (fromMs: number, toMs: number): number =>
    instants.filter((at) => at >= fromMs * nsPerMs && at < toMs * nsPerMs).length
  expect([within(0, 1000), within(1000, 1500), within(1500, 2500), within(2500, 3000)]).toEqual([100, 500, 0, 5])
})

test('the warm-up rises to the rate with which the window begins, and is not measured', () => {
  const schedule = scheduleOf(phases('even', [1000, 1000, 1000]), 1000, 1000)
  expect([schedule.warmupCount, schedule.windowCount]).toEqual([750, 1000])
  const instants = offsets(schedule)
  expect(instants.filter((at) => at < 500 * nsPerMs).length).toBe(250)
  expect(instants[750]).toBe(1000 * nsPerMs)
  const cursor = new ScheduleCursor(schedule, { index: 0, of: 1 })
  for (let step = 0; step < 749; step += 1) cursor.advance()
  expect(cursor.measured).toBe(false)
  cursor.advance()
  expect(cursor.measured).toBe(true)
})

test('recorded times are kept as they are, after a warm-up at their mean rate, and cut at the window', () => {
  const times = Float64Array.of(0, 5, 5, 7, 900, 1000, 1001).map((ms) => ms * nsPerMs)
  const schedule = scheduleOf({ kind: 'recorded', offsetsNs: times }, 1000, 2000)
  expect(schedule.windowCount).toBe(5)
  expect(schedule.warmupCount).toBe(8)
  expect(offsets(schedule).slice(schedule.warmupCount)).toEqual(
    [2000, 2005, 2005, 2007, 2900].map((ms) => ms * nsPerMs),
  )
})

test('Poisson arrivals are independent: their distances are exponential, their places uniform', () => {
  const count = 50_000
  const instants = offsets(scheduleOf(phases('poisson', [10_000, 5000, 5000]), 10_000))
  expect(instants).toHaveLength(count)
  const mean = (10 * nsPerSec) / count
  const gaps = instants.map((at, index) => at - (instants[index - 1] ?? 0))
  const squares = gaps.reduce((sum, gap) => sum + (gap / mean - 1) ** 2, 0) / count
  expect(Math.abs(squares - 1)).toBeLessThan(0.05)
  // Kolmogorov's distance from the uniform, at a chance of one in a thousand.
  const distance = Math.max(...instants.map((at, index) => Math.abs(at / (10 * nsPerSec) - index / count)))
  expect(distance).toBeLessThan(1.95 / Math.sqrt(count))
})

test('a few Poisson arrivals lie where sorted uniform instants do', () => {
  const seeds = 4000
  const sums = [0, 0, 0]
  for (let seed = 0; seed < seeds; seed += 1) {
    const instants = offsets(scheduleOf(phases('poisson', [1000, 3, 3]), 1000, 0, seed))
    for (const [index, offsetNs] of instants.entries()) sums[index] = (sums[index] ?? 0) + offsetNs / nsPerSec / seeds
  }
  for (const [index, mean] of sums.entries()) expect(Math.abs(mean - (index + 1) / 4)).toBeLessThan(0.015)
})

test('the highest rate is that of the steepest phase, and of recorded times their mean', () => {
  expect(scheduleOf(phases('even', [500, 10, 400], [500, 100, 100]), 1_000, 1_000).peakPerSec).toBe(400)
  const recorded = { kind: 'recorded', offsetsNs: Float64Array.of(0, 1e6, 2e6, 900e6) } as const
  expect(scheduleOf(recorded, 500, 1_000).peakPerSec).toBe(6)
})

test('the seed alone decides the instants', () => {
  const arrivals = phases('poisson', [1000, 500, 500])
  expect(offsets(scheduleOf(arrivals, 1000, 100, 1))).toEqual(offsets(scheduleOf(arrivals, 1000, 100, 1)))
  expect(offsets(scheduleOf(arrivals, 1000, 100, 1))).not.toEqual(offsets(scheduleOf(arrivals, 1000, 100, 2)))
})

test('however many workers share a schedule, together they send the same instants in order', () => {
  const part = fc.tuple(fc.integer({ min: 1, max: 300 }), fc.nat(900), fc.nat(900))
  fc.assert(
    fc.property(
      fc.array(part, { minLength: 1, maxLength: 4 }),
      fc.constantFrom('even' as const, 'poisson' as const),
      fc.integer({ min: 1, max: 7 }),
      fc.nat(200),
      (parts, spacing, of, warmupMs) => {
        const windowMs = parts.reduce((sum, [lengthMs]) => sum + lengthMs, 0)
        const schedule = scheduleOf(phases(spacing, ...parts), windowMs, warmupMs)
        const whole = walk(schedule)
        const shared = Array.from({ length: of }, (_, index) => walk(schedule, index, of)).flat()
        expect(shared.sort((a, b) => a.seq - b.seq)).toEqual(whole)
        expect(whole).toHaveLength(schedule.warmupCount + schedule.windowCount)
        for (const [index, { seq, offsetNs }] of whole.entries()) {
          expect(seq).toBe(index)
          expect(offsetNs).toBeGreaterThanOrEqual(whole[index - 1]?.offsetNs ?? 0)
          expect(offsetNs).toBeLessThan((warmupMs + windowMs) * nsPerMs)
        }
      },
    ),
    { numRuns: 60 },
  )
})
