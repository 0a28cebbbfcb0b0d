import { expect, test } from 'vitest'
import { type OrderStatus, toldStatus } from './order-status.js'

test.each<[OrderStatus, OrderStatus]>([
  ['pendingCancel', 'pendingReplace'],
  ['pendingReplace', 'filled'],
  ['filled', 'canceled'],
  ['filled', 'expired'],
  ['canceled', 'partiallyFilled'],
  ['expired', 'partiallyFilled'],
  ['partiallyFilled', 'new'],
  ['new', 'rejected'],
  ['rejected', 'pendingNew'],
])('an order that is %s and %s is told as the former', (higher, lower) => {
  expect(toldStatus([higher, lower])).toBe(higher)
  expect(toldStatus([lower, higher])).toBe(higher)
})

test('one state is told as it is', () => {
  expect(toldStatus(['pendingNew'])).toBe('pendingNew')
})
