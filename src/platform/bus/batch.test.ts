import { describe, expect, test } from 'vitest'
import { monotonicClock } from '../../core/clock.js'
import { durationNs, nsPerMs, nsPerSec } from '../../core/units.js'
import { redisOfFile } from '../../supervisor/services/redis-bus-fixture.js'
import { pause } from '../flow/deadline.js'
import { openRedis } from '../pools/redis-connection.js'
import { batchOf, collect, envelope, range, send, until } from './bus-fixture.js'
import { codecOf } from './codec.js'
import { type RedisAddress, unbatched } from './config.js'
import { encodeEnvelopes } from './envelope-codec.js'
import { createTransport } from './transport.js'

const { newAddress, connect, pid } = redisOfFile()

/** Entries of a stream. */
async function entriesOf({ url, systemId }: RedisAddress, topic: string): Promise<number> {
  const client = await openRedis(url)
  const length = await client.xlen(`n:${systemId}:${topic}`)
  client.disconnect()
  return length
}

describe('a bus that gathers', () => {
  /** So long that only an answer, a full batch or an urgent message can be why something left. */
  const patient = batchOf({ window: durationNs(60 * nsPerSec), urgent: ['order.intent'] })

  test('keeps the order of each topic in fewer messages, and loses nothing', async () => {
    const address = newAddress({ batch: batchOf({}) })
    const sender = await connect(address)
    const ticks = await collect(await connect(address), { topics: ['tick'], group: 'a', consumer: 'a-0' })
    const signals = await collect(await connect(address), { topics: ['signal'], group: 'a', consumer: 'a-0' })
    const flushes: Promise<void>[] = []
    for (const seq of range(10_000)) {
      sender.publish(seq % 2 === 0 ? 'tick' : 'signal', [envelope(seq)])
      flushes.push(sender.flush())
      if (seq % 100 === 0) await pause(durationNs(nsPerMs))
    }
    await Promise.all(flushes)
    await until(() => ticks.length === 5_000 && signals.length === 5_000)
    expect(ticks).toEqual(range(5_000).map((index) => index * 2))
    expect(signals).toEqual(range(5_000).map((index) => index * 2 + 1))
    expect(await entriesOf(address, 'tick')).toBeLessThan(2_500)
  })

  test('writes what waits before it closes', async () => {
    const address = newAddress({ batch: patient })
    const sender = await createTransport(address, monotonicClock)
    const flushes = range(40).map((seq) => {
      sender.publish('tick', [envelope(seq)])
      return sender.flush()
    })
    await sender.close()
    await Promise.all(flushes)
    const seqs = await collect(await connect(address), { topics: ['tick'], group: 'a', consumer: 'a-0' })
    await until(() => seqs.length === 40)
    expect(seqs).toEqual(range(40))
  })

  test('lets an urgent message go at once, behind those that came before it', async () => {
    const address = newAddress({ batch: patient })
    const sender = await connect(address)
    process.kill(pid(), 'SIGSTOP')
    const flushes = ['tick', 'tick', 'order.intent'].map((topic, seq) => {
      sender.publish(topic, [envelope(seq)])
      return sender.flush()
    })
    process.kill(pid(), 'SIGCONT')
    await Promise.all(flushes)
    expect(await entriesOf(address, 'tick')).toBe(2)
    expect(await entriesOf(address, 'order.intent')).toBe(1)
  })

  test('answers a flush only when the bus has its messages', async () => {
    const address = newAddress({ batch: patient })
    const sender = await connect(address)
    const sent = async (count: number): Promise<void> => {
      await send(sender, 'tick', range(count))
      expect(await sender.depth('tick', 'nobody')).toBeGreaterThan(0)
    }
    await Promise.all([sent(1), sent(3), sent(5)])
  })

  test('does not gather what the driver sends', async () => {
    const address = unbatched(newAddress({ batch: patient }))
    expect(address).not.toHaveProperty('batch')
  })
})

describe('the codec of a bus', () => {
  const types = { tick: 1, signal: 4 }
  const large = [envelope(1, { text: 'a tick '.repeat(2_000) })]
  const bytesOf = async (kind: 'frame' | 'adaptive', url: string): Promise<number> => {
    const codec = await codecOf(newAddress({ url, codec: { kind, compressFromBytes: 4_096, types } }))
    return codec.encode('tick', large).length
  }
  const plain = encodeEnvelopes(large).length

  test.each([
    { kind: 'frame', url: 'unix:/run/redis.sock', compressed: true },
    { kind: 'adaptive', url: 'unix:/run/redis.sock', compressed: false },
    { kind: 'adaptive', url: 'redis://127.0.0.1:6379', compressed: false },
    { kind: 'adaptive', url: 'redis://localhost:6379', compressed: false },
    { kind: 'adaptive', url: 'redis://[::1]:6379', compressed: false },
    { kind: 'adaptive', url: 'redis://10.0.0.7:6379', compressed: true },
  ] as const)('$kind over $url compresses: $compressed', async ({ kind, url, compressed }) => {
    const bytes = await bytesOf(kind, url)
    expect(bytes < plain / 2).toBe(compressed)
    if (!compressed) expect(bytes).toBe(plain + 5)
  })

  test('adaptive leaves small messages as they are, to another host too', async () => {
    const codec = await codecOf(
      newAddress({ url: 'redis://h', codec: { kind: 'adaptive', compressFromBytes: 4_096, types } }),
    )
    const small = [envelope(1)]
    expect(codec.encode('tick', small).length).toBe(encodeEnvelopes(small).length + 5)
  })

  test('counts and drops a frame of another type, a broken one, and what is none', async () => {
    const address = newAddress({ codec: { kind: 'frame', compressFromBytes: 0, types } })
    const receiver = await connect(address)
    const seqs = await collect(receiver, { topics: ['tick'], group: 'g', consumer: 'g-0' })
    const codec = await codecOf(address)
    const client = await openRedis(address.url)
    const key = `n:${address.systemId}:tick`
    await client.xadd(key, '*', 'm', codec.encode('signal', [envelope(1)]))
    await client.xadd(key, '*', 'm', codec.encode('tick', [envelope(2)]).subarray(0, -1))
    await client.xadd(key, '*', 'm', encodeEnvelopes([envelope(3)]))
    await client.xadd(key, '*', 'm', codec.encode('tick', [envelope(4)]))
    await until(() => seqs.length === 1)
    expect(seqs).toEqual([4])
    expect(receiver.counters.malformed).toBe(3)
    client.disconnect()
  })
})
