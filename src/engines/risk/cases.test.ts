import { expect, test } from 'vitest'
import { checksOf } from './cases.js'

test.each([{ cached: true }, { cached: false }])('approves every order, cached: $cached', ({ cached }) => {
  const { prepared } = checksOf(cached)
  for (let sample = 0; sample < 500; sample += 1) {
    for (let call = 0; call < 20; call += 1) expect(prepared.call()).toBe('approved')
    prepared.restore?.()
  }
})

test('its cache is hit as often as AL6 claims, and its orders do not pile up', () => {
  const { prepared, book } = checksOf(true)
  const check = (samples: number): void => {
    for (let sample = 0; sample < samples; sample += 1) {
      for (let call = 0; call < 5; call += 1) prepared.call()
      prepared.restore?.()
    }
  }
  check(5_000)
  const [hits, misses] = [book.hits, book.misses]
  check(20_000)
  const share = (book.hits - hits) / (book.hits - hits + book.misses - misses)
  expect(share).toBeGreaterThan(0.8)
  expect(share).toBeLessThan(0.9)
  expect(book.openOrders).toBe(0)
})
