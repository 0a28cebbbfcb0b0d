import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { present } from '../../core/assert.js'
import { handOverVariable, notifyVariable } from '../../core/child-variables.js'
import { monotonicClock } from '../../core/clock.js'
import { distFile } from '../../core/paths.js'
import { durationNs, elapsed, nsPerMs, nsPerSec } from '../../core/units.js'
import type { BusAddress } from '../../platform/bus/config.js'
import type { Envelope, Transport } from '../../platform/bus/envelope.js'
import { createTransport } from '../../platform/bus/transport.js'
import { pause, within } from '../../platform/flow/deadline.js'
import type { RunningService } from '../../supervisor/services/context.js'
import { serviceIn } from '../../supervisor/services/service-fixture.js'
import { fillWith, tickWith } from '../model/message-fixture.js'
import { type Flushed, type MarketEvent, topics } from '../model/messages.js'
import type { HandOver } from './hand-over.js'

type Child = { readonly child: ChildProcess; readonly port: number; readonly log: () => string }

let folder: string
let redis: RunningService
let systems = 0
const children: ChildProcess[] = []
const transports: Transport[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nautilus-engine-'))
  redis = await startRedis('bus')
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const transport of transports.splice(0)) await transport.close()
})
afterAll(async () => {
  await redis.stop({ graceNs: durationNs(nsPerSec), now: true })
  await rm(folder, { recursive: true, force: true })
})

const startRedis = (name: string): Promise<RunningService> =>
  serviceIn(folder, { name, config: { kind: 'redis', durable: false } })

const addressOf = (service: RunningService): Extract<BusAddress, { kind: 'redis' }> => ({
  kind: 'redis',
  url: service.address,
  systemId: `proc${systems++}`,
  lists: {},
  backlogMax: 10_000,
})

function handOver(bus: BusAddress, rest: Partial<HandOver> = {}): HandOver {
  const systemId = bus.kind === 'redis' ? bus.systemId : ''
  const plain = { engine: 'market-data', instance: 0, settings: {}, storeUrl: null, port: 0, faults: [] }
  return { ...plain, systemId, bus, ...rest }
}

