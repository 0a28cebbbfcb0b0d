import { expect, test } from 'vitest'
import { harness } from '../kit/harness.js'
import { newOrderWith, replaceWith } from '../model/message-fixture.js'
import { riskEngine } from './service.js'

const order = newOrderWith({})

test('an order passes as it is or ends its tick with the reason', () => {
  const bench = harness(riskEngine, { orderQtyMax: 10 })
  bench.feed('order.intent', order)
  bench.feed('order.intent', { ...order, orderId: 2, qty: 11 })
  expect(bench.emitted).toMatchObject([{ topic: 'order.checked', seq: 0, body: order }])
  expect(bench.outcomes).toEqual([{ outcome: 'rejected', reason: 'order-quantity', seq: 1 }])
  expect(bench.counters).toMatchObject({ approved: 1, 'order-quantity': 1, 'cache misses': 2 })
  expect(bench.held()).toBe(0)
})

test('reports free the open quantity, and cancels always pass', () => {
  const bench = harness(riskEngine, { positionMax: 10 })
  bench.feed('order.intent', order)
  bench.feed('order.intent', { ...order, orderId: 2 })
  const done = { ...order, execType: 'expired', ordStatus: 'expired', cumQty: 0, leavesQty: 0 }
  bench.feed('execution.report', { reports: [done] })
  bench.feed('order.intent', { ...order, orderId: 3 })
  bench.feed('order.intent', { kind: 'cancel', orderId: 3, account: 'desk', symbol: 'S' })
  expect(bench.emitted.map(({ seq }) => seq)).toEqual([0, 3, 4])
  expect(bench.outcomes).toEqual([{ outcome: 'rejected', reason: 'position-limit', seq: 1 }])
  expect(bench.counters['cache hits']).toBe(2)
})

test('a replacement passes by the limits of the whole order, and its end is that of the order', () => {
  const bench = harness(riskEngine, { positionMax: 20, orderQtyMax: 15 })
  const replace = replaceWith({})
  bench.feed('order.intent', order)
  bench.feed('order.intent', { ...replace, qty: 15 })
  bench.feed('order.intent', { ...replace, qty: 16 })
  bench.feed('order.intent', { ...replace, orderId: 2 })
  expect(bench.emitted.map(({ body }) => body)).toEqual([order, { ...replace, qty: 15 }])
  expect(bench.outcomes.map(({ reason }) => reason)).toEqual(['order-quantity', 'unknown-order'])
})

test('the kill switch is thrown by HTTP', async () => {
  const bench = harness(riskEngine, { cache: 'off' })
  expect((await bench.call('PUT /v1/kill-switch', { body: '{"engaged": "yes"}' })).status).toBe(400)
  expect((await bench.call('PUT /v1/kill-switch', { body: 'no' })).status).toBe(400)
  expect((await bench.call('PUT /v1/kill-switch', { body: '{"engaged": true}' })).status).toBe(200)
  bench.feed('order.intent', order)
  expect(bench.outcomes).toEqual([{ outcome: 'rejected', reason: 'kill-switch', seq: 0 }])
  expect(bench.engine.status?.()).toEqual({ killSwitch: true, openOrders: 0, cachedApprovals: 0 })
})
