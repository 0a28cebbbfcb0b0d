import { expect, test } from 'vitest'
import { LiveOrders, noOrders, OrderIds } from './live-orders.js'

const at = { exchangeMs: 0, timeMs: 0 }
const orderOf = (id: number) => ({ id, symbol: 'X', side: 'buy' as const, price: 5, left: 1 })
const large = 0x20_0000

test('the number of a large id goes with its order, and is given to no other', () => {
  const counts = noOrders()
  const ids = new OrderIds(counts, { numbered: false })
  const orders = new LiveOrders(counts, ids)
  const first = orderOf(ids.enter(large, 7))
  orders.enter(first, at)
  expect([first.id, ids.enter(large, 7), ids.find(large, 7)]).toEqual([-1, -1, -1])
  orders.remove(first, at)
  expect([ids.find(large, 7), orders.get(-1), counts.live]).toEqual([null, undefined, 0])
  expect(ids.enter(large, 8)).toBe(-2)
})

test('an id that is only looked for leaves nothing behind', () => {
  const counts = noOrders()
  const ids = new OrderIds(counts, { numbered: false })
  expect([ids.find(large, 7), ids.find(0, 7)]).toEqual([null, 7])
  expect(counts).toEqual(noOrders())
})

test('ids of a second source of a book are numbered beside those of the first', () => {
  const counts = noOrders()
  const [first, second] = [new OrderIds(counts, { numbered: false }), new OrderIds(counts, { numbered: true })]
  const found = [first.enter(0, 1), second.enter(0, 1), first.enter(large, 1), second.enter(0, 1), second.find(0, 2)]
  expect(found).toEqual([1, -1, -2, -1, null])
})

test('live orders are counted over the books of a file', () => {
  const counts = noOrders()
  const [a, b] = [new LiveOrders(counts), new LiveOrders(counts)]
  for (const orders of [a, a, b]) orders.enter(orderOf(1), at)
  expect(counts.live).toBe(2)
  b.clear(at)
  expect(counts.live).toBe(1)
  expect(a.problem()).toBeNull()
  counts.live = 20_000_001
  expect(a.problem()).toMatch(/^is one more than the 20000000 orders/)
})
