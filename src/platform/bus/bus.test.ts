import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { monotonicClock } from '../../core/clock.js'
import { NautilusError } from '../../core/errors.js'
import { durationNs, instantNs, nsPerMs, nsPerSec } from '../../core/units.js'
import type { RunningService } from '../../supervisor/services/context.js'
import { serviceIn } from '../../supervisor/services/service-fixture.js'
import { pause, within } from '../flow/deadline.js'
import { openRedis } from '../pools/redis-connection.js'
import { patientPool } from '../pools/redis-options.js'
import { encode } from '../wire/codec.js'
import { batchOf, collect, envelope, range, removeRegion, send, sharedMemory, until } from './bus-fixture.js'
import type { BusAddress, SharedMemoryAddress } from './config.js'
import type { Delivery, Transport } from './envelope.js'
import { decodeEnvelopes, encodeEnvelopes } from './envelope-codec.js'
import { InProcessHub } from './in-process.js'
import { createTransport } from './transport.js'

let folder: string
let redis: RunningService
let systems = 0
const open: Transport[] = []
const regions: SharedMemoryAddress[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nautilus-bus-'))
  redis = await startRedis('bus')
})
afterEach(async () => {
  for (const transport of open.splice(0)) await transport.close()
  for (const region of regions.splice(0)) removeRegion(region)
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
  systemId: `test${systems++}`,
  lists: { work: 'work_queue' },
  backlogMax: 100_000,
})

const kinds = [
  ...(['in-process', 'redis', 'redis with batches of frames'] as const),
  ...(['shared memory', 'shared memory that spins', 'shared memory that yields'] as const),
] as const

/** A bus of its own for a test: a function that connects one more participant. */
function newBus(kind: (typeof kinds)[number]): () => Promise<Transport> {
  const hub = new InProcessHub(monotonicClock)
  const redisBus = addressOf(redis)
  const framed: BusAddress = {
    ...redisBus,
    codec: { kind: 'frame', compressFromBytes: 0, types: { tick: 1 } },
    batch: batchOf({}),
  }
  const shared = (wait: SharedMemoryAddress['wait']): (() => BusAddress) => {
    return () => {
      const address = sharedMemory({ wait })
      regions.push(address)
      return address
    }
  }
  const address = {
    'in-process': (): BusAddress => ({ kind: 'in-process' }),
    redis: () => redisBus,
    'redis with batches of frames': () => framed,
    ...{ 'shared memory': shared('block'), 'shared memory that spins': shared('spin') },
    'shared memory that yields': shared('yield'),
  }[kind]()
  return async () => {
    const transport = await createTransport(address, monotonicClock, { hub })
    open.push(transport)
    return transport
  }
}

