import { expect, test } from 'vitest'
import { present } from '../../core/assert.js'
import { nsPerMs } from '../../core/units.js'
import type { HttpReply } from '../kit/define.js'
import { type Harness, harness } from '../kit/harness.js'
import { fillWith } from '../model/message-fixture.js'
import type { ExecutionReport, OrderCommand } from '../model/messages.js'
import { orderGatewayEngine } from './service.js'

// What is told of an order while a request about it is under way: FIX 5.0 SP2, volume 4, order state changes.

const order = {
  ...{ symbol: 'BTC-USDT', order_type: 'limit', side: 'buy', quantity: '0.000010', price: '100.00' },
  client_order_id: 'mine',
}
const path = '/v1/client-orders/mine'

class Bench {
  readonly harness: Harness
  orderId = 0

  constructor(settings: object = {}) {
    this.harness = harness(orderGatewayEngine, { batch: 'off', pacing: { orderPlacement: 'off' }, ...settings })
  }

  /** Sends a request and waits until it was sent on, where it is. */
  async ask(route: string, body: object = {}): Promise<() => Promise<HttpReply>> {
    const sent = this.harness.emitted.length
    const reply = this.harness.call(route, { body: JSON.stringify(body) })
    for (let turn = 0; turn < 10 && this.harness.emitted.length === sent; turn += 1) await Promise.resolve()
    this.orderId = (this.harness.emitted.at(-1)?.body as OrderCommand | undefined)?.orderId ?? 0
    return () => reply
  }

  hear(changes: Partial<ExecutionReport>): void {
    const { orderId } = this
    const base = { orderId, account: 'client', symbol: 'BTC-USDT', cumNotional: 0, lastQty: 0, lastPrice: 0 }
    this.harness.feed('execution.report', {
      reports: [fillWith({ ...base, ...{ execType: 'new', ordStatus: 'new', cumQty: 0, leavesQty: 10 }, ...changes })],
    })
  }

  async status(): Promise<unknown> {
    const { body } = await this.harness.call(`GET ${path}`)
    return (body as Record<string, unknown>)['status'] ?? body
  }

  /** Lets the placement timeout pass. */
  lapse(): void {
    this.harness.advance(100 * nsPerMs)
  }
}

async function resting(settings: object = {}): Promise<Bench> {
  const bench = new Bench(settings)
  const reply = await bench.ask('POST /v1/orders', order)
  bench.hear({})
  expect(await reply()).toMatchObject({ status: 200, body: { status: 'new', clientOrderId: 'mine' } })
  return bench
}
const filled = { execType: 'trade', ordStatus: 'filled', cumQty: 10, leavesQty: 0, final: false } as const
const partly = { execType: 'trade', ordStatus: 'partiallyFilled', cumQty: 4, leavesQty: 6, final: false } as const

test('an order is pending new until its report, and its answer says so where that is late', async () => {
  const bench = new Bench()
  const reply = await bench.ask('POST /v1/orders', order)
  expect(await bench.status()).toBe('pending_new')
  bench.lapse()
  expect(await reply()).toEqual({
    status: 202,
    body: { orderId: bench.orderId, clientOrderId: 'mine', status: 'pending_new' },
  })
  bench.hear({})
  expect(await bench.status()).toBe('new')
  expect(bench.harness.counters['late reports']).toBe(1)
})

test('a fill may arrive while a cancel is pending: pending cancel takes precedence, then filled', async () => {
  const bench = await resting()
  const reply = await bench.ask(`DELETE ${path}`)
  expect(await bench.status()).toBe('pending_cancel')
  bench.hear(partly)
  expect(await bench.status()).toBe('pending_cancel')
  bench.hear(filled)
  expect(await bench.status()).toBe('pending_cancel')
  bench.hear({ execType: 'cancelRejected', ordStatus: 'rejected', leavesQty: 0, reason: 'unknown order' })
  expect(await reply()).toMatchObject({ status: 422, body: { reason: 'unknown order' } })
  expect(await bench.status()).toBe('filled')
})

