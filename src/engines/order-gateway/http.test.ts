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

async function post(url: string, order: unknown, headers: Record<string, string> = {}) {
  const reply = await fetch(`${url}/v1/orders`, { method: 'POST', body: JSON.stringify(order), headers })
  return { status: reply.status, body: (await reply.json()) as Record<string, unknown> }
}