describe.each(kinds)('%s bus', (kind) => {
  test('keeps the order, loses nothing, and empties the topic', async () => {
    const connect = newBus(kind)
    const sender = await connect()
    const receiver = await connect()
    const seqs = await collect(receiver, { topics: ['tick'], group: 'signals', consumer: 'signals-0' })
    for (let from = 0; from < 5_000; from += 100) await send(sender, 'tick', range(100, from))
    await until(() => seqs.length === 5_000)
    expect(seqs).toEqual(range(5_000))
    await until(async () => (await receiver.depth('tick', 'signals')) === 0)
  })

  test('shares messages among the members of a group and repeats them for every group and reader', async () => {
    const connect = newBus(kind)
    const [sender, first, second, other, reader] = await Promise.all(range(5).map(connect))
    if (!sender || !first || !second || !other || !reader) throw new Error('five participants')
    const a = await collect(first, { topics: ['tick'], group: 'risk', consumer: 'risk-0' })
    const b = await collect(second, { topics: ['tick'], group: 'risk', consumer: 'risk-1' })
    const all = await collect(other, { topics: ['tick'], group: 'audit', consumer: 'audit-0' })
    const read = await collect(reader, { topics: ['tick'] })
    await send(sender, 'tick', range(400))
    await until(() => a.length + b.length === 400 && all.length === 400 && read.length === 400)
    expect([...a, ...b].sort((x, y) => x - y)).toEqual(range(400))
    expect(all).toEqual(range(400))
    expect(read).toEqual(range(400))
  })

  test('keeps the members of a batch together with their stamps and bodies', async () => {
    const connect = newBus(kind)
    const sender = await connect()
    const receiver = await connect()
    const got: Delivery[] = []
    await receiver.subscribe({ topics: ['order.placed'], group: 'm', consumer: 'm-0' }, async (delivery) => {
      got.push(delivery)
    })
    const stamp = {
      engine: 'risk',
      polledAt: instantNs(9_007_199_254_740_991),
      receivedAt: instantNs(2),
      startedAt: instantNs(3),
      doneAt: instantNs(4),
    }
    const batch = [{ ...envelope(1, { price: 5, note: null }), stamps: [stamp, stamp] }, envelope(2, [1.5, true, 'x'])]
    sender.publish('order.placed', batch)
    await sender.flush()
    await until(() => got.length === 1)
    expect(got[0]?.messages).toHaveLength(1)
    expect(got[0]?.messages[0]?.envelopes).toEqual(batch)
  })

  test('delivers what was published before anybody subscribed, to a group', async () => {
    const connect = newBus(kind)
    const sender = await connect()
    await send(sender, 'tick', range(10))
    const seqs = await collect(await connect(), { topics: ['tick'], group: 'late', consumer: 'late-0' })
    await send(sender, 'tick', range(10, 10))
    await until(() => seqs.length === 20)
    expect(seqs).toEqual(range(20))
  })

  test('gives a reader without a group only what comes after it', async () => {
    const connect = newBus(kind)
    const sender = await connect()
    const first = await collect(sender, { topics: ['outcome'] })
    await send(sender, 'outcome', range(3))
    await until(() => first.length === 3)
    const seqs = await collect(await connect(), { topics: ['outcome'] })
    await send(sender, 'outcome', range(3, 3))
    await until(() => seqs.length === 3)
    expect(seqs).toEqual(range(3, 3))
  })

  test('delivers again, before anything newer, what a member took and did not acknowledge', async () => {
    const connect = newBus(kind)
    const sender = await connect()
    const member = { topics: ['tick'], group: 'risk', consumer: 'risk-0' }
    const crashing = await connect()
    const taken = await collect(crashing, member, false)
    await send(sender, 'tick', range(300))
    await until(() => taken.length === 300)
    await crashing.close()
    await send(sender, 'tick', range(50, 300))
    const again = await collect(await connect(), member)
    await until(() => again.length === 350)
    expect(again).toEqual(range(350))
  })

  test('waits for the handler of one delivery before the next', async () => {
    const connect = newBus(kind)
    const sender = await connect()
    let running = 0
    let handled = 0
    const subscription = { topics: ['tick'], group: 'g', consumer: 'g-0' }
    await sender.subscribe(subscription, async (delivery) => {
      running += 1
      expect(running).toBe(1)
      await pause(durationNs(nsPerMs))
      running -= 1
      handled += delivery.messages.length
    })
    for (const seq of range(30)) await send(sender, 'tick', [seq])
    await until(() => handled === 30)
  })
})