test('a partly filled order that is cancelled is cancelled, and nothing of it is left', async () => {
  const bench = await resting()
  bench.hear(partly)
  const reply = await bench.ask(`DELETE ${path}`)
  bench.hear({ execType: 'canceled', ordStatus: 'canceled', cumQty: 4, leavesQty: 0 })
  expect(await reply()).toMatchObject({ status: 200, body: { status: 'canceled', remainingQuantity: '0.000000' } })
  expect(await bench.status()).toBe('canceled')
})

test('a replacement is pending until its own report, whatever fills meanwhile', async () => {
  const bench = await resting()
  const reply = await bench.ask(`PATCH ${path}`, { quantity: '0.000008' })
  expect(bench.harness.emitted.at(-1)?.body).toMatchObject({ kind: 'replace', revision: 1, price: 10_000, qty: 8 })
  expect(await bench.status()).toBe('pending_replace')
  bench.hear(partly)
  expect(await bench.status()).toBe('pending_replace')
  bench.hear({ execType: 'replaced', ordStatus: 'partiallyFilled', cumQty: 4, leavesQty: 4, revision: 1 })
  expect(await reply()).toMatchObject({ status: 200, body: { status: 'partially_filled' } })
  expect((await bench.harness.call(`GET ${path}`)).body).toMatchObject({ quantity: '0.000008', price: '100.00' })
})

test('where the venue repeats only the last report of a replacement, price and quantity are those of the replacement', async () => {
  const bench = await resting()
  const reply = await bench.ask(`PATCH ${path}`, { price: '101.00', quantity: '0.000008' })
  bench.hear({ ...partly, leavesQty: 4, revision: 1, final: true })
  expect(await reply()).toMatchObject({ status: 200, body: { status: 'partially_filled' } })
  expect((await bench.harness.call(`GET ${path}`)).body).toMatchObject({ quantity: '0.000008', price: '101.00' })
})

test('a replacement to less than was traded meanwhile ends the order with what was', async () => {
  const bench = await resting()
  await bench.ask(`PATCH ${path}`, { quantity: '0.000003' })
  bench.hear(partly)
  bench.hear({ execType: 'replaced', ordStatus: 'filled', cumQty: 4, leavesQty: 0, revision: 1 })
  expect((await bench.harness.call(`GET ${path}`)).body).toMatchObject({ status: 'filled', quantity: '0.000004' })
})

test('a refused replacement leaves the order as it was', async () => {
  const bench = await resting()
  const reply = await bench.ask(`PATCH ${path}`, { price: '101.00' })
  bench.hear({ execType: 'replaceRejected', revision: 1, reason: 'post-only would trade' })
  expect(await reply()).toMatchObject({ status: 422, body: { status: 'new', reason: 'post-only would trade' } })
  expect((await bench.harness.call(`GET ${path}`)).body).toMatchObject({ status: 'new', price: '100.00' })
})

test('a cancel is answered by its own report, and not by a late one of the replacement before it', async () => {
  const bench = await resting()
  const replacement = await bench.ask(`PATCH ${path}`, { price: '101.00' })
  bench.lapse()
  expect(await replacement()).toMatchObject({ status: 202, body: { status: 'pending_replace' } })
  const cancel = await bench.ask(`DELETE ${path}`)
  expect(await bench.status()).toBe('pending_cancel')
  bench.hear({ execType: 'replaced', revision: 1 })
  bench.hear({ execType: 'canceled', ordStatus: 'canceled', leavesQty: 0, revision: 1 })
  expect(await cancel()).toMatchObject({ status: 200, body: { status: 'canceled' } })
  expect((await bench.harness.call(`GET ${path}`)).body).toMatchObject({ status: 'canceled', price: '101.00' })
})

test('a late report of the order answers no replacement', async () => {
  const bench = new Bench()
  const placing = await bench.ask('POST /v1/orders', order)
  bench.lapse()
  expect((await placing()).status).toBe(202)
  const reply = await bench.ask(`PATCH ${path}`, { price: '101.00' })
  bench.hear({})
  bench.hear({ execType: 'replaced', revision: 1 })
  expect(await reply()).toMatchObject({ status: 200 })
  expect(bench.harness.counters['late reports']).toBe(1)
})

