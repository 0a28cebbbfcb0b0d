import { expect, test } from 'vitest'
import { nsPerMs } from '../../core/units.js'
import { type Harness, harness } from '../kit/harness.js'
import type { ExecutionReport, NewOrder } from '../model/messages.js'
import { orderGatewayEngine } from './service.js'

const unbatched = { batch: 'off', pacing: { orderPlacement: 'off' } }
const body = JSON.stringify({
  symbol: 'BTC-USDT',
  order_type: 'limit',
  side: 'buy',
  quantity: '0.5',
  price: '100.00',
})

test('orders of the bus leave in batches and are stored when they are placed', () => {
  const bench = harness(orderGatewayEngine)
  for (let id = 1; id <= 3; id += 1) bench.feed('order.checked', orderOf(id), id)
  expect(bench.emitted).toEqual([])
  expect(bench.held()).toBe(3)
  bench.advance(10 * nsPerMs)
  expect(bench.emitted.map(({ topic, seq, message }) => [topic, seq, message])).toEqual([
    ['order.placed', 1, 0],
    ['order.placed', 2, 0],
    ['order.placed', 3, 0],
  ])
  expect(bench.held()).toBe(0)
  expect(bench.rows[0]).toEqual({ table: 'orders', row: ['test', 1, 'desk', 'S', 'buy', 'limit', 'ioc', 101, 10] })
  expect(bench.rows).toHaveLength(3)
  expect(bench.counters['calls']).toBe(1)
})

test('a repeated order is placed once and its repetition ends nothing', () => {
  const bench = harness(orderGatewayEngine, unbatched)
  bench.feed('order.checked', orderOf(1), 0)
  bench.feed('order.checked', orderOf(1), 0)
  expect(bench.emitted).toHaveLength(1)
  expect(bench.rows).toHaveLength(1)
  expect(bench.outcomes).toEqual([])
  expect(bench.counters['duplicate']).toBe(1)
})

test('an order without a report fails at the placement timeout, and a late report is counted', () => {
  const bench = harness(orderGatewayEngine, unbatched)
  bench.feed('order.checked', orderOf(1), 0)
  bench.feed('order.checked', orderOf(2), 1)
  bench.feed('execution.report', { reports: [reportOf(1)] })
  bench.advance(99 * nsPerMs)
  expect(bench.outcomes).toEqual([])
  bench.advance(1 * nsPerMs)
  expect(bench.outcomes).toEqual([{ outcome: 'failed', reason: 'placement timeout', seq: 1 }])
  bench.feed('execution.report', { reports: [reportOf(2)] })
  expect(bench.counters).toMatchObject({ 'placement timeout': 1, 'late reports': 1 })
})

test('an open breaker fails orders at once and lets trials through after its time', () => {
  const bench = harness(orderGatewayEngine, unbatched)
  for (let id = 1; id <= 5; id += 1) bench.feed('order.checked', orderOf(id), id)
  bench.advance(100 * nsPerMs)
  expect(bench.engine.status?.()).toMatchObject({ breaker: 'open', inFlight: 0 })
  bench.feed('order.checked', orderOf(6), 6)
  expect(bench.outcomes.at(-1)).toEqual({ outcome: 'failed', reason: 'breaker open', seq: 6 })
  bench.advance(60_000 * nsPerMs)
  for (let id = 7; id <= 9; id += 1) {
    bench.feed('order.checked', orderOf(id), id)
    bench.feed('execution.report', { reports: [reportOf(id)] })
  }
  expect(bench.engine.status?.()).toMatchObject({ breaker: 'closed' })
  expect(bench.counters).toMatchObject({ 'breaker opened': 1, 'breaker half opened': 1, 'breaker closed': 1 })
})

test('calls beyond the pace wait, and those beyond the queue fail', () => {
  const pacing = { orderPlacement: { rate: '100/s', burst: 1 }, queueMax: 2 }
  const bench = harness(orderGatewayEngine, { batch: 'off', pacing })
  for (let id = 1; id <= 4; id += 1) bench.feed('order.checked', orderOf(id), id)
  expect(bench.emitted.map(({ seq }) => seq)).toEqual([1])
  expect(bench.outcomes).toEqual([{ outcome: 'failed', reason: 'pacing queue full', seq: 4 }])
  bench.advance(10 * nsPerMs)
  expect(bench.emitted.map(({ seq }) => seq)).toEqual([1, 2])
  bench.advance(10 * nsPerMs)
  expect(bench.emitted.map(({ seq }) => seq)).toEqual([1, 2, 3])
})

