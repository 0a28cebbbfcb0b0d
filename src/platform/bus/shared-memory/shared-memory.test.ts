import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { monotonicClock } from '../../../core/clock.js'
import { packageRoot } from '../../../core/paths.js'
import { Random } from '../../../core/random.js'
import { bytes } from '../../../core/units.js'
import type { ActivitySample } from '../../telemetry/activity.js'
import { collect, envelope, kill, range, removeRegion, send, sharedMemory, until } from '../bus-fixture.js'
import { regionBytesMin, type SharedMemoryAddress } from '../config.js'
import type { Delivery, Transport } from '../envelope.js'
import { sharedFolder } from './mapping.js'
import { Region } from './region.js'
import { SharedMemoryTransport } from './shared-memory.js'

// What this bus has of its own; what every bus must do is in bus.test.ts.

let address: SharedMemoryAddress
const open: Transport[] = []
const children: ChildProcess[] = []

beforeEach(() => {
  address = sharedMemory({ backlogMax: 1_000 })
})
afterEach(async () => {
  for (const child of children.splice(0)) await kill(child)
  for (const transport of open.splice(0)) await transport.close()
  removeRegion(address)
})

function connect(): SharedMemoryTransport {
  const transport = new SharedMemoryTransport(address, monotonicClock)
  open.push(transport)
  return transport
}

const member = (name: string, group = 'risk') => ({ topics: ['tick'], group, consumer: name })

/** A member that takes nothing more while its first delivery is not answered. */
async function hang(transport: Transport, name: string): Promise<{ deliveries: Delivery[]; answer: () => void }> {
  const deliveries: Delivery[] = []
  let answer = (): void => undefined
  const answered = new Promise<void>((resolve) => {
    answer = resolve
  })
  await transport.subscribe(member(name), async (delivery) => {
    deliveries.push(delivery)
    for (const message of delivery.messages) transport.acknowledge(member(name), message)
    await answered
    await transport.flush()
  })
  return { deliveries, answer }
}

const seqsIn = (deliveries: readonly Delivery[]): number[] =>
  deliveries.flatMap(({ messages }) => messages.flatMap(({ envelopes }) => envelopes.map(({ seq }) => seq)))

/** About 4 KB: fourteen fill a ring of the test's region. */
const large = (seq: number) => envelope(seq, 'x'.repeat(4_000))

test('what finds a ring full waits in order, and the flush with it, until there is room', async () => {
  const sender = connect()
  const { deliveries, answer } = await hang(connect(), 'risk-0')
  for (const seq of range(500)) sender.publish('tick', [large(seq)])
  let taken = false
  const flushed = sender.flush().then(() => {
    taken = true
  })
  await until(() => deliveries.length === 1)
  expect(taken).toBe(false)
  answer()
  await flushed
  await until(() => seqsIn(deliveries).length === 500)
  expect(seqsIn(deliveries)).toEqual(range(500))
  expect(sender.counters.trimmed).toBe(0)
})

test('two that wait for each other go on where one of them only reads', async () => {
  const [gateway, venue] = [connect(), connect()]
  const orders = { topics: ['tick'], group: 'venue', consumer: 'venue-0' }
  const reports: number[] = []
  await gateway.subscribe({ topics: ['report'] }, async (delivery) => {
    reports.push(...seqsIn([delivery]))
    if (reports.length < 400) gateway.publish('tick', [large(0)])
    await gateway.flush()
  })
  await venue.subscribe(orders, async ({ messages }) => {
    for (const message of messages) {
      for (const seq of range(3)) venue.publish('report', [large(seq)])
      venue.acknowledge(orders, message)
    }
    await venue.flush()
  })
  for (const seq of range(60)) gateway.publish('tick', [large(seq)])
  await gateway.flush()
  await until(() => reports.length >= 400)
})

