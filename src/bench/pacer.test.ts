import { expect, test } from 'vitest'
import { monotonicClock } from '../core/clock.js'
import { durationNs, instantNs, later, nsPerMs } from '../core/units.js'
import { controlWords, createControl } from './ledger.js'
import { choosePacing, waitUntil } from './pacer.js'

test.each([
  { coresUsable: 2, busyProcesses: 8, pacing: 'atomics-wait' },
  { coresUsable: 2, busyProcesses: 1, pacing: 'atomics-wait' },
  { coresUsable: 3, busyProcesses: 1, pacing: 'spin' },
  { coresUsable: 16, busyProcesses: 9, pacing: 'spin' },
])(
  'with $coresUsable cores and $busyProcesses busy processes the sender waits by $pacing',
  ({ pacing, ...machine }) => {
    expect(choosePacing(machine)).toBe(pacing)
  },
)

const waitFor = (ms: number, control = createControl()) => {
  const dueAt = later(monotonicClock.now(), durationNs(ms * nsPerMs))
  return { waited: waitUntil(dueAt, { pacing: 'atomics-wait', clock: monotonicClock, control }), dueAt }
}

test('a wait ends at its instant, never before', () => {
  const { waited, dueAt } = waitFor(2)
  expect(waited).toBe('due')
  expect(monotonicClock.now()).toBeGreaterThanOrEqual(dueAt)
})

test('an instant that has passed is due at once', () => {
  const control = createControl()
  expect(waitUntil(instantNs(1), { pacing: 'spin', clock: monotonicClock, control })).toBe('due')
})

test('a long wait is broken off so that the event loop turns', () => {
  const { waited, dueAt } = waitFor(1000)
  expect(waited).toBe('turn')
  expect(monotonicClock.now()).toBeLessThan(dueAt)
})

test.each([0, 5, 1000])('a stopped run ends a wait of %d ms', (ms) => {
  const control = createControl()
  Atomics.store(control, controlWords.stop, 1)
  expect(waitFor(ms, control).waited).toBe('stopped')
})