test('draining sends the open batch', () => {
  const bench = harness(orderGatewayEngine)
  bench.feed('order.checked', orderOf(1), 0)
  bench.engine.drain?.()
  expect(bench.emitted).toHaveLength(1)
  expect(bench.held()).toBe(0)
})

test('an HTTP order is answered by its final report', async () => {
  const bench = harness(orderGatewayEngine, unbatched)
  const reply = bench.call('POST /v1/orders', { body, headers: { 'x-nautilus-seq': '5' } })
  const [placed] = await placedOrders(bench, 1)
  expect(placed).toMatchObject({ price: 10_000, qty: 500_000, account: 'client', timeInForce: 'gtc' })
  bench.feed('execution.report', { reports: [{ ...reportOf(placed?.orderId ?? 0), symbol: 'BTC-USDT' }] })
  const { status, headers, body: answer } = await reply
  expect(status).toBe(200)
  expect(JSON.parse(headers?.['x-nautilus-stamps'] ?? '')).toMatchObject([{ engine: 'order-gateway' }])
  expect(answer).toMatchObject({ orderId: placed?.orderId, status: 'filled', filledQuantity: '0.000010' })
})

test('numbers are refused, a rejection by the venue is 422, silence is 202', async () => {
  const bench = harness(orderGatewayEngine, unbatched)
  const floats = await bench.call('POST /v1/orders', { body: body.replace('"0.5"', '0.5') })
  expect(floats).toEqual({ status: 400, body: { error: expect.stringContaining('not a number') } })
  const rejected = bench.call('POST /v1/orders', { body })
  const [placed] = await placedOrders(bench, 1)
  const report = { ...reportOf(placed?.orderId ?? 0), execType: 'rejected', ordStatus: 'rejected', reason: 'no' }
  bench.feed('execution.report', { reports: [{ ...report, cumQty: 0, cumNotional: 0 }] })
  expect(await rejected).toMatchObject({ status: 422, body: { status: 'rejected', reason: 'no' } })
  const silent = bench.call('POST /v1/orders', { body })
  await placedOrders(bench, 2)
  bench.advance(100 * nsPerMs)
  expect(await silent).toMatchObject({ status: 202, body: { status: 'pending_new' } })
  expect(bench.outcomes).toEqual([])
})

test('the same key gives the first answer again, also while it is on its way, and never another order', async () => {
  const bench = harness(orderGatewayEngine, unbatched)
  const headers = { 'idempotency-key': 'k1' }
  const first = bench.call('POST /v1/orders', { body, headers })
  const second = bench.call('POST /v1/orders', { body, headers })
  const other = await bench.call('POST /v1/orders', { body: body.replace('0.5', '0.6'), headers })
  expect(other.status).toBe(409)
  const [placed] = await placedOrders(bench, 1)
  bench.feed('execution.report', { reports: [reportOf(placed?.orderId ?? 0)] })
  const third = await bench.call('POST /v1/orders', { body, headers })
  expect(await first).toEqual(third)
  expect(await second).toEqual(third)
  expect(bench.emitted).toHaveLength(1)
})

test('a key whose order was not placed may try again', async () => {
  const bench = harness(orderGatewayEngine, unbatched)
  for (let id = 1; id <= 5; id += 1) bench.feed('order.checked', orderOf(id), id)
  bench.advance(100 * nsPerMs)
  const headers = { 'idempotency-key': 'k1' }
  const refused = await bench.call('POST /v1/orders', { body, headers })
  expect(refused).toMatchObject({ status: 503, body: { error: 'breaker open' } })
  bench.advance(60_000 * nsPerMs)
  const again = bench.call('POST /v1/orders', { body, headers })
  const orders = await placedOrders(bench, 6)
  bench.feed('execution.report', { reports: [reportOf(orders[5]?.orderId ?? 0)] })
  expect((await again).status).toBe(200)
})