test('of what waits beyond the bound, the oldest makes room and is counted', async () => {
  const sender = connect()
  const { deliveries, answer } = await hang(connect(), 'risk-0')
  for (const seq of range(3_000)) sender.publish('tick', [large(seq)])
  const flushed = sender.flush()
  answer()
  await flushed
  await until(() => seqsIn(deliveries).at(-1) === 2_999)
  const seqs = seqsIn(deliveries)
  expect(seqs.length + sender.counters.trimmed).toBe(3_000)
  expect(seqs.slice(-1_000)).toEqual(range(1_000, 2_000))
  expect(seqs).toEqual([...seqs].sort((a, b) => a - b))
})

test('what an engine makes of an input is in its ring before the input is acknowledged', async () => {
  const source = connect()
  const engine = connect()
  const { answer } = await hang(connect(), 'risk-0')
  await engine.subscribe({ topics: ['event'], group: 'e', consumer: 'e-0' }, async ({ messages }) => {
    for (const message of messages) {
      for (const seq of range(100)) engine.publish('tick', [large(seq)])
      engine.acknowledge({ topics: ['event'], group: 'e', consumer: 'e-0' }, message)
    }
    await engine.flush()
  })
  await send(source, 'event', [1])
  await until(async () => (await source.depth('tick', 'risk')) > 10)
  expect(await source.depth('event', 'e')).toBe(1)
  answer()
  await until(async () => (await source.depth('event', 'e')) === 0)
})

test('inputs that are never acknowledged do not stop a producer', async () => {
  const sender = connect()
  const seqs = await collect(connect(), member('risk-0'), false)
  for (const seq of range(500)) {
    sender.publish('tick', [large(seq)])
    await sender.flush()
  }
  await until(() => seqs.length === 500)
  expect(seqs).toEqual(range(500))
})

test('a batch that no ring can hold goes as several messages, in its order', async () => {
  const sender = connect()
  const seqs = await collect(connect(), member('risk-0'))
  sender.publish('tick', range(30).map(large))
  await sender.flush()
  await until(() => seqs.length === 30)
  expect(seqs).toEqual(range(30))
})

test('the smallest region carries what an engine tells of itself at the end of ten minutes', async () => {
  const smallest = sharedMemory({ regionBytes: regionBytesMin })
  const [teller, listener] = [0, 1].map(() => new SharedMemoryTransport(smallest, monotonicClock))
  if (teller === undefined || listener === undefined) throw new Error('two transports')
  const sample: ActivitySample = {
    ...{ fromAt: monotonicClock.now(), toAt: monotonicClock.now(), cpuNs: 249_000_000, runQueueNs: 249_000_000 },
    ...{ gcNs: 1_234_567.8, eventLoopDelayNsMax: 12_345_678.9 },
  }
  const seqs = await collect(listener, { topics: ['flushed'] })
  teller.publish('flushed', [envelope(1, { activity: range(2_400).map(() => sample) })])
  await teller.flush()
  await until(() => seqs.length === 1)
  for (const transport of [teller, listener]) await transport.close()
  removeRegion(smallest)
})

test('a message that no ring can hold is refused with the remedy', async () => {
  const sender = connect()
  await collect(connect(), member('risk-0'))
  expect(() => sender.publish('tick', [envelope(1, 'x'.repeat(40_000))])).toThrow(
    /a message of 40\d\d\d bytes is larger than the 32760 that the bus can carry/,
  )
})

test('bytes within a message stay what they are when its ring is written over', async () => {
  const sender = connect()
  const bodies: Buffer[] = []
  await connect().subscribe({ topics: ['tick'] }, async ({ messages }) => {
    for (const { envelopes } of messages) for (const { body } of envelopes) bodies.push(body as Buffer)
  })
  const bodyOf = (seq: number): Buffer => Buffer.alloc(3_000, seq)
  for (const seq of range(100)) {
    sender.publish('tick', [envelope(seq, bodyOf(seq))])
    await sender.flush()
    await until(() => bodies.length === seq + 1)
  }
  expect(bodies.findIndex((body, seq) => !bodyOf(seq).equals(body))).toBe(-1)
})

