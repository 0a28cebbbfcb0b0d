import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { monotonicClock } from '../../../core/clock.js'
import { Random } from '../../../core/random.js'
import { bytes, durationNs, nsPerSec } from '../../../core/units.js'
import { within } from '../../flow/deadline.js'
import { collect, envelope, range, send, until } from '../bus-fixture.js'
import { sharedFolder } from './mapping.js'
import { Region } from './region.js'
import { SharedMemoryTransport } from './shared-memory.js'
import { member, newBus } from './shared-memory-fixture.js'

// What this bus has of its own, but for full rings, large messages and processes that are killed, which have files of their
// own; what every bus must do is in bus.test.ts.

test('members that are there get everything while another is away, and it gets its share again when it is back', async () => {
  const { connect } = newBus()
  const sender = connect()
  const first = await collect(connect(), member('risk-0'))
  const away = connect()
  const before = await collect(away, member('risk-1'))
  await send(sender, 'tick', range(10))
  await until(() => first.length + before.length === 10)
  expect([first.length, before.length]).toEqual([5, 5])
  await away.close()
  await send(sender, 'tick', range(10, 10))
  await until(() => first.length === 15)
  const after = await collect(connect(), member('risk-1'))
  await send(sender, 'tick', range(10, 20))
  await until(() => first.length + after.length === 25)
  expect(after).toHaveLength(5)
})

test('rings and inboxes of those who left are used again', async () => {
  const { address, connect } = newBus()
  const receiver = connect()
  const seqs = await collect(receiver, member('risk-0'))
  for (const seq of range(300)) {
    const passing = new SharedMemoryTransport(address, monotonicClock)
    await collect(passing, { topics: ['tick', 'other'] })
    await send(passing, 'tick', [seq])
    await passing.close()
    await until(() => seqs.length === seq + 1)
  }
  expect(seqs).toEqual(range(300))
})

test('participants that come and go in any order lose and repeat nothing', async () => {
  const { connect } = newBus()
  const random = Random.stream(20_261_120, 'come and go')
  const seqs = await collect(connect(), member('risk-0'))
  const publishers: SharedMemoryTransport[] = []
  const readers: SharedMemoryTransport[] = []
  const steps = [
    async () => {
      publishers.push(connect())
    },
    async () => {
      const reader = connect()
      readers.push(reader)
      await collect(reader, { topics: ['tick'] })
    },
    async () => publishers.splice(random.below(publishers.length + 1), 1)[0]?.close(),
    async () => readers.splice(random.below(readers.length + 1), 1)[0]?.close(),
    turn,
  ]
  let sent = 0
  for (let step = 0; step < 2_000; step += 1) {
    const first = publishers.length + readers.length > 6 ? 2 : 0
    await steps[first + random.below(steps.length - first)]?.()
    const publisher = publishers[random.below(publishers.length + 1)]
    const count = publisher === undefined ? 0 : random.below(4)
    if (publisher !== undefined) await send(publisher, 'tick', range(count, sent))
    sent += count
    if (random.below(2) === 0) await turn()
  }
  await until(() => seqs.length === sent)
  expect([...seqs].sort((a, b) => a - b)).toEqual(range(sent))
})

test('a lock whose holder has died is taken over', () => {
  const { address } = newBus()
  const [one, other] = [
    new Region(address.systemId, address.regionBytes),
    new Region(address.systemId, address.regionBytes),
  ]
  const entered: string[] = []
  one.locked(
    7,
    () => true,
    () =>
      other.locked(
        8,
        (participant) => participant !== 7,
        () => entered.push('the next'),
      ),
  )
  expect(entered).toEqual(['the next'])
  one.close()
  other.close()
})

test('regions of two sizes do not mix', () => {
  const { address, connect } = newBus()
  connect()
  expect(() => new Region(address.systemId, bytes(address.regionBytes * 2))).toThrow('agree on its size')
})

test('whoever closes takes its bell away, and nothing else is left in the folder', async () => {
  const { address, connect } = newBus()
  const transport = connect()
  await collect(transport, member('risk-0'))
  await send(transport, 'tick', range(3))
  await transport.close()
  expect(readdirSync(join(sharedFolder, `nautilus-${address.systemId}`))).toEqual(['region'])
})

test('a transport may be closed by what it delivers, and used after that to no effect', async () => {
  const { connect } = newBus()
  const sender = connect()
  const closing = connect()
  let taken = 0
  for (const topics of [['tick'], ['tick', 'other']]) {
    await closing.subscribe({ topics }, async ({ messages }) => {
      taken += messages.length
      await closing.close()
      closing.publish('tick', [envelope(9)])
      await closing.flush()
    })
  }
  await send(sender, 'tick', range(3))
  await until(() => taken > 0)
  await turn()
  expect(taken).toBe(3)
})

test('memory of a system is given back when its users have closed', async () => {
  const { address, connect } = newBus()
  const mapped = (): number => readFileSync('/proc/self/maps', 'utf8').split(address.systemId).length - 1
  const transports = [connect(), connect()]
  expect(mapped()).toBe(2)
  for (const transport of transports) await transport.close()
  expect(mapped()).toBe(0)
})

test('a delivery that is not handled is told as the loss of the bus', async () => {
  const { connect } = newBus()
  const receiver = connect()
  await receiver.subscribe(member('risk-0'), () => Promise.reject(new Error('no room for it')))
  await send(connect(), 'tick', [0])
  const lost = await within(receiver.lost, durationNs(2 * nsPerSec), () => new Error('nothing was told'))
  expect(lost).toMatchObject({ code: 'ENGINE_FAILED', message: expect.stringContaining('no room for it') })
})
