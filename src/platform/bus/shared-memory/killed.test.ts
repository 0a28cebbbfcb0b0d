import type { ChildProcess } from 'node:child_process'
import { expect, test } from 'vitest'
import { collect, envelope, kill, range, send, until } from '../bus-fixture.js'
import { large, member, newBus } from './shared-memory-fixture.js'

// What processes leave that are killed, and who takes it up.

test('an engine that is killed at any moment gets again what it had not acknowledged, and nothing is lost', async () => {
  const { connect, startTaking } = newBus()
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
  const { connect, startTaking } = newBus()
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
  const { connect, startChild } = newBus()
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
  const { connect, startTaking } = newBus()
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

test('another member takes over what one had that was killed, and all that comes after', async () => {
  const { connect, startTaking } = newBus()
  const sender = connect()
  const told: number[] = []
  const killed = await startTaking('deaf', told)
  const heir = connect()
  const seqs = await collect(heir, member('deaf-1', 'deaf'))
  await send(sender, 'tick', range(20))
  await until(() => told.length === 10 && seqs.length === 10)
  await kill(killed)
  for (const seq of range(500, 20)) {
    sender.publish('tick', [large(seq)])
    await sender.flush()
  }
  await until(() => seqs.length === 520)
  expect(seqs.toSorted((a, b) => a - b)).toEqual(range(520))
  expect(heir.counters.redelivered).toBe(10)
  expect(sender.counters.trimmed).toBe(0)
  const back = await collect(connect(), member('deaf-0', 'deaf'))
  await send(sender, 'tick', range(20, 520))
  await until(() => back.length === 10 && seqs.length === 530)
})

test('what waits for room with a member that is killed goes to its heir, in its order', async () => {
  const { connect, startTaking } = newBus()
  const sender = connect()
  const told: number[] = []
  const hanging = await startTaking('risk', told)
  await send(sender, 'tick', [0])
  await until(() => told.length === 1)
  hanging.kill('SIGSTOP')
  sender.publish('tick', [envelope(1, 'x'.repeat(1_000_000))])
  for (const seq of range(498, 2)) sender.publish('tick', [large(seq)])
  const flushed = sender.flush()
  const seqs = await collect(connect(), member('risk-1'))
  await kill(hanging)
  await flushed
  await until(() => seqs.at(-1) === 499)
  expect(seqs.filter((seq) => seq > 0)).toEqual(range(499, 1))
  expect(sender.counters.trimmed).toBe(0)
})

test('a member that closes leaves what it had not acknowledged to another', async () => {
  const { connect } = newBus()
  const sender = connect()
  const leaving = connect()
  const taken = await collect(leaving, member('risk-0'), false)
  await send(sender, 'tick', range(300))
  await until(() => taken.length === 300)
  const heir = connect()
  const seqs = await collect(heir, member('risk-1'))
  const other = await collect(connect(), { ...member('risk-2'), topics: ['other', 'tick'] })
  await leaving.close()
  await until(() => seqs.length === 300)
  expect(seqs).toEqual(range(300))
  expect(other).toEqual([])
  expect(heir.counters.redelivered).toBe(300)
  await until(async () => (await sender.depth('tick', 'risk')) === 0)
})

test('members that are killed one after another lose nothing, while one is left', async () => {
  const { connect, startTaking } = newBus()
  const sender = connect()
  const told = range(4).map((): number[] => [])
  const members: ChildProcess[] = []
  for (const [index, seqs] of told.entries()) members.push(await startTaking('risk', seqs, index))
  const all = (): Set<number> => new Set(told.flat())
  let sent = 0
  const sendSome = async (): Promise<void> => {
    if (sent - all().size > 400) return
    await send(sender, 'tick', range(50, sent))
    sent += 50
  }
  for (const killed of members.slice(0, -1)) {
    const goal = sent + 2_000
    await until(async () => {
      await sendSome()
      return all().size > goal
    })
    await kill(killed)
  }
  await until(() => all().size === sent)
  expect([...all()].toSorted((a, b) => a - b)).toEqual(range(sent))
})
