import { expect, test } from 'vitest'
import { fillWith, newOrderWith } from '../model/message-fixture.js'
import { OwnOrders } from './own-orders.js'

const instrument = { symbol: 'S', priceDecimals: 2, qtyDecimals: 0, lotsMin: 1, lotsMax: 1_000 }

test('an order that was forgotten does not take its name from the one that bears it now', () => {
  const orders = new OwnOrders(1)
  const [old] = [1, 2].map((orderId) => {
    const order = orders.follow(newOrderWith({ orderId }), instrument, `order-${orderId}`)
    orders.observe([fillWith({ orderId })])
    return order
  })
  expect(orders.findNamed('order-1')).toBeUndefined()
  const heir = orders.follow(newOrderWith({ orderId: 3 }), instrument, 'order-1')
  if (old !== undefined) orders.forget(old)
  expect(orders.findNamed('order-1')).toBe(heir)
})

test('there is no room where as many orders are live as may be, and again when one is done', () => {
  const orders = new OwnOrders(2)
  for (const orderId of [1, 2]) {
    expect(orders.isFull).toBe(false)
    orders.follow(newOrderWith({ orderId }), instrument, null)
  }
  expect(orders.isFull).toBe(true)
  orders.observe([fillWith({ orderId: 1 })])
  expect(orders.isFull).toBe(false)
})
