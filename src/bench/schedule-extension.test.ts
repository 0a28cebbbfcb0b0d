import fc from 'fast-check'
import { expect, test } from 'vitest'
import { durationNs, nsPerSec } from '../core/units.js'
import { buildSchedule, plannedMax, type Schedule } from './arrivals.js'
import type { ArrivalsConfig } from './config.js'
import { extendSchedule } from './schedule-extension.js'

type Asked = { readonly seconds?: number; readonly secondsMax?: number; readonly sourceCount?: number }

function schedules(
  arrivals: ArrivalsConfig,
  { seconds = 2, secondsMax = 6, sourceCount = 1e7 }: Asked = {},
  seed = 1,
): { readonly planned: Schedule; readonly whole: Schedule } {
  const durationOf = durationNs(seconds * nsPerSec)
  const window = { arrivals, seed, durationNs: durationOf }
  const sourceTimesNs = { length: sourceCount }
  const planned = buildSchedule({ ...window, warmupNs: durationNs(nsPerSec), warmupCountMin: 0, sourceTimesNs })
  const whole = extendSchedule(planned, { ...window, windowNsMax: durationNs(secondsMax * nsPerSec), sourceCount })
  return { planned, whole }
}

test('the planned window is the same to the nanosecond, whether or not more may follow', () => {
  const kind = fc.constantFrom('constant' as const, 'poisson' as const)
  fc.assert(
    fc.property(kind, fc.integer({ min: 1, max: 500 }), fc.integer({ min: 0, max: 1e9 }), (kind, rate, seed) => {
      const { planned, whole } = schedules({ kind, rate }, {}, seed)
      const { offsetsNs, windowNsMax, ...head } = whole
      expect({ ...planned, ...head }).toEqual(planned)
      expect([...offsetsNs.subarray(0, planned.offsetsNs.length)]).toEqual([...planned.offsetsNs])
      const beyond = [...offsetsNs.subarray(planned.offsetsNs.length)]
      expect(beyond).toHaveLength(4 * rate)
      expect(beyond).toEqual(beyond.toSorted((a, b) => a - b))
      expect(beyond[0]).toBeGreaterThanOrEqual(3e9)
      expect(beyond.at(-1)).toBeLessThan(7e9)
      expect(windowNsMax).toBe(6e9)
    }),
    { numRuns: 30 },
  )
})

test.each<{ readonly name: string; readonly arrivals: ArrivalsConfig; readonly asked?: Asked }>([
  { name: 'a ramp', arrivals: { kind: 'ramp', from: 1, to: 9 } },
  { name: 'recorded times', arrivals: { kind: 'recorded', speed: 1 }, asked: { sourceCount: 0 } },
  { name: 'no more time', arrivals: { kind: 'poisson', rate: 9 }, asked: { secondsMax: 2 } },
  { name: 'a source that ends within the window', arrivals: { kind: 'poisson', rate: 9 }, asked: { sourceCount: 17 } },
  { name: 'a source that ends with it', arrivals: { kind: 'poisson', rate: 9 }, asked: { sourceCount: 18 } },
])('nothing follows with $name', ({ arrivals, asked }) => {
  const { planned, whole } = schedules(arrivals, asked)
  expect(whole).toBe(planned)
  expect(whole.windowNsMax).toBe(whole.windowNs)
})

test('a source that has a little more lets as much follow, at the same rate', () => {
  const { whole } = schedules({ kind: 'constant', rate: 10 }, { sourceCount: 25 })
  expect([...whole.offsetsNs.subarray(-5)].map((at) => at / 1e9)).toEqual([3, 3.1, 3.2, 3.3, 3.4])
  expect(whole.windowNsMax).toBe(2.5e9)
})

test('as much may follow as one schedule holds', () => {
  const { whole } = schedules({ kind: 'constant', rate: 2e6 }, { seconds: 3, secondsMax: 60, sourceCount: 1e9 })
  expect(whole.offsetsNs).toHaveLength(plannedMax)
  expect(whole.windowNsMax / nsPerSec).toBeCloseTo((plannedMax - 1.5e6) / 2e6, 6)
})
