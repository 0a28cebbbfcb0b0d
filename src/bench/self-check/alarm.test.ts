import { expect, test } from 'vitest'
import { monotonicClock as clock } from '../../core/clock.js'
import { nsPerMs } from '../../core/units.js'
import { eventually } from '../../supervisor/child-fixture.js'
import { Alarm } from './alarm.js'

test('an alarm rings once for each instant, never before it, and not for one that was replaced', async () => {
  const rungAt: number[] = []
  const alarm = new Alarm(() => rungAt.push(clock.now()))
  const rung = (count: number): Promise<void> => eventually('the alarm has rung', () => rungAt.length === count)
  try {
    const firstAt = clock.now() + 20 * nsPerMs
    alarm.set(clock.now() + 3_600_000 * nsPerMs)
    alarm.set(firstAt)
    await rung(1)
    expect(rungAt[0]).toBeGreaterThanOrEqual(firstAt)
    const secondAt = clock.now() + 5 * nsPerMs
    alarm.set(secondAt)
    await rung(2)
    expect(rungAt[1]).toBeGreaterThanOrEqual(secondAt)
    alarm.set(clock.now() - nsPerMs)
    await rung(3)
  } finally {
    await alarm.end()
  }
})
