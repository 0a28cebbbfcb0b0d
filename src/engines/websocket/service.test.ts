import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { monotonicClock } from '../../core/clock.js'
import { durationNs, nsPerMs, nsPerSec } from '../../core/units.js'
import type { Transport } from '../../platform/bus/envelope.js'
import { InProcessHub } from '../../platform/bus/in-process.js'
import { pause } from '../../platform/flow/deadline.js'
import { noStore } from '../../platform/store/sink.js'
import { Registry } from '../../platform/telemetry/registry.js'
import { noFaults } from '../kit/faults.js'
import { EngineHost } from '../kit/host.js'
import { type HttpServer, serveHttp } from '../kit/http.js'
import { fillWith, tickWith } from '../model/message-fixture.js'
import { type Topic, topics } from '../model/messages.js'
import { websocketConfig } from './config.js'
import { websocketEngine } from './service.js'

const clock = monotonicClock
const hosts: { host: EngineHost; server: HttpServer; transports: Transport[] }[] = []
const sockets: WebSocket[] = []

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate()
  for (const { host, server, transports } of hosts.splice(0)) {
    host.stop()
    await server.close()
    for (const transport of transports) await transport.close()
  }
})

/** The engine as its process serves it, on a bus of this thread. */
async function served(settings: Readonly<Record<string, unknown>> = {}) {
  const hub = new InProcessHub(clock)
  const [transport, driver] = [hub.connect(), hub.connect()]
  const onError = (error: unknown): void => {
    throw error
  }
  const parts = { transport, clock, store: noStore, instance: 0, faults: noFaults, onError }
  const host = new EngineHost(websocketEngine, websocketConfig.parse(settings), parts) as EngineHost
  const registry = new Registry('nautilus')
  host.resident.metrics?.(registry)
  const health = async () => ({ ok: true, facts: {} })
  const server = await serveHttp({ host, clock, registry, health, status: () => ({}), onError }, 0)
  hosts.push({ host, server, transports: [transport, driver] })
  await host.start()
  const send = async (topic: Topic, bodies: readonly unknown[], run = 'abcd'): Promise<void> => {
    bodies.forEach((body, seq) => {
      const at = clock.now()
      driver.publish(topic, [{ run, seq, intendedAt: at, sentAt: at, stamps: [], body }])
    })
    await driver.flush()
  }
  const get = async (path: string) => (await fetch(`http://127.0.0.1:${server.port}${path}`)).json()
  const connections = (): Record<string, string> =>
    Object.fromEntries(
      [...registry.text().matchAll(/websocket_connections_total\{name="(\w+)"\} (\d+)/g)].map(([, name, count]) => [
        name,
        count,
      ]),
    )
  return { port: server.port, send, get, registry, connections }
}

type Told = { readonly type?: string; readonly topic?: string; readonly dropped?: number } & Record<string, unknown>

