import { expect, test } from 'vitest'
import { monotonicClock } from '../../../core/clock.js'
import { Random } from '../../../core/random.js'
import type { ActivitySample } from '../../telemetry/activity.js'
import { collect, envelope, range, removeRegion, send, seqsOf, sharedMemory, until } from '../bus-fixture.js'
import { regionBytesMin } from '../config.js'
import type { Delivery, Envelope } from '../envelope.js'
import { SharedMemoryTransport } from './shared-memory.js'
import { hang, large, member, newBus } from './shared-memory-fixture.js'

// Messages for which no record of a ring is large enough, and bodies of bytes.

test('a batch that no ring can hold goes as several messages, in its order', async () => {
  const { connect } = newBus()
  const sender = connect()
  const seqs = await collect(connect(), member('risk-0'))
  sender.publish('tick', range(30).map(large))
  await sender.flush()
  await until(() => seqs.length === 30)
  expect(seqs).toEqual(range(30))
})

test('a message larger than any ring comes whole, in its place among others', async () => {
  const { connect } = newBus()
  const sender = connect()
  const heard: Envelope[] = []
  const hear = async ({ messages }: Delivery): Promise<void> => {
    for (const { envelopes } of messages) heard.push(...envelopes)
  }
  await connect().subscribe({ topics: ['other', 'tick'] }, hear)
  const seqs = await collect(connect(), member('risk-0'))
  const random = Random.stream(20_261_120, 'large messages')
  const sent = [10, 20_000, 60_000, 1_000_000, 10].map((size, seq) =>
    envelope(seq, Buffer.from(range(size).map(() => random.below(256)))),
  )
  for (const each of sent) sender.publish('tick', [each])
  await sender.flush()
  await until(() => heard.length === sent.length && seqs.length === sent.length)
  expect(seqs).toEqual(range(sent.length))
  const bodyOf = (envelopes: readonly Envelope[]): Buffer => Buffer.concat(envelopes.map(({ body }) => body as Buffer))
  expect(bodyOf(heard).equals(bodyOf(sent))).toBe(true)
  await until(async () => (await sender.depth('tick', 'risk')) === 0)
})

test('a message in parts that was not acknowledged comes again', async () => {
  const { connect } = newBus()
  const sender = connect()
  const crashing = connect()
  const taken = await collect(crashing, member('risk-0'), false)
  sender.publish('tick', [envelope(0, 'x'.repeat(25_000))])
  await sender.flush()
  await until(() => taken.length === 1)
  await crashing.close()
  const again = await collect(connect(), member('risk-0'))
  await until(() => again.length === 1)
  expect(again).toEqual([0])
})

test('a message that had to make room when a part of it was under way is dropped, and nothing after it', async () => {
  const { connect } = newBus()
  const sender = connect()
  const { deliveries, answer } = await hang(connect(), 'risk-0')
  await send(sender, 'tick', [0])
  await until(() => deliveries.length === 1)
  sender.publish('tick', [envelope(1, 'x'.repeat(1_000_000))])
  await Promise.all([send(sender, 'tick', range(1_000, 2)), answer()])
  await until(() => deliveries.flatMap(seqsOf).at(-1) === 1_001)
  expect(deliveries.flatMap(seqsOf)).toEqual([0, ...range(1_000, 2)])
  expect(sender.counters.trimmed).toBe(1)
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

test('bytes within a message stay what they are when its ring is written over', async () => {
  const { connect } = newBus()
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
