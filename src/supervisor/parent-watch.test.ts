import { expect, test, vi } from 'vitest'
import { watchParent } from './parent-watch.js'

test('calls back once when the parent has changed', () => {
  vi.useFakeTimers()
  let parent = 100
  const onGone = vi.fn()
  watchParent(onGone, () => parent)
  vi.advanceTimersByTime(1_000)
  expect(onGone).not.toHaveBeenCalled()
  parent = 1
  vi.advanceTimersByTime(1_000)
  expect(onGone).toHaveBeenCalledTimes(1)
  vi.useRealTimers()
})
