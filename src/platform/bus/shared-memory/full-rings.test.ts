import { expect, test } from 'vitest'
import { durationNs, nsPerMs, nsPerSec } from '../../../core/units.js'
import { pause } from '../../flow/deadline.js'
import { collect, range, send, seqsOf, until } from '../bus-fixture.js'
import { hang, large, member, newBus } from './shared-memory-fixture.js'

// What a full ring holds up, and what it does not.

test('what finds a ring full waits in order, and the flush with it, until there is room', async () => {
  const { connect } = newBus()
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
  await until(() => deliveries.flatMap(seqsOf).length === 500)
  expect(deliveries.flatMap(seqsOf)).toEqual(range(500))
  expect(sender.counters.trimmed).toBe(0)
})

test('two that wait for each other go on where one of them only reads', async () => {
  const { connect } = newBus()
  const [gateway, venue] = [connect(), connect()]
  const orders = { topics: ['tick'], group: 'venue', consumer: 'venue-0' }
  const reports: number[] = []
  await gateway.subscribe({ topics: ['report'] }, async (delivery) => {
    reports.push(...seqsOf(delivery))
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
  const { connect } = newBus()
  const sender = connect()
  const { deliveries, answer } = await hang(connect(), 'risk-0')
  for (const seq of range(3_000)) sender.publish('tick', [large(seq)])
  const flushed = sender.flush()
  answer()
  await flushed
  await until(() => deliveries.flatMap(seqsOf).at(-1) === 2_999)
  const seqs = deliveries.flatMap(seqsOf)
  expect(seqs.length + sender.counters.trimmed).toBe(3_000)
  expect(seqs.slice(-1_000)).toEqual(range(1_000, 2_000))
  expect(seqs).toEqual([...seqs].sort((a, b) => a - b))
})

test('what an engine makes of an input is in its ring before the input is acknowledged', async () => {
  const { connect } = newBus()
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
  const { connect } = newBus()
  const sender = connect()
  const seqs = await collect(connect(), member('risk-0'), false)
  for (const seq of range(500)) {
    sender.publish('tick', [large(seq)])
    await sender.flush()
  }
  await until(() => seqs.length === 500)
  expect(seqs).toEqual(range(500))
})

test('a flush tells who has taken nothing for too long, and loses nothing by it', async () => {
  const { connect } = newBus()
  const sender = connect({ stallNsMax: durationNs(50 * nsPerMs) })
  const { deliveries, answer } = await hang(connect(), 'risk-0')
  for (const seq of range(500)) sender.publish('tick', [large(seq)])
  await expect(sender.flush()).rejects.toMatchObject({
    code: 'SERVICE_DIED',
    message: expect.stringMatching(
      /^the bus is full: risk-0 has taken nothing for 0.05 s, and 4\d\d messages wait for it$/,
    ),
  })
  answer()
  await until(() => deliveries.flatMap(seqsOf).length === 500)
  expect(deliveries.flatMap(seqsOf)).toEqual(range(500))
  await sender.flush()
})

test('a flush waits for a group that is slow, however long it takes', async () => {
  const { connect } = newBus()
  const sender = connect({ stallNsMax: durationNs(nsPerSec) })
  let taken = 0
  await connect().subscribe(member('risk-0'), async ({ messages }) => {
    taken += messages.length
    await pause(durationNs(60 * nsPerMs))
  })
  for (const seq of range(400)) sender.publish('tick', [large(seq)])
  await sender.flush()
  expect(taken).toBeGreaterThan(300)
})

test('of what nobody hears a bounded number is kept for the first group, and the rest counted', async () => {
  const { connect } = newBus()
  const sender = connect()
  await send(sender, 'tick', range(1_003))
  expect(sender.counters.trimmed).toBe(3)
  const seqs = await collect(connect(), member('risk-0'))
  await until(() => seqs.length === 1_000)
  expect(seqs).toEqual(range(1_000, 3))
})
