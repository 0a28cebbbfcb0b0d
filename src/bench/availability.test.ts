import { expect, test } from 'vitest'
import { durationNs, instantNs } from '../core/units.js'
import { availabilityOf, notWatched } from './availability.js'

const seen = (notReadyNs: number, restartCount = 0) => ({
  ...{ restartCount, recoveryNsMax: null, notReadyNs: durationNs(notReadyNs) },
})

const span = { fromAt: instantNs(1_000), toAt: instantNs(1_100) }

test.each([
  { name: 'one that was always there', before: seen(5), now: seen(5), share: 1 },
  { name: 'one that was away for a tenth', before: seen(5), now: seen(15), share: 0.9 },
  { name: 'one that was away since before the run began', before: seen(5), now: seen(105), share: 0 },
  { name: 'one that was not known at the beginning', before: undefined, now: seen(50), share: 0.5 },
])('of $name, the share of the time in which it was ready', ({ before, now, share }) => {
  expect(availabilityOf(before, now, span).readyShare).toBe(share)
})

test('of a process that nobody watches nothing is known', () => {
  expect(availabilityOf(seen(0), undefined, span)).toEqual(notWatched)
})