test('an order that rests can be cancelled, once', async () => {
  const bench = harness(orderGatewayEngine, unbatched)
  const reply = bench.call('POST /v1/orders', { body })
  const [placed] = await placedOrders(bench, 1)
  const orderId = placed?.orderId ?? 0
  const resting = { ...reportOf(orderId), execType: 'new', ordStatus: 'new', cumQty: 0, cumNotional: 0, leavesQty: 10 }
  bench.feed('execution.report', { reports: [resting] })
  expect((await reply).body).toMatchObject({ status: 'new', remainingQuantity: '0.000010', averagePrice: null })
  const cancel = bench.call(`DELETE /v1/orders/${orderId}`)
  await placedOrders(bench, 2)
  expect(bench.emitted[1]?.body).toEqual({ kind: 'cancel', orderId, account: 'client', symbol: 'BTC-USDT' })
  const canceled = { ...resting, execType: 'canceled', ordStatus: 'canceled', leavesQty: 0 }
  bench.feed('execution.report', { reports: [canceled] })
  expect(await cancel).toMatchObject({ status: 200, body: { status: 'canceled' } })
  expect((await bench.call(`DELETE /v1/orders/${orderId}`)).status).toBe(404)
})

test('an order whose report came too late can still be cancelled', async () => {
  const bench = harness(orderGatewayEngine, unbatched)
  const reply = bench.call('POST /v1/orders', { body })
  const [placed] = await placedOrders(bench, 1)
  const orderId = placed?.orderId ?? 0
  bench.advance(100 * nsPerMs)
  expect((await reply).status).toBe(202)
  bench.feed('execution.report', {
    reports: [{ ...reportOf(orderId), execType: 'new', ordStatus: 'new', leavesQty: 9 }],
  })
  const cancel = bench.call(`DELETE /v1/orders/${orderId}`)
  await placedOrders(bench, 2)
  bench.feed('execution.report', { reports: [{ ...reportOf(orderId), execType: 'canceled', ordStatus: 'canceled' }] })
  expect(await cancel).toMatchObject({ status: 200, body: { status: 'canceled' } })
})

test('order ids of several gateways never meet', async () => {
  const ids = await Promise.all(
    [0, 1].map(async (instance) => {
      const bench = harness(orderGatewayEngine, unbatched, { instance })
      void bench.call('POST /v1/orders', { body })
      const [order] = await placedOrders(bench, 1)
      return order?.orderId ?? 0
    }),
  )
  expect(ids.every((id) => Number.isSafeInteger(id) && id > 2 ** 40)).toBe(true)
  expect(Math.abs((ids[0] ?? 0) - (ids[1] ?? 0))).toBeGreaterThan(2 ** 39)
})

test('the documentation names every field of an order', async () => {
  const bench = harness(orderGatewayEngine)
  const page = await bench.call('GET /docs')
  for (const field of ['symbol', 'order_type', 'side', 'quantity', 'price']) expect(page.body).toContain(field)
  const { body: api } = await bench.call('GET /openapi.json')
  expect(api).toMatchObject({ openapi: '3.1.0', paths: { '/v1/orders': { post: expect.anything() } } })
})

async function placedOrders(bench: Harness, count: number): Promise<NewOrder[]> {
  for (let turn = 0; turn < 10 && bench.emitted.length < count; turn += 1) await Promise.resolve()
  expect(bench.emitted).toHaveLength(count)
  return bench.emitted.map(({ body: order }) => order as NewOrder)
}

function orderOf(orderId: number): NewOrder {
  const price = 101
  const base = { kind: 'new', account: 'desk', symbol: 'S', side: 'buy', type: 'limit', timeInForce: 'ioc' } as const
  return { ...base, orderId, price, qty: 10, bid: 99, ask: 101 }
}

function reportOf(orderId: number): ExecutionReport {
  return {
    execId: orderId,
    orderId,
    // The ids of orders by HTTP lie above all others.
    account: orderId > 2 ** 40 ? 'client' : 'desk',
    symbol: 'S',
    side: 'buy',
    execType: 'trade',
    ordStatus: 'filled',
    lastQty: 10,
    lastPrice: 101,
    cumQty: 10,
    leavesQty: 0,
    cumNotional: 1_010,
    revision: 0,
    reason: '',
    final: true,
  }
}
