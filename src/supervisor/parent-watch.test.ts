import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { watchParent } from './parent-watch.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test.each([
  { who: 'the parent', before: [100], after: [1] },
  { who: 'npm in front of the shell that is the parent', before: [100, 90], after: [100, 1] },
  { who: 'the shell between npm and nautilus', before: [100, 90], after: [90, 80] },
])('calls back once when $who has gone', ({ before, after }) => {
  let ancestors = before
  const onGone = vi.fn()
  watchParent(onGone, () => ancestors)
  vi.advanceTimersByTime(1_000)
  expect(onGone).not.toHaveBeenCalled()
  ancestors = after
  vi.advanceTimersByTime(1_000)
  expect(onGone).toHaveBeenCalledTimes(1)
})