/** Starts an engine as the supervisor does, and waits for its line on the notify pipe. */
async function startChild(given: HandOver, limits: Readonly<Record<string, string>> = {}): Promise<Child> {
  const env = { ...limits, PATH: process.env['PATH'], [handOverVariable]: JSON.stringify(given), [notifyVariable]: '3' }
  const child = spawn(process.execPath, [distFile('engines/kit/main.js')], {
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  children.push(child)
  let log = ''
  child.stdout?.on('data', (chunk) => {
    log += chunk
  })
  child.stderr?.on('data', (chunk) => {
    log += chunk
  })
  const ready = once(child.stdio[3] as NodeJS.ReadableStream, 'data')
  const ended = once(child, 'exit').then(() => {
    throw new Error(`the engine ended: ${log}`)
  })
  ended.catch(() => undefined)
  const [line] = await within(Promise.race([ready, ended]), durationNs(10 * nsPerSec), () => new Error('not ready'))
  const port = Number(/^READY=1 port=(\d+)\n$/.exec(String(line))?.[1])
  expect(port).toBeGreaterThan(0)
  return { child, port, log: () => log }
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode
  const [code] = await within(once(child, 'exit'), durationNs(10 * nsPerSec), () => new Error('still running'))
  return code
}

/** A driver that keeps what comes back on some topics. */
async function driverOf(bus: BusAddress, reads: readonly string[]) {
  const transport = await createTransport(bus, monotonicClock)
  transports.push(transport)
  const seen: Envelope[] = []
  await transport.subscribe({ topics: reads }, async (delivery) => {
    for (const message of delivery.messages) seen.push(...message.envelopes)
  })
  const send = async (topic: string, seq: number, body: unknown): Promise<void> => {
    const now = monotonicClock.now()
    transport.publish(topic, [{ run: 'abcd', seq, intendedAt: now, sentAt: now, stamps: [], body }])
    await transport.flush()
  }
  return { seen, send }
}

const event = (orderId: number): MarketEvent => ({
  symbol: 'BTC-USD',
  action: 'created',
  orderId,
  side: 'buy',
  price: 10_000 + orderId,
  qty: 5,
  exchangeMs: 0,
})

async function until(holds: () => boolean): Promise<void> {
  const end = monotonicClock.now() + 10 * nsPerSec
  while (!holds()) {
    if (monotonicClock.now() > end) throw new Error('the condition did not come to hold within 10 s')
    await pause(durationNs(5 * nsPerMs))
  }
}

test('an engine process works on the bus, answers by HTTP, tells that it is flushed, and ends with 0 on TERM', async () => {
  const bus = addressOf(redis)
  const { seen, send } = await driverOf(bus, [topics.tick, topics.flushed])
  const { child, port, log } = await startChild(handOver(bus))
  for (let seq = 0; seq < 20; seq += 1) await send(topics.marketEvent, seq, event(seq + 1))
  await until(() => seen.length === 20)
  expect(seen.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, seq) => seq))
  expect(seen[0]?.stamps.map(({ engine }) => engine)).toEqual(['market-data'])
  const get = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${port}${path}`, init)
  const health = await get('/health')
  expect(health.status).toBe(200)
  expect(await health.json()).toEqual({ status: 'ok', engine: 'market-data', redis: 'connected' })
  const metrics = await (await get('/metrics')).text()
  expect(metrics).toContain('# TYPE nautilus_inputs_handled_total counter\nnautilus_inputs_handled_total 20\n')
  expect(metrics).toContain('nautilus_processing_seconds_count 20')
  expect(await (await get('/status')).json()).toMatchObject({
    ...{ run: 'abcd', handled: 20, unsettled: 0 },
    redisConnections: { inUse: 3, idle: 0, limit: 50, refused: 0 },
  })
  expect((await get('/nothing')).status).toBe(404)
  expect((await get('/health', { method: 'POST' })).status).toBe(405)
  expect((await get('/health', { method: 'POST', body: 'x'.repeat(65_537) })).status).toBe(413)
  await send(topics.control, -1, { kind: 'flush', run: 'abcd', since: 0 })
  await until(() => seen.length === 21)
  const flushed = seen[20]?.body as Flushed
  expect(flushed).toMatchObject({ engine: 'market-data', instance: 0, run: 'abcd', failed: 0 })
  expect(flushed.processing?.count).toBe(20)
  expect(flushed.processing?.meanNs).toBeGreaterThan(0)
  // Its process tells what it did, without a gap.
  const { activity } = flushed
  expect(activity.reduce((sum, { cpuNs }) => sum + cpuNs, 0)).toBeGreaterThan(0)
  expect(activity.slice(1).every(({ fromAt }, index) => fromAt === activity[index]?.toAt)).toBe(true)
  child.kill('SIGTERM')
  expect(await exitOf(child)).toBe(0)
  for (const line of log().trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('text')
})

test.each([
  { engine: 'features', handled: 1, key: 'features' },
  { engine: 'portfolio', handled: 2, key: 'positions' },
  { engine: 'analytics', handled: 2, key: 'symbols' },
])('$engine observes the bus, and answers by HTTP about the current run', async ({ engine, handled, key }) => {
  const bus = addressOf(redis)
  const { seen, send } = await driverOf(bus, [engine, topics.outcome])
  const { port } = await startChild(handOver(bus, { engine }))
  const get = async (path: string): Promise<Record<string, unknown>> => {
    return (await (await fetch(`http://127.0.0.1:${port}${path}`)).json()) as Record<string, unknown>
  }
  await send(topics.tick, 0, tickWith({ symbol: 'BTC-USD', bid: 99, ask: 101 }))
  await send(topics.executionReport, 0, { reports: [fillWith({ symbol: 'BTC-USD' })] })
  const end = monotonicClock.now() + 10 * nsPerSec
  while (Number((await get('/status'))['handled']) < handled && monotonicClock.now() < end)
    await pause(durationNs(5 * nsPerMs))
  expect((await get(`/v1/${engine}`))[key]).toMatchObject([{ symbol: 'BTC-USD' }])
  await send(topics.control, -1, { kind: 'flush', run: 'abcd', since: 0 })
  await until(() => seen.length > 0)
  expect(seen.some(({ body }) => Object.hasOwn(body as object, 'outcome'))).toBe(false)
})

