import { expect, test } from 'vitest'
import { monotonicClock as clock } from '../../core/clock.js'
import { nsPerMs } from '../../core/units.js'
import { chooseLoopPacing, mayGoFirst, pace, wakeStride, wakeUp } from './loop-pacing.js'

test.each([
  { coresUsable: 2, workers: 1, targetIsLocal: false, pacing: 'poll' },
  { coresUsable: 2, workers: 1, targetIsLocal: true, pacing: 'pacer-thread' },
  { coresUsable: 3, workers: 1, targetIsLocal: true, pacing: 'poll' },
  { coresUsable: 8, workers: 7, targetIsLocal: true, pacing: 'pacer-thread' },
  { coresUsable: 1, workers: 1, targetIsLocal: false, pacing: 'pacer-thread' },
] as const)(
  'with $coresUsable cores, $workers workers and a local target ($targetIsLocal) a worker waits by $pacing',
  ({ pacing, ...machine }) => {
    expect(chooseLoopPacing(machine)).toBe(pacing)
  },
)

test.each([
  { pacing: 'pacer-thread', perSec: 5_000, client: 'http', first: true },
  { pacing: 'pacer-thread', perSec: 5_001, client: 'http', first: false },
  { pacing: 'pacer-thread', perSec: Number.POSITIVE_INFINITY, client: 'http', first: false },
  { pacing: 'poll', perSec: 100, client: 'http', first: false },
  { pacing: 'pacer-thread', perSec: 100, client: 'function', first: false },
] as const)(
  'a worker that waits by $pacing and sends $perSec/s to a target of kind $client goes first: $first',
  ({ first, ...worker }) => {
    expect(mayGoFirst(worker)).toBe(first)
  },
)

test.each(['poll', 'pacer-thread'] as const)(
  '%s takes each step at its instant, never before, and ends',
  async (pacing) => {
    const words = new Int32Array(new SharedArrayBuffer(4 * wakeStride))
    const startAt = clock.now()
    const instants = [0, 0.5, 1, 4, 4.01, 30].map((ms) => startAt + ms * nsPerMs)
    const sentAt: number[] = []
    const step = (): number => {
      while (sentAt.length < instants.length && (instants[sentAt.length] ?? 0) <= clock.now()) sentAt.push(clock.now())
      return instants[sentAt.length] ?? Number.POSITIVE_INFINITY
    }
    // In place of the pacer thread.
    const pacer = setInterval(() => wakeUp({ words, index: 0 }), 1)
    await pace(step, { pacing, clock, wake: { words, index: 0 } })
    clearInterval(pacer)
    expect(sentAt).toHaveLength(instants.length)
    for (const [index, at] of sentAt.entries()) expect(at).toBeGreaterThanOrEqual(instants[index] ?? 0)
  },
)

test.each(['poll', 'pacer-thread'] as const)(
  '%s lets the event loop turn also when every step is late',
  async (pacing) => {
    const words = new Int32Array(new SharedArrayBuffer(4 * wakeStride))
    let turns = 0
    let steps = 0
    const count = (): void => {
      turns += 1
      if (steps < 20) setImmediate(count)
    }
    setImmediate(count)
    const step = (): number => {
      steps += 1
      return steps < 20 ? clock.now() - nsPerMs : Number.POSITIVE_INFINITY
    }
    await pace(step, { pacing, clock, wake: { words, index: 0 } })
    expect(turns).toBeGreaterThan(10)
  },
)

test('a wake-up that comes before the wait is not lost', async () => {
  const words = new Int32Array(new SharedArrayBuffer(4 * wakeStride))
  let steps = 0
  const step = (): number => {
    steps += 1
    // During the step, so between the look at the word and the wait.
    wakeUp({ words, index: 0 })
    return steps < 3 ? clock.now() + 3600 * 1000 * nsPerMs : Number.POSITIVE_INFINITY
  }
  await pace(step, { pacing: 'pacer-thread', clock, wake: { words, index: 0 } })
  expect(steps).toBe(3)
})

test.each(['poll', 'pacer-thread'] as const)('%s ends where a step fails', async (pacing) => {
  const words = new Int32Array(new SharedArrayBuffer(4 * wakeStride))
  let steps = 0
  const step = (): number => {
    steps += 1
    if (steps === 2) throw new Error('the connection is gone')
    return clock.now()
  }
  await expect(pace(step, { pacing, clock, wake: { words, index: 0 } })).rejects.toThrow('the connection is gone')
})
