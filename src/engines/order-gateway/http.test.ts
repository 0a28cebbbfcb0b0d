import { afterEach, expect, test } from 'vitest'
import { monotonicClock } from '../../core/clock.js'
import { InProcessHub } from '../../platform/bus/in-process.js'
import { noStore } from '../../platform/store/sink.js'
import { Registry } from '../../platform/telemetry/registry.js'
import type { EngineDefinition } from '../kit/define.js'
import { noFaults } from '../kit/faults.js'
import { EngineHost } from '../kit/host.js'
import { type HttpServer, serveHttp } from '../kit/http.js'
import { matchingEngine } from '../matching/service.js'
import { orderGatewayEngine } from './service.js'

// Real sockets, the real venue, and the bus of one thread: what a client sees.

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

const limit = { symbol: 'BTC-USDT', order_type: 'limit', side: 'buy', quantity: '0.5', price: '50000.10' }

test('an order that rests, one that meets it, and the cancel of the rest', async () => {
  const { urls } = await market(1)
  const url = urls[0] ?? ''
  const buy = await post(url, limit)
  expect(buy).toMatchObject({ status: 200, body: { status: 'new', filledQuantity: '0.000000', averagePrice: null } })
  const sell = await post(url, { ...limit, side: 'sell', quantity: '0.2', price: '50000' })
  expect(sell).toMatchObject({
    status: 200,
    body: {
      status: 'filled',
      filledQuantity: '0.200000',
      averagePrice: '50000.10',
      executions: [{ price: '50000.10', quantity: '0.200000' }],
    },
  })
  const cancel = await fetch(`${url}/v1/orders/${buy.body['orderId']}`, { method: 'DELETE' })
  expect(await cancel.json()).toMatchObject({ status: 'canceled', filledQuantity: '0.200000' })
  const emptied = await post(url, { symbol: 'BTC-USDT', order_type: 'market', side: 'sell', quantity: '1' })
  expect(emptied).toMatchObject({ status: 200, body: { status: 'canceled', reason: 'no liquidity' } })
})

test('an order is replaced: less keeps its place, more loses it, and a new price may trade', async () => {
  const { urls } = await market(1)
  const url = urls[0] ?? ''
  const ids: unknown[] = []
  for (let count = 0; count < 2; count += 1) ids.push((await post(url, limit)).body['orderId'])
  expect(await ask('PATCH', `${url}/v1/orders/${ids[0]}`, { quantity: '0.3' })).toMatchObject({
    status: 200,
    body: { orderId: ids[0], status: 'new', remainingQuantity: '0.300000', executions: [] },
  })
  await post(url, { ...limit, side: 'sell', quantity: '0.1' })
  const told = await ask('GET', `${url}/v1/orders/${ids[0]}`)
  expect(told).toMatchObject({
    status: 200,
    body: { status: 'partially_filled', quantity: '0.300000', price: '50000.10', filledQuantity: '0.100000' },
  })
  await ask('PATCH', `${url}/v1/orders/${ids[0]}`, { quantity: '0.4' })
  await post(url, { ...limit, side: 'sell', quantity: '0.5' })
  expect((await ask('GET', `${url}/v1/orders/${ids[1]}`)).status).toBe(404)
  await post(url, { ...limit, side: 'sell', price: '50001.00', quantity: '1' })
  const traded = await ask('PATCH', `${url}/v1/orders/${ids[0]}`, { price: '50001.00' })
  expect(traded).toMatchObject({ status: 200, body: { status: 'filled', executions: [{ price: '50001.00' }] } })
  expect(await ask('PATCH', `${url}/v1/orders/${ids[0]}`, { price: '1.00' })).toMatchObject({ status: 404 })
})

test('a post-only order rests or is rejected, and cannot be replaced into a trade', async () => {
  const { urls } = await market(1)
  const url = urls[0] ?? ''
  await post(url, { ...limit, side: 'sell' })
  const postOnly = { ...limit, post_only: true, client_order_id: 'maker' }
  expect(await post(url, postOnly)).toMatchObject({
    status: 422,
    body: { status: 'rejected', reason: 'post-only would trade', clientOrderId: 'maker' },
  })
  const rests = await post(url, { ...postOnly, price: '50000.00', client_order_id: 'maker-2' })
  expect(rests).toMatchObject({ status: 200, body: { status: 'new' } })
  expect(await ask('PATCH', `${url}/v1/client-orders/maker-2`, { price: '50000.10' })).toMatchObject({
    status: 422,
    body: { status: 'new', reason: 'post-only would trade', remainingQuantity: '0.500000' },
  })
})

test('an order is known by the name that its client gave it, once in the account', async () => {
  const { urls } = await market(1)
  const url = urls[0] ?? ''
  const named = { ...limit, client_order_id: 'a/b?u' }
  const path = `${url}/v1/client-orders/${encodeURIComponent(named.client_order_id)}`
  const first = await post(url, named)
  expect(first).toMatchObject({ status: 200, body: { status: 'new', clientOrderId: 'a/b?u' } })
  const orderId = first.body['orderId']
  expect(await post(url, named)).toEqual({
    status: 409,
    body: { error: `client_order_id: "a/b?u" is already the name of order ${orderId}` },
  })
  expect(await ask('PATCH', path, { quantity: '0.2' })).toMatchObject({ status: 200, body: { clientOrderId: 'a/b?u' } })
  expect(await ask('DELETE', path)).toMatchObject({ status: 200, body: { orderId, status: 'canceled' } })
  // Its end is known, and its name is not free.
  expect(await ask('GET', path)).toMatchObject({
    status: 200,
    body: { orderId, clientOrderId: 'a/b?u', status: 'canceled', quantity: '0.200000', averagePrice: null },
  })
  expect((await post(url, named)).status).toBe(409)
  const gone = { status: 404, body: { error: 'no order named "a/b?u" rests with this gateway' } }
  expect(await ask('DELETE', path)).toEqual(gone)
  expect((await ask('GET', `${url}/v1/client-orders/never`)).body).toEqual({
    error: 'no order named "never" rests with this gateway',
  })
})

