import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { present } from '../core/assert.js'
import { monotonicClock } from '../core/clock.js'
import { durationNs, later, nsPerMs } from '../core/units.js'
import { eventually } from '../supervisor/child-fixture.js'
import { ThreadWatch } from './thread-health.js'

const ms = (value: number) => durationNs(value * nsPerMs)

function collectorOfGarbage(): () => void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  return () => {
    if (typeof collect === 'function') collect()
  }
}

/** Collects garbage until an instant, and lets it be heard of. */
async function collectUntil(at: number): Promise<void> {
  const collect = collectorOfGarbage()
  await eventually(
    () => 'garbage is collected',
    () => {
      collect()
      return monotonicClock.now() >= at
    },
    20_000,
  )
}

test('what a thread does after the window counts for nothing, however long it is watched', async () => {
  const watch = new ThreadWatch()
  const windowAt = monotonicClock.now()
  const endAt = later(windowAt, ms(50))
  watch.window(windowAt, endAt)
  await collectUntil(later(endAt, ms(600)))
  const askedAt = monotonicClock.now()
  const { activity } = watch.end()
  expect(activity.length).toBeGreaterThan(0)
  expect(activity.filter(({ fromAt, toAt }) => fromAt >= endAt || toAt >= askedAt)).toEqual([])
})

test('a loop that is held up after the window has no delay from it', async () => {
  const seen = monitorEventLoopDelay({ resolution: 10 })
  seen.enable()
  const watch = new ThreadWatch()
  const windowAt = monotonicClock.now()
  watch.window(windowAt, later(windowAt, ms(50)))
  await new Promise((resolve) => setTimeout(resolve, 100))
  seen.disable()
  const heldUntil = later(monotonicClock.now(), ms(500))
  while (monotonicClock.now() < heldUntil);
  await new Promise((resolve) => setTimeout(resolve, 30))
  // Whatever held the loop up within the window, it was seen by this test too.
  expect(watch.end().eventLoopDelayNsP99).toBeLessThan(seen.max + ms(200))
})

test('a thread that stands still beyond the end is charged with its window only', async () => {
  const watch = new ThreadWatch()
  const collect = collectorOfGarbage()
  const windowAt = monotonicClock.now()
  watch.window(windowAt, later(windowAt, ms(50)))
  while (monotonicClock.now() < windowAt + ms(500)) collect()
  await new Promise((resolve) => setTimeout(resolve, 1))
  const { gcNs, runQueueNs } = watch.end()
  expect(gcNs).toBeLessThanOrEqual(ms(50))
  expect(runQueueNs).toBeLessThanOrEqual(ms(50))
})

test('a thread that stood still for the whole window is seen', () => {
  const watch = new ThreadWatch()
  const windowAt = later(monotonicClock.now(), ms(5))
  const endAt = later(windowAt, ms(20))
  watch.window(windowAt, endAt)
  while (monotonicClock.now() < endAt);
  const [sample] = watch.end().activity
  const { fromAt, toAt } = present(sample, 'the whole watch is one sample')
  expect(fromAt).toBeLessThan(windowAt)
  expect(toAt).toBeGreaterThanOrEqual(endAt)
})

test('a window that ends before its time ends the watch there', async () => {
  const watch = new ThreadWatch()
  const windowAt = monotonicClock.now()
  watch.window(windowAt, later(windowAt, ms(60_000)))
  const endAt = later(windowAt, ms(50))
  watch.endAt(endAt)
  watch.endAt(later(windowAt, ms(30_000)))
  await collectUntil(later(endAt, ms(300)))
  expect(watch.end().activity.filter(({ fromAt }) => fromAt >= endAt)).toEqual([])
})