async function connected(port: number, options: { readonly autoPong?: boolean; readonly origin?: string } = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/stream`, options)
  sockets.push(socket)
  const told: Told[] = []
  socket.on('message', (data) => told.push(JSON.parse(String(data))))
  const closed = once(socket, 'close').then(([code, reason]) => ({ code, reason: String(reason) }))
  await once(socket, 'open')
  const ask = async (request: unknown): Promise<Told | undefined> => {
    const before = told.length
    socket.send(typeof request === 'string' ? request : JSON.stringify(request))
    await until(() => told.length > before)
    return told.at(-1)
  }
  return { socket, told, ask, closed }
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = clock.now() + 20 * nsPerSec
  while (!(await holds())) {
    if (clock.now() > end) throw new Error('the condition did not come to hold within 20 s')
    await pause(durationNs(2 * nsPerMs))
  }
}

test('clients get the topics and symbols that they subscribed to, from one run to the next', async () => {
  const { port, send, get } = await served()
  const [ticks, reports] = [await connected(port), await connected(port)]
  expect(await ticks.ask({ type: 'subscribe', topics: ['tick'], symbols: ['A'] })).toEqual({
    type: 'subscribed',
    topics: ['tick'],
    symbols: ['A'],
  })
  await reports.ask({ type: 'subscribe', topics: ['execution.report'] })
  for (const run of ['abcd', 'efgh']) {
    await send(topics.tick, [tickWith({ symbol: 'A', bid: 98 }), tickWith({ symbol: 'B' })], run)
    await send(topics.executionReport, [{ reports: [fillWith({})] }], run)
  }
  await until(() => ticks.told.length === 3 && reports.told.length === 3)
  expect(ticks.told.slice(1).map(({ run, seq }) => [run, seq])).toEqual([
    ['abcd', 0],
    ['efgh', 0],
  ])
  expect(ticks.told[1]).toMatchObject({ topic: 'tick', body: tickWith({ symbol: 'A', bid: 98 }) })
  expect(reports.told[2]).toMatchObject({ topic: 'execution.report', run: 'efgh', body: { reports: [fillWith({})] } })
  expect(await get('/v1/clients')).toEqual({
    clients: [
      { id: 1, sent: 3, waiting: 0, dropped: 0, subscriptions: { tick: ['A'] } },
      { id: 2, sent: 3, waiting: 0, dropped: 0, subscriptions: { 'execution.report': null } },
    ],
  })
  expect(await get('/status')).toMatchObject({
    counters: { read: 2, unread: 1, offered: 2 },
    facts: { clients: 2, dropped: 0, published: 4 },
  })
})

test.each([
  { text: 'no json', problem: /^write \{"type":"subscribe"/ },
  { text: '{"type":"subscribe","topics":["tick"],"symbol":"A"}', problem: /^write/ },
  { text: '{"type":"subscribe","topics":["order.placed"]}', problem: /^"order.placed" is not sent here; choose from/ },
  { text: '{"type":"subscribe","topics":["portfolio"],"symbols":["A"]}', problem: /subscribe without symbols$/ },
  { text: '{"type":"subscribe","topics":["tick"],"symbols":["A","B","C"]}', problem: /^too many subscriptions/ },
])('$text is answered with what is wrong, and the connection stays', async ({ text, problem }) => {
  const { port } = await served({ subscriptionsMax: 2 })
  const { ask } = await connected(port)
  expect(await ask(text)).toEqual({ type: 'error', problem: expect.stringMatching(problem) })
  expect(await ask({ type: 'ping', id: 7 })).toEqual({ type: 'pong', id: 7 })
})

test('a client that stops reading loses the oldest ticks, is told how many, and delays nobody', async () => {
  const { port, send, get } = await served({ queueMax: 100, slowAfter: '60s' })
  const [slow, fast] = [await connected(port), await connected(port)]
  for (const { ask } of [slow, fast]) await ask({ type: 'subscribe', topics: ['tick'] })
  slow.socket.pause()
  let sent = 0
  const leftOut = async (): Promise<number> => {
    const { facts } = (await get('/status')) as { readonly facts: { readonly dropped?: number } }
    return facts.dropped ?? 0
  }
  // The kernel takes some megabytes before the queue of the engine fills.
  await until(async () => {
    await send(
      topics.tick,
      Array.from({ length: 200 }, () => tickWith({ symbol: 'x'.repeat(4_000) })),
    )
    sent += 200
    await until(() => fast.told.length === sent + 1)
    return (await leftOut()) > 0
  })
  const dropped = await leftOut()
  slow.socket.resume()
  await until(() => slow.told.some(({ type }) => type === 'gap'))
  await send(topics.tick, [tickWith({ symbol: 'last' })])
  await until(() => slow.told.at(-1)?.['body'] !== undefined && JSON.stringify(slow.told.at(-1)).includes('last'))
  const gaps = slow.told.filter(({ type }) => type === 'gap')
  expect(gaps.reduce((sum, gap) => sum + (gap.dropped ?? 0), 0)).toBe(dropped)
  expect(slow.told.filter(({ topic, type }) => topic === 'tick' && type === undefined)).toHaveLength(sent + 1 - dropped)
  expect(fast.told.filter(({ type }) => type === 'gap')).toEqual([])
})

test('a client that takes nothing for long is sent away, and so is one that would lose what must not be lost', async () => {
  const slowAfter = '200ms'
  const { port, send, connections } = await served({ queueMax: 100, slowAfter })
  const [ticks, reports] = [await connected(port), await connected(port)]
  await ticks.ask({ type: 'subscribe', topics: ['tick'] })
  await reports.ask({ type: 'subscribe', topics: ['execution.report'] })
  for (const { socket } of [ticks, reports]) socket.pause()
  const long = 'x'.repeat(2_000)
  await until(async () => {
    const many = Array.from({ length: 1_000 })
    await send(
      topics.tick,
      many.map(() => tickWith({ symbol: long })),
    )
    await send(
      topics.executionReport,
      many.map(() => ({ reports: [fillWith({ symbol: long })] })),
    )
    await pause(durationNs(20 * nsPerMs))
    return connections()['slow'] !== '0' && connections()['overrun'] !== '0'
  })
  for (const { socket } of [ticks, reports]) socket.resume()
  expect((await ticks.closed).code).toBeGreaterThan(1_000)
  expect((await reports.closed).code).toBeGreaterThan(1_000)
})

test('a client that reads slowly stays, although a write takes it many times the time that one without progress has', async () => {
  const slowAfter = '1s'
  const { port, send, get, connections } = await served({ queueMax: 100, slowAfter })
  const client = await connected(port)
  await client.ask({ type: 'subscribe', topics: ['tick'] })
  const raw = (client.socket as unknown as { readonly _socket: Socket })._socket
  raw.pause()
  const many = Array.from({ length: 200 }, () => tickWith({ symbol: 'x'.repeat(4_000) }))
  await until(async () => {
    await send(topics.tick, many)
    const { clients } = (await get('/v1/clients')) as { readonly clients: readonly { readonly waiting: number }[] }
    return (clients[0]?.waiting ?? 0) > 0
  })
  // In steps of 2 ms or more: some seconds, of which most pass without the kernel taking more from the engine.
  const enoughBytes = raw.bytesRead + 1024 * 1024
  await until(() => {
    raw.read(512)
    return raw.bytesRead >= enoughBytes
  })
  expect(connections()).toMatchObject({ slow: '0' })
})

test('a client that answers no ping is disconnected, one that does stays', async () => {
  const { port, connections } = await served({ pingEvery: '50ms' })
  const [silent, alive] = [await connected(port, { autoPong: false }), await connected(port)]
  expect(await silent.closed).toEqual({ code: 4_010, reason: 'silent' })
  expect(await alive.ask({ type: 'ping' })).toEqual({ type: 'pong' })
  expect(connections()).toMatchObject({ connected: '2', silent: '1' })
})

test('what is no client is refused before it is one', async () => {
  const { port, connections } = await served({ clientsMax: 1, origins: ['https://desk.example'] })
  const refusedWith = async (path: string, origin?: string): Promise<number> => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, origin === undefined ? {} : { origin })
    const [, response] = await once(socket, 'unexpected-response')
    socket.on('error', () => undefined)
    socket.terminate()
    return response.statusCode
  }
  expect(await refusedWith('/v1/other')).toBe(404)
  expect(await refusedWith('/v1/stream', 'https://elsewhere.example')).toBe(403)
  await connected(port, { origin: 'https://desk.example' })
  expect(await refusedWith('/v1/stream', 'http://localhost:3000')).toBe(503)
  expect(connections()).toMatchObject({ connected: '1', refused: '3' })
})

test('clients are told that the engine stops', async () => {
  const { port } = await served()
  const { closed, ask } = await connected(port)
  await ask({ type: 'ping' })
  hosts[0]?.host.stop()
  expect(await closed).toEqual({ code: 1_001, reason: 'the engine stops' })
})