test('members that are there get everything while another is away, and it gets its share again when it is back', async () => {
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
  connect()
  expect(() => new Region(address.systemId, bytes(address.regionBytes * 2))).toThrow('agree on its size')
})

test('whoever closes takes its bell away, and nothing else is left in the folder', async () => {
  const transport = connect()
  await collect(transport, member('risk-0'))
  await send(transport, 'tick', range(3))
  await transport.close()
  expect(readdirSync(join(sharedFolder, `nautilus-${address.systemId}`))).toEqual(['region'])
})

test('a transport may be closed by what it delivers, and used after that to no effect', async () => {
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
  const mapped = (): number => readFileSync('/proc/self/maps', 'utf8').split(address.systemId).length - 1
  const transports = [connect(), connect()]
  expect(mapped()).toBe(2)
  for (const transport of transports) await transport.close()
  expect(mapped()).toBe(0)
})

test('an engine that is killed at any moment gets again what it had not acknowledged, and nothing is lost', async () => {
  const sender = connect()
  const told: number[] = []
  let sent = 0
  let engine = await startTaking('risk', told)
  for (const goal of [2_000, 4_000, 6_000]) {
    await until(async () => {
      await sendSome()
      return (told.at(-1) ?? 0) > goal
    })
    await kill(engine)
    await sendSome()
    engine = await startTaking('risk', told)
  }
  await until(() => new Set(told).size === sent)
  expect([...new Set(told)]).toEqual(range(sent))

  async function sendSome(): Promise<void> {
    if (sent - (told.at(-1) ?? 0) > 400) return
    await send(sender, 'tick', range(50, sent))
    sent += 50
  }
})

test('who takes over from a member that never acknowledged tells how much came again', async () => {
  const told: number[] = []
  const deaf = await startTaking('deaf', told)
  await send(connect(), 'tick', range(20))
  await until(() => told.length === 20)
  await kill(deaf)
  const next = connect()
  const seqs = await collect(next, member('deaf-0', 'deaf'))
  await until(() => seqs.length === 20)
  expect(seqs).toEqual(range(20))
  expect(next.counters.redelivered).toBe(20)
})

test('a publisher that is killed leaves whole messages, and another one is heard', async () => {
  const seqs = await collect(connect(), member('risk-0'))
  for (const from of [0, 1_000_000]) {
    const publisher = startChild('send', String(from))
    await until(() => (seqs.at(-1) ?? -1) > from + 2_000)
    await kill(publisher)
  }
  const second = seqs.findIndex((seq) => seq >= 1_000_000)
  expect(seqs.slice(0, second)).toEqual(range(second))
  expect(seqs.slice(second)).toEqual(range(seqs.length - second, 1_000_000))
})

test('a reader that was killed holds nobody up', async () => {
  const sender = connect()
  const killed = await startTaking('-', [])
  await send(sender, 'tick', [0])
  await kill(killed)
  const seqs = await collect(connect(), member('risk-0'))
  for (const seq of range(500)) {
    sender.publish('tick', [large(seq)])
    await sender.flush()
  }
  await until(() => seqs.length === 500)
  expect(sender.counters.trimmed).toBe(0)
})

async function startTaking(group: string, told: number[]): Promise<ChildProcess> {
  const child = startChild('take', group)
  if (child.stdout === null) throw new Error('an engine tells what it takes')
  let listening = false
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line === 'listening') listening = true
    else told.push(Number(line))
  })
  await until(() => listening)
  return child
}

function startChild(...words: readonly string[]): ChildProcess {
  const script = join(packageRoot(), 'fixtures', 'children', 'bus-child.mjs')
  const child = spawn(process.execPath, [script, JSON.stringify(address), ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  return child
}
