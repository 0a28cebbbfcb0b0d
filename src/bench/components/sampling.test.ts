import { describe, expect, test } from 'vitest'
import type { Clock } from '../../core/clock.js'
import { callsPerSampleMax, type PreparedCase } from '../../core/component-case.js'
import { durationNs, instantNs } from '../../core/units.js'
import { callsPerSampleFor, overheadOf, takeSlice, warmUp } from './sampling.js'

/** Time that passes only by reading it and by calling the function: every figure is known before. */
function stagedTime(costs: { readonly readNs: number; readonly callNs: (call: number) => number }) {
  let now = 5_000_000_000
  let calls = 0
  const clock: Clock = {
    now: () => {
      now += costs.readNs
      return instantNs(now)
    },
  }
  const call = () => {
    now += costs.callNs(calls)
    calls += 1
    return calls
  }
  return { clock, call, calls: () => calls }
}

test.each([
  { callNs: 5_000, clockNs: 40, calls: 1 },
  { callNs: 800, clockNs: 40, calls: 1 },
  { callNs: 799, clockNs: 40, calls: 2 },
  { callNs: 5, clockNs: 40, calls: 160 },
  { callNs: 0, clockNs: 40, calls: callsPerSampleMax },
  { callNs: 500, clockNs: 400, calls: 16 },
])(
  '$calls calls of $callNs ns make a sample of twenty looks at a clock of $clockNs ns',
  ({ callNs, clockNs, calls }) => {
    expect(callsPerSampleFor(callNs, clockNs)).toBe(calls)
  },
)

describe('a slice holds the time of a call without that of the clock', () => {
  test.each([
    { name: 'alone', callsPerSample: 1, callNs: 3_000 },
    { name: 'as the mean of a batch', callsPerSample: 50, callNs: 16 },
  ])('$name', async ({ callsPerSample, callNs }) => {
    const { clock, call } = stagedTime({ readNs: 40, callNs: () => callNs })
    const prepared: PreparedCase = { call }
    const overheadNs = await overheadOf(prepared, callsPerSample, clock)
    expect(overheadNs).toBeCloseTo(40, 3)
    const samples = await takeSlice(prepared, { spanNs: durationNs(200_000), callsPerSample, overheadNs, clock })
    expect(samples.length).toBeGreaterThan(20)
    for (const sample of samples) expect(sample).toBeCloseTo(callNs, 3)
  })

  test('and of a call that is awaited', async () => {
    let waiting = 0
    const { clock, call } = stagedTime({ readNs: 40, callNs: () => 2_000 })
    const prepared: PreparedCase = {
      isAsync: true,
      call: async () => {
        waiting += 1
        expect(waiting).toBe(1)
        await Promise.resolve()
        call()
        waiting -= 1
      },
    }
    for (const callsPerSample of [1, 4]) {
      const options = { spanNs: durationNs(50_000), callsPerSample, overheadNs: 40, clock }
      const samples = await takeSlice(prepared, options)
      expect(Math.max(...samples)).toBeCloseTo(2_000, 3)
    }
  })
})

test('keeps a pause as the sample that it was', async () => {
  const { clock, call } = stagedTime({ readNs: 40, callNs: (index) => (index === 30 ? 90_000 : 3_000) })
  const samples = await takeSlice({ call }, { spanNs: durationNs(300_000), callsPerSample: 1, overheadNs: 40, clock })
  expect(Math.max(...samples)).toBeCloseTo(90_000, 2)
})

test('takes one sample also of a call that outlasts its slice', async () => {
  const { clock, call } = stagedTime({ readNs: 40, callNs: () => 80_000_000 })
  const samples = await takeSlice({ call }, { spanNs: durationNs(1_000_000), callsPerSample: 1, overheadNs: 40, clock })
  expect([...samples].map(Math.round)).toEqual([80_000_000])
})

test.each([{ callsPerSample: 1 }, { callsPerSample: 7 }])(
  'puts back what $callsPerSample calls of a sample have changed, outside its time',
  async ({ callsPerSample }) => {
    const { clock, call } = stagedTime({ readNs: 40, callNs: () => 3_000 })
    let changed = 0
    const prepared: PreparedCase = {
      call: () => {
        changed += 1
        expect(changed).toBeLessThanOrEqual(callsPerSample)
        return call()
      },
      restore: () => {
        // Time that no sample may hold.
        clock.now()
        clock.now()
        changed = 0
      },
    }
    const samples = await takeSlice(prepared, { spanNs: durationNs(200_000), callsPerSample, overheadNs: 40, clock })
    expect(changed).toBe(0)
    expect(Math.max(...samples)).toBeCloseTo(3_000, 2)
  },
)

test('warms up for its time and tells what a call takes at the end of it', async () => {
  const { clock, call, calls } = stagedTime({ readNs: 40, callNs: (index) => (index < 500 ? 2_000 : 100) })
  const callNs = await warmUp({ call }, durationNs(5_000_000), { clock, clockNs: 40 })
  expect(calls()).toBeGreaterThan(5_000)
  expect(callNs).toBeGreaterThan(100)
  expect(callNs).toBeLessThan(110)
})
