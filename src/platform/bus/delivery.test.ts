import { describe, expect, test } from 'vitest'
import { durationNs, nsPerMs } from '../../core/units.js'
import { redisOfFile } from '../../supervisor/services/redis-bus-fixture.js'
import { pause } from '../flow/deadline.js'
import { openRedis } from '../pools/redis-connection.js'
import { collect, range, send, seqsOf, until } from './bus-fixture.js'
import type { RedisAddress } from './config.js'

const { newAddress, connect } = redisOfFile()

describe('a topic of which only the latest counts', () => {
  const address = (): RedisAddress => newAddress({ latest: ['tick'] })

  test('keeps the order for each reader and leaves nothing in the server', async () => {
    const bus = address()
    const sender = await connect(bus)
    const member = await collect(await connect(bus), { topics: ['tick', 'signal'], group: 'risk', consumer: 'risk-0' })
    const reader = await collect(await connect(bus), { topics: ['tick'] })
    for (let from = 0; from < 2_000; from += 100) await send(sender, 'tick', range(100, from))
    await until(() => member.length === 2_000 && reader.length === 2_000)
    expect(member).toEqual(range(2_000))
    expect(reader).toEqual(range(2_000))
    const client = await openRedis(bus.url)
    expect(await client.exists(`n:${bus.systemId}:tick`)).toBe(0)
    client.disconnect()
    expect(await sender.depth('tick', 'risk')).toBe(0)
  })

  test('is not kept for who comes later, while a stream beside it is', async () => {
    const bus = address()
    const sender = await connect(bus)
    await send(sender, 'tick', range(10))
    await send(sender, 'signal', range(10, 100))
    const seqs = await collect(await connect(bus), { topics: ['tick', 'signal'], group: 'late', consumer: 'late-0' })
    await send(sender, 'tick', range(10, 10))
    await until(() => seqs.length === 20)
    expect(seqs.toSorted((a, b) => a - b)).toEqual([...range(10, 10), ...range(10, 100)])
  })

  test('skips to the newest for a reader that is behind, and counts what gave way', async () => {
    const bus = address()
    const sender = await connect(bus)
    const receiver = await connect(bus)
    let goOn = (): void => undefined
    const blocked = new Promise<void>((resolve) => {
      goOn = resolve
    })
    const seqs: number[] = []
    await receiver.subscribe({ topics: ['tick'], group: 'slow', consumer: 'slow-0' }, async (delivery) => {
      seqs.push(...seqsOf(delivery))
      await blocked
    })
    await send(sender, 'tick', [0])
    await until(() => seqs.length === 1)
    await send(sender, 'tick', range(5_000, 1))
    await until(() => receiver.counters.superseded > 3_900)
    goOn()
    await until(() => seqs.at(-1) === 5_000)
    expect(receiver.counters.superseded).toBe(5_001 - seqs.length)
    expect(seqs.slice(1)).toEqual(range(seqs.length - 1, 5_000 - seqs.length + 2))
  })

  test('counts and drops what cannot be decoded', async () => {
    const bus = address()
    const receiver = await connect(bus)
    const seqs = await collect(receiver, { topics: ['tick'] })
    const client = await openRedis(bus.url)
    await client.publish(`n:${bus.systemId}:tick`, Buffer.from([0xc1, 0xff]))
    client.disconnect()
    await send(await connect(bus), 'tick', [3])
    await until(() => seqs.length === 1)
    expect(receiver.counters.malformed).toBe(1)
  })
})

describe('what a member took and did not acknowledge', () => {
  const claimAfterNs = durationNs(300 * nsPerMs)
  const member = (consumer: string) => ({ topics: ['order.checked'], group: 'gateway', consumer })

  test('goes to another member once nothing is heard of it, each message once, and is counted', async () => {
    const bus = newAddress({ claimAfterNs })
    const sender = await connect(bus)
    const dying = await connect(bus)
    const taken = await collect(dying, member('gateway-0'), false)
    await send(sender, 'order.checked', range(300))
    await until(() => taken.length === 300)
    await dying.close()
    const heir = await connect(bus)
    const seqs = await collect(heir, member('gateway-1'))
    await send(sender, 'order.checked', range(20, 300))
    await until(() => seqs.length === 320)
    await pause(durationNs(3 * claimAfterNs))
    expect(seqs.toSorted((a, b) => a - b)).toEqual(range(320))
    expect(heir.counters.redelivered).toBe(300)
    await until(async () => (await heir.depth('order.checked', 'gateway')) === 0)
  })

  test('stays with a member that lives, however long it works on it, and never goes twice to one', async () => {
    const bus = newAddress({ claimAfterNs })
    const sender = await connect(bus)
    const working = await connect(bus)
    const held = await collect(working, member('gateway-0'), false)
    await send(sender, 'order.checked', range(50))
    await until(() => held.length === 50)
    const seqs = await collect(await connect(bus), member('gateway-1'))
    // It goes on to read, and so is heard of.
    for (let turn = 0; turn < 8; turn += 1) {
      await send(sender, 'order.checked', [100 + turn])
      await pause(durationNs(claimAfterNs / 2))
    }
    expect(seqs.filter((seq) => seq < 50)).toEqual([])
    expect(held.filter((seq) => seq < 50)).toEqual(range(50))
  })

  test('comes back to a member of its name first of all, and is counted', async () => {
    const bus = newAddress()
    const sender = await connect(bus)
    const dying = await connect(bus)
    const taken = await collect(dying, member('gateway-0'), false)
    await send(sender, 'order.checked', range(40))
    await until(() => taken.length === 40)
    await dying.close()
    const heir = await connect(bus)
    const seqs = await collect(heir, member('gateway-0'))
    await until(() => seqs.length === 40)
    await send(sender, 'order.checked', [40])
    await until(() => seqs.length === 41)
    expect(seqs).toEqual(range(41))
    expect(heir.counters).toMatchObject({ redelivered: 40 })
  })
})