describe('redis bus', () => {
  test('carries a topic by a list where the profile says so', async () => {
    const address = addressOf(redis)
    const sender = await createTransport(address, monotonicClock)
    const receiver = await createTransport(address, monotonicClock)
    open.push(sender, receiver)
    await send(sender, 'work', range(300))
    expect(await sender.depth('work', 'm')).toBe(300)
    const client = await openRedis(address.url)
    expect(await client.llen(`n:${address.systemId}:work_queue`)).toBe(300)
    client.disconnect()
    const seqs = await collect(receiver, { topics: ['work'], group: 'm', consumer: 'm-0' })
    await until(() => seqs.length === 300)
    expect(seqs).toEqual(range(300))
  })

  test('counts and drops what cannot be decoded, and goes on', async () => {
    const address = addressOf(redis)
    const receiver = await createTransport(address, monotonicClock)
    open.push(receiver)
    const seqs = await collect(receiver, { topics: ['tick'], group: 'g', consumer: 'g-0' })
    const client = await openRedis(address.url)
    const key = `n:${address.systemId}:tick`
    await client.xadd(key, '*', 'm', Buffer.from([0xc1, 0xff]))
    await client.xadd(key, '*', 'm', encode([['abcd', 'not a number']]))
    await client.xadd(key, '*', 'm', encodeEnvelopes([envelope(7)]))
    await until(() => seqs.length === 1)
    expect(receiver.counters.malformed).toBe(2)
    await until(async () => (await receiver.depth('tick', 'g')) === 0)
    client.disconnect()
  })

  test('tells within two seconds of a server that was killed, and of one that is not there', async () => {
    const doomed = await startRedis('doomed')
    const address = addressOf(doomed)
    const transport = await createTransport(address, monotonicClock)
    open.push(transport)
    await collect(transport, { topics: ['tick'], group: 'g', consumer: 'g-0' })
    await doomed.stop({ graceNs: durationNs(0), now: true })
    const silent = (): Error => new Error('nothing was told')
    const lost = await within(transport.lost, durationNs(2 * nsPerSec), silent)
    expect(lost).toBeInstanceOf(NautilusError)
    expect(lost.code).toBe('SERVICE_DIED')
    transport.publish('tick', [envelope(1)])
    await expect(transport.flush()).rejects.toMatchObject({ code: 'SERVICE_DIED' })
    const absent = createTransport(address, monotonicClock)
    await expect(within(absent, durationNs(3 * nsPerSec), silent)).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    })
  })

  test('tells within two seconds of a server that hangs', async () => {
    const frozen = await startRedis('frozen')
    const pid = frozen.status().pid ?? 0
    const transport = await createTransport(addressOf(frozen), monotonicClock)
    open.push(transport)
    process.kill(pid, 'SIGSTOP')
    const startedAt = monotonicClock.now()
    transport.publish('tick', [envelope(1)])
    await expect(transport.flush()).rejects.toMatchObject({ code: 'SERVICE_DIED' })
    expect(monotonicClock.now() - startedAt).toBeLessThan(2.5 * nsPerSec)
    process.kill(pid, 'SIGCONT')
    await frozen.stop({ graceNs: durationNs(0), now: true })
  })

  test('refuses more connections than its pool may have, with the count', async () => {
    const pool = () => ({ ...patientPool, connectionsMax: 2 })
    const transport = await createTransport(addressOf(redis), monotonicClock, { pool })
    open.push(transport)
    await collect(transport, { topics: ['tick'], group: 'g', consumer: 'g-0' })
    expect(transport.connections).toMatchObject({ inUse: 2, limit: 2 })
    await expect(collect(transport, { topics: ['control'] })).rejects.toThrow('all 2 connections to Redis are in use')
  })

  test('does not tell the secrets of an address', async () => {
    const address = { ...addressOf(redis), url: 'redis://desk:hidden@127.0.0.1:1' }
    const failure = await createTransport(address, monotonicClock).catch((error: unknown) => error)
    expect(String(failure)).toContain('redis://desk:***@127.0.0.1:1')
    expect(String(failure)).not.toContain('hidden')
  })
})

test.each([
  { name: 'nothing', bytes: Buffer.alloc(0) },
  { name: 'no MessagePack', bytes: Buffer.from([0xc1]) },
  { name: 'a cut message', bytes: encodeEnvelopes([envelope(1)]).subarray(0, 12) },
  { name: 'an empty batch', bytes: encode([]) },
  { name: 'a map', bytes: encode({ run: 'abcd' }) },
  { name: 'a seq that is no integer', bytes: encode([['abcd', 1.5, 1, 1, [], null]]) },
  { name: 'half a stamp', bytes: encode([['abcd', 1, 1, 1, ['risk', 1, 2], null]]) },
  { name: 'a stamp of words', bytes: encode([['abcd', 1, 1, 1, ['risk', 'a', 'b', 'c', 'd'], null]]) },
  { name: 'a field too many', bytes: encode([['abcd', 1, 1, 1, [], null, 0]]) },
])('the codec refuses $name', ({ bytes }) => {
  expect(decodeEnvelopes(bytes)).toBeNull()
})
