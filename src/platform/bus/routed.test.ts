import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { present } from '../../core/assert.js'
import { monotonicClock } from '../../core/clock.js'
import { durationNs, nsPerSec } from '../../core/units.js'
import type { RunningService } from '../../supervisor/services/context.js'
import { serviceIn } from '../../supervisor/services/service-fixture.js'
import { within } from '../flow/deadline.js'
import { openRedis } from '../pools/redis-connection.js'
import { collect, envelope, range, send, until } from './bus-fixture.js'
import type { RedisAddress, RoutedAddress } from './config.js'
import type { Message, Transport } from './envelope.js'
import { createTransport } from './transport.js'

let folder: string
let market: RunningService
let logic: RunningService
const open: Transport[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nautilus-routed-'))
  ;[logic, market] = await Promise.all([startRedis('logic'), startRedis('market')])
})
afterEach(async () => {
  for (const transport of open.splice(0)) await transport.close()
  for (const service of [market, logic]) await service.stop({ graceNs: durationNs(0), now: true })
  await rm(folder, { recursive: true, force: true })
})

const startRedis = (name: string): Promise<RunningService> =>
  serviceIn(folder, { name, config: { kind: 'redis', durable: false } })

const busAt = (service: RunningService): RedisAddress => ({
  ...{ kind: 'redis', url: service.address, systemId: 'test', lists: {}, backlogMax: 100_000 },
})

/** Ticks by the second bus, all else by the first. */
const address = (): RoutedAddress => ({ kind: 'routed', buses: [busAt(logic), busAt(market)], routes: { tick: 1 } })

async function connect(): Promise<Transport> {
  const transport = await createTransport(address(), monotonicClock)
  open.push(transport)
  return transport
}

async function keysOf(service: RunningService): Promise<string[]> {
  const client = await openRedis(service.address)
  const keys = await client.keys('*')
  client.disconnect()
  return keys
}

test('each topic travels by its bus, those without a route by the first', async () => {
  const sender = await connect()
  const seqs = await collect(await connect(), { topics: ['tick', 'signal'], group: 'risk', consumer: 'risk-0' })
  await send(sender, 'tick', range(300))
  await send(sender, 'signal', range(200, 300))
  await until(() => seqs.length === 500)
  expect(seqs.filter((seq) => seq < 300)).toEqual(range(300))
  expect(seqs.filter((seq) => seq >= 300)).toEqual(range(200, 300))
  expect(await keysOf(market)).toEqual(['n:test:tick'])
  expect(await keysOf(logic)).toEqual(['n:test:signal'])
  await until(async () => (await sender.depth('tick', 'risk')) === 0 && (await sender.depth('signal', 'risk')) === 0)
})

test.each([
  { made: 'is flushed with it', flushedBefore: false },
  { made: 'left in a flush before', flushedBefore: true },
])('an input is acknowledged only when the other bus has what was made of it: $made', async ({ flushedBefore }) => {
  const sender = await connect()
  const engine = await connect()
  const subscription = { topics: ['tick'], group: 'signals', consumer: 'signals-0' }
  const arrived: Message[] = []
  await engine.subscribe(subscription, async ({ messages }) => void arrived.push(...messages))
  await send(sender, 'tick', [7])
  await until(() => arrived.length === 1)

  const pid = present(logic.status().pid, 'a running server has a pid')
  process.kill(pid, 'SIGSTOP')
  engine.publish('signal', [envelope(7)])
  const flushes = flushedBefore ? [engine.flush(durationNs(nsPerSec / 2))] : []
  engine.acknowledge(subscription, present(arrived[0], 'one message came'))
  flushes.push(engine.flush(durationNs(nsPerSec / 2)))
  for (const { status } of await Promise.allSettled(flushes)) expect(status).toBe('rejected')
  process.kill(pid, 'SIGCONT')

  const again = await collect(await connect(), subscription)
  await until(() => again.length === 1)
  expect(again).toEqual([7])
})

test('what is made of an input on its own bus leaves with its acknowledgement', async () => {
  const engine = await connect()
  const subscription = { topics: ['signal'], group: 'strategy', consumer: 'strategy-0' }
  await engine.subscribe(subscription, async ({ messages }) => {
    for (const message of messages) {
      engine.publish('order.intent', message.envelopes)
      engine.acknowledge(subscription, message)
    }
    await engine.flush()
  })
  const orders = await collect(await connect(), { topics: ['order.intent'], group: 'risk', consumer: 'risk-0' })
  await send(engine, 'signal', range(50))
  await until(() => orders.length === 50)
  expect(orders).toEqual(range(50))
  await until(async () => (await engine.depth('signal', 'strategy')) === 0)
})

test('the loss of any of its buses is the loss of all', async () => {
  const transport = await connect()
  await market.stop({ graceNs: durationNs(0), now: true })
  const lost = await within(transport.lost, durationNs(2 * nsPerSec), () => new Error('nothing was told'))
  expect(lost.code).toBe('SERVICE_DIED')
})

test('where one bus cannot be reached, none stays connected', async () => {
  await market.stop({ graceNs: durationNs(0), now: true })
  await expect(createTransport(address(), monotonicClock)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
  const client = await openRedis(logic.address)
  await until(
    async () =>
      String(await client.client('LIST'))
        .trim()
        .split('\n').length === 1,
  )
  client.disconnect()
})