test('one request about an order is under way at a time, and one replacement unanswered', async () => {
  const bench = await resting()
  await bench.ask(`PATCH ${path}`, { price: '101.00' })
  const busy = { status: 409, body: { error: 'another request about this order is under way' } }
  expect(await bench.harness.call(`DELETE ${path}`)).toEqual(busy)
  expect(await bench.harness.call(`PATCH ${path}`, { body: '{"price":"102.00"}' })).toEqual(busy)
  bench.lapse()
  expect(await bench.harness.call(`PATCH ${path}`, { body: '{"price":"102.00"}' })).toEqual({
    status: 409,
    body: { error: 'an earlier replacement of this order is not answered yet' },
  })
  bench.hear({ execType: 'replaceRejected', revision: 1 })
  await bench.ask(`PATCH ${path}`, { price: '102.00' })
  expect(bench.harness.emitted.at(-1)?.body).toMatchObject({ revision: 2, price: 10_200 })
})

test('what another account was told about the order is not ours', async () => {
  const bench = await resting()
  const reply = await bench.ask(`DELETE ${path}`)
  const refused = { execType: 'cancelRejected', ordStatus: 'rejected', leavesQty: 0 } as const
  bench.hear({ ...refused, account: 'thief' })
  expect(await bench.status()).toBe('pending_cancel')
  bench.hear({ execType: 'canceled', ordStatus: 'canceled', leavesQty: 0 })
  expect(await reply()).toMatchObject({ status: 200 })
})

test('what the open breaker refused was not asked: name and order are as before', async () => {
  const bench = await resting()
  for (let count = 0; count < 5; count += 1) {
    await bench.ask(`DELETE ${path}`)
    bench.lapse()
  }
  expect(await bench.harness.call(`PATCH ${path}`, { body: '{"price":"102.00"}' })).toMatchObject({ status: 503 })
  const other = { ...order, client_order_id: 'other' }
  const body = JSON.stringify(other)
  expect(await bench.harness.call('POST /v1/orders', { body })).toMatchObject({ status: 503 })
  expect((await bench.harness.call('GET /v1/client-orders/other')).status).toBe(404)
  bench.harness.advance(60_000 * nsPerMs)
  await bench.ask('POST /v1/orders', other)
  expect(bench.harness.emitted.at(-1)?.body).toMatchObject({ kind: 'new', qty: 10 })
})

test('names are bounded: the oldest order that is done gives up its own', async () => {
  const bench = new Bench({ rememberedOrders: 1_000 })
  const place = async (name: string): Promise<HttpReply> => {
    const reply = await bench.ask('POST /v1/orders', { ...order, client_order_id: name })
    bench.hear({ execType: 'expired', ordStatus: 'expired', leavesQty: 0 })
    return reply()
  }
  for (let count = 0; count <= 1_000; count += 1) expect((await place(`order-${count}`)).status).toBe(200)
  expect(present(await bench.harness.call('GET /v1/client-orders/order-0'), 'an answer').status).toBe(404)
  expect((await bench.harness.call('GET /v1/client-orders/order-1')).status).toBe(200)
  expect((await place('order-0')).status).toBe(200)
})

test('an order that may rest is never forgotten: where there is no room, a further one is refused until one is done', async () => {
  const bench = new Bench({ rememberedOrders: 1_000 })
  const place = async (name: string): Promise<HttpReply> => {
    const reply = await bench.ask('POST /v1/orders', { ...order, client_order_id: name })
    bench.hear({})
    return reply()
  }
  for (let count = 0; count < 1_000; count += 1) expect((await place(`order-${count}`)).status).toBe(200)
  const body = JSON.stringify({ ...order, client_order_id: 'one-more' })
  expect(await bench.harness.call('POST /v1/orders', { body })).toMatchObject({
    status: 503,
    body: { error: '1000 orders rest already, see rememberedOrders; cancel one first' },
  })
  expect(bench.harness.counters['too many live orders']).toBe(1)
  const cancel = await bench.ask('DELETE /v1/client-orders/order-0')
  bench.hear({ execType: 'canceled', ordStatus: 'canceled', leavesQty: 0 })
  expect(await cancel()).toMatchObject({ status: 200 })
  expect((await place('one-more')).status).toBe(200)
})
