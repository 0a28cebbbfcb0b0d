import { expect, test } from 'vitest'
import { undisturbed } from './undisturbed.js'

/** Steal as read before and after each attempt. */
const stealOf = (steals: readonly number[]) => {
  const left = [...steals]
  return () => ({ total: 1_000, steal: left.shift() ?? 0 })
}
const counted = () => {
  let attempts = 0
  return async () => {
    attempts += 1
    return attempts
  }
}

test('what the hypervisor disturbed is measured again, and nothing else', async () => {
  expect(await undisturbed(counted(), 3, stealOf([7, 7]))).toEqual({ value: 1, repeats: 0, disturbed: false })
  expect(await undisturbed(counted(), 3, stealOf([7, 8, 8, 8]))).toEqual({ value: 2, repeats: 1, disturbed: false })
})

test('the last attempt counts, and says that it was disturbed', async () => {
  expect(await undisturbed(counted(), 2, stealOf([1, 2, 2, 4]))).toEqual({ value: 2, repeats: 1, disturbed: true })
})

test('where the kernel tells of no steal, nothing is repeated', async () => {
  expect(await undisturbed(counted(), 3, () => null)).toEqual({ value: 1, repeats: 0, disturbed: false })
})
