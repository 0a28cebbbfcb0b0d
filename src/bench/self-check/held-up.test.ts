import { expect, test } from 'vitest'
import { monotonicClock as clock } from '../../core/clock.js'
import { nsPerMs } from '../../core/units.js'
import { calmIntervals, parseCores, watchCores } from './held-up.js'

const window = { fromAt: 10_000 * nsPerMs, lengthNs: 2_000 * nsPerMs }
const heldUpAt = (fromMs: number, lengthMs: number) => ({
  fromAt: window.fromAt + fromMs * nsPerMs,
  toAt: window.fromAt + (fromMs + lengthMs) * nsPerMs,
})

test.each([
  { name: 'a calm machine has all of them', heldUp: [], calm: [0, 1, 2, 3, 4, 5, 6, 7] },
  { name: 'one held up for 3 ms lacks that one', heldUp: [heldUpAt(600, 3)], calm: [0, 1, 3, 4, 5, 6, 7] },
  { name: 'what is under way at the end counts too', heldUp: [heldUpAt(260, 1)], calm: [2, 3, 4, 5, 6, 7] },
  { name: 'and what has piled up before', heldUp: [heldUpAt(-12, 10)], calm: [1, 2, 3, 4, 5, 6, 7] },
  { name: 'less than half a millisecond is let go', heldUp: [heldUpAt(600, 0.4)], calm: [0, 1, 2, 3, 4, 5, 6, 7] },
])('of the intervals $name', ({ heldUp, calm }) => {
  expect(calmIntervals(heldUp, window)).toEqual({ intervals: calm, calmCount: calm.length, count: 8 })
})

test('where too few intervals are calm all are compared, and it says how many were calm', () => {
  const intervals = [0, 1, 2, 3, 4, 5, 6, 7]
  expect(calmIntervals([heldUpAt(0, 1_700)], window)).toEqual({ intervals, calmCount: 1, count: 8 })
})

test('a list of cores has single ones and ranges', () => {
  expect(parseCores('0-2,5')).toEqual([0, 1, 2, 5])
  expect(parseCores('3')).toEqual([3])
})

test('it watches where it may, and whoever keeps a core busy does not hold it up', async () => {
  const { value, heldUp, problem } = await watchCores(async () => {
    const fromAt = clock.now()
    while (clock.now() - fromAt < 300 * nsPerMs);
    return fromAt
  })
  if (problem !== null) expect(problem).toMatch(/^no thread may go before all others|^only Linux/)
  const inSpin = heldUp.filter(({ toAt, fromAt }) => fromAt < value + 300 * nsPerMs && toAt > value)
  for (const { fromAt, toAt } of inSpin) expect(toAt - fromAt).toBeLessThan(150 * nsPerMs)
})