test('a Redis that is silent shows as disconnected within a second, and as connected once it answers again', async () => {
  const silent = await startRedis('silent')
  const pid = present(silent.status().pid, 'a running server has a pid')
  // Patient, so that the engine outlives the silence.
  const { port } = await startChild(handOver(addressOf(silent)), { REDIS_SOCKET_TIMEOUT: '30' })
  const health = async () => {
    const reply = await fetch(`http://127.0.0.1:${port}/health`)
    return { status: reply.status, body: await reply.json() }
  }
  process.kill(pid, 'SIGSTOP')
  const from = monotonicClock.now()
  const answers = await Promise.all([health(), health(), health()])
  expect(elapsed(from, monotonicClock.now())).toBeLessThan(nsPerSec)
  process.kill(pid, 'SIGCONT')
  const body = {
    status: 'failing',
    redis: 'disconnected',
    problem: expect.stringContaining('does not answer any more'),
  }
  for (const answer of answers) expect(answer).toMatchObject({ status: 503, body })
  expect(await health()).toMatchObject({ status: 200, body: { status: 'ok', redis: 'connected' } })
  await silent.stop({ graceNs: durationNs(0), now: true })
})

test('an engine that may not have the connections it needs says so and ends', async () => {
  const failure = await startChild(handOver(addressOf(redis)), { REDIS_MAX_CONNECTIONS: '2' }).catch(String)
  expect(failure).toContain('all 2 connections to Redis are in use')
})

test('what an engine had taken when it was killed is done again by the next, and nothing is lost', async () => {
  const bus = addressOf(redis)
  const { seen, send } = await driverOf(bus, [topics.tick])
  const slow = await startChild(handOver(bus, { faults: ['+300ms'] }))
  for (let seq = 0; seq < 50; seq += 1) await send(topics.marketEvent, seq, event(seq + 1))
  await pause(durationNs(150 * nsPerMs))
  slow.child.kill('SIGKILL')
  await exitOf(slow.child)
  await startChild(handOver(bus))
  await until(() => new Set(seen.map(({ seq }) => seq)).size === 50)
})

test('what is held at TERM is sent before the process ends', async () => {
  const bus = addressOf(redis)
  const { seen, send } = await driverOf(bus, [topics.tick])
  const { child } = await startChild(handOver(bus))
  for (let seq = 0; seq < 300; seq += 1) await send(topics.marketEvent, seq, event(seq + 1))
  child.kill('SIGTERM')
  expect(await exitOf(child)).toBe(0)
  await startChild(handOver(bus))
  await until(() => new Set(seen.map(({ seq }) => seq)).size === 300)
})

test('an engine whose bus dies says so and ends, so that the supervisor can start it again', async () => {
  const doomed = await startRedis('doomed')
  const { child, log } = await startChild(handOver(addressOf(doomed)))
  await doomed.stop({ graceNs: durationNs(0), now: true })
  expect(await exitOf(child)).toBe(6)
  expect(log()).toContain('does not answer any more')
})

test.each([
  { name: 'an engine that nobody knows', given: { engine: 'oracle' }, text: 'there is no engine' },
  { name: 'settings that are wrong', given: { settings: { nothing: 1 } }, text: 'settings of market-data' },
  { name: 'a fault that nobody knows', given: { faults: ['sleep'] }, text: 'is not a fault' },
])('a child refuses $name at its start', async ({ given, text }) => {
  const failure = await startChild(handOver(addressOf(redis), given)).catch((error: unknown) => error)
  expect(String(failure)).toContain(text)
})