test('decimals as numbers are refused with what to write', async () => {
  const { urls } = await market(1)
  const reply = await post(urls[0] ?? '', { ...limit, quantity: 0.5 })
  expect(reply).toEqual({
    status: 400,
    body: { error: 'quantity: must be a decimal string, not a number: write "0.25" in quotes' },
  })
})

test('the headers of a bench come back as the stamps of gateway and venue', async () => {
  const { urls } = await market(1)
  const now = String(monotonicClock.now())
  const headers = { 'x-nautilus-run': 'ab12', 'x-nautilus-seq': '7', 'x-nautilus-intended-at': now }
  const reply = await fetch(`${urls[0]}/v1/orders`, { method: 'POST', body: JSON.stringify(limit), headers })
  expect(reply.status).toBe(200)
  const stamps = JSON.parse(reply.headers.get('x-nautilus-stamps') ?? '[]') as { engine: string }[]
  expect(stamps.map(({ engine }) => engine)).toEqual(['order-gateway', 'matching', 'order-gateway'])
})

test('a silent venue is answered with 202, and then by the open breaker with 503', async () => {
  const { urls } = await market(1, { venue: false, placementTimeout: '100ms' })
  const url = urls[0] ?? ''
  const silent = await Promise.all(Array.from({ length: 5 }, () => post(url, limit)))
  expect(silent.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202])
  expect(await post(url, limit)).toEqual({ status: 503, body: { error: 'breaker open' } })
})

test('several gateways share one venue, and every order gets its own answer', async () => {
  const { urls } = await market(3)
  const replies = await Promise.all(
    Array.from({ length: 300 }, (_, index) =>
      post(urls[index % 3] ?? '', { ...limit, side: index % 2 === 0 ? 'buy' : 'sell' }),
    ),
  )
  expect(replies.every(({ status }) => status === 200)).toBe(true)
  expect(new Set(replies.map(({ body }) => body['orderId'])).size).toBe(300)
})

test('a repeated key places one order, whatever the moment', async () => {
  const { urls } = await market(1)
  const url = urls[0] ?? ''
  const headers = { 'idempotency-key': 'a-key' }
  const [first, second] = await Promise.all([post(url, limit, headers), post(url, limit, headers)])
  expect(second).toEqual(first)
  expect(await post(url, limit, headers)).toEqual(first)
  expect((await post(url, { ...limit, quantity: '0.6' }, headers)).status).toBe(409)
})

test('the documentation is a page', async () => {
  const { urls } = await market(1)
  const page = await fetch(`${urls[0]}/docs`)
  expect(page.headers.get('content-type')).toContain('text/html')
  expect(await page.text()).toContain('<h1>Order gateway</h1>')
})

// A busy test machine may be slow to answer: only the test of the timeout keeps it short.
async function market(gateways: number, { venue = true, placementTimeout = '10s' } = {}): Promise<{ urls: string[] }> {
  const hub = new InProcessHub(monotonicClock)
  if (venue) await host(hub, matchingEngine, 0, { house: { enabled: false } })
  const urls: string[] = []
  for (let instance = 0; instance < gateways; instance += 1) {
    const server = await serve(await host(hub, orderGatewayEngine, instance, { batch: 'off', placementTimeout }))
    urls.push(`http://127.0.0.1:${server.port}`)
  }
  return { urls }
}

async function host<Schema extends EngineDefinition['config']>(
  hub: InProcessHub,
  definition: EngineDefinition<Schema>,
  instance: number,
  settings: unknown,
): Promise<EngineHost> {
  const transport = hub.connect()
  const engine = new EngineHost(definition as EngineDefinition, definition.config.parse(settings), {
    transport,
    clock: monotonicClock,
    store: noStore,
    instance,
    faults: noFaults,
    onError: (error) => {
      throw error
    },
  })
  await engine.start()
  closers.push(async () => {
    engine.stop()
    await transport.close()
  })
  return engine
}

async function serve(engine: EngineHost): Promise<HttpServer> {
  const server = await serveHttp(
    {
      host: engine,
      clock: monotonicClock,
      registry: new Registry('nautilus'),
      health: async () => ({ ok: true, facts: {} }),
      status: () => ({}),
      onError: (error) => {
        throw error
      },
    },
    0,
  )
  closers.unshift(() => server.close())
  return server
}

const post = (url: string, order: unknown, headers: Record<string, string> = {}) =>
  ask('POST', `${url}/v1/orders`, order, headers)

async function ask(method: string, url: string, body?: unknown, headers: Record<string, string> = {}) {
  const reply = await fetch(url, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  return { status: reply.status, body: (await reply.json()) as Record<string, unknown> }
}
