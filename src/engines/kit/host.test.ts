import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import { monotonicClock } from '../../core/clock.js'
import { type DurationNs, durationNs, instantNs, nsPerMs, nsPerSec } from '../../core/units.js'
import type { Envelope, Transport } from '../../platform/bus/envelope.js'
import { InProcessHub } from '../../platform/bus/in-process.js'
import { pause } from '../../platform/flow/deadline.js'
import { noStore } from '../../platform/store/sink.js'
import { type ExecutionReports, type Flushed, type Outcome, type Topic, topics } from '../model/messages.js'
import { defineEngine, type Engine, type EngineContext, type Input } from './define.js'
import { noFaults, parseFaults, strikes } from './faults.js'
import { EngineHost } from './host.js'

const clock = monotonicClock
const ms = (value: number): DurationNs => durationNs(value * nsPerMs)
const opened: { stop(): void }[] = []
const transports: Transport[] = []

afterEach(async () => {
  for (const host of opened.splice(0)) host.stop()
  for (const transport of transports.splice(0)) await transport.close()
})

type Stage = {
  readonly name: string
  readonly from: Topic
  readonly to: Topic
  readonly create?: (context: EngineContext) => Partial<Engine> & Pick<Engine, 'handle'>
  readonly deadline?: DurationNs
  readonly faults?: readonly string[]
}

const deadlineSettings = z.strictObject({ deadline: z.number().nullable().describe('Longest processing.') })

/** A bus with engines that pass on what they get, unless told otherwise, and what a driver would see. */
async function pipeline(stages: readonly Stage[]) {
  const hub = new InProcessHub(clock)
  const driver = hub.connect()
  transports.push(driver)
  const seen: { topic: string; envelope: Envelope; at: number }[] = []
  const last = stages.at(-1)?.to ?? topics.executionReport
  await driver.subscribe({ topics: [topics.outcome, topics.flushed, last] }, async (delivery) => {
    for (const { topic, envelopes } of delivery.messages) {
      for (const envelope of envelopes) seen.push({ topic, envelope, at: delivery.receivedAt })
    }
  })
  const hosts = await Promise.all(stages.map((stage) => startStage(stage, hub)))
  const send = async (seqs: readonly number[], run = 'abcd', batch = false): Promise<void> => {
    const now = clock.now()
    const envelopes = seqs.map((seq) => ({
      run,
      seq,
      intendedAt: instantNs(now - 5_000),
      sentAt: now,
      stamps: [],
      body: {},
    }))
    const first = stages[0]?.from ?? topics.tick
    if (batch) driver.publish(first, envelopes)
    else for (const envelope of envelopes) driver.publish(first, [envelope])
    await driver.flush()
  }
  const outcomes = (): Outcome[] =>
    seen.filter(({ topic }) => topic === topics.outcome).map(({ envelope }) => envelope.body as Outcome)
  return { hub, driver, hosts, seen, send, outcomes }
}

async function startStage(stage: Stage, hub: InProcessHub): Promise<EngineHost> {
  const transport = hub.connect()
  transports.push(transport)
  const { name, from, to, create, deadline = null } = stage
  const definition = defineEngine({
    name,
    consumes: [from],
    produces: [to],
    config: deadlineSettings,
    ...(deadline === null ? {} : { deadlineNs: () => deadline }),
    create: (_settings, context) => create?.(context) ?? { handle: (input) => context.emit(input, to, {}) },
  })
  const faults = parseFaults(stage.faults ?? [])
  const parts = { transport, clock, store: noStore, instance: 0, faults, onError: () => undefined }
  const host = new EngineHost(definition, { deadline: null }, parts)
  opened.push(host)
  await host.start()
  return host as unknown as EngineHost
}

async function until(holds: () => boolean): Promise<void> {
  const end = clock.now() + 5 * nsPerSec
  while (!holds()) {
    if (clock.now() > end) throw new Error('the condition did not come to hold within 5 s')
    await pause(ms(1))
  }
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index)
const only: Stage = { name: 'risk', from: topics.orderIntent, to: topics.orderChecked }

/** Queue, processing and transit of architecture.md §5, by the engine and the edge before it. */
function parts(envelope: Envelope, outcomeAt: number): number[] {
  const lateness = envelope.sentAt - envelope.intendedAt
  let doneBefore: number = envelope.sentAt
  const sums = [lateness]
  for (const { polledAt, receivedAt, startedAt, doneAt } of envelope.stamps) {
    sums.push(Math.max(0, polledAt - doneBefore) + (startedAt - receivedAt))
    sums.push(receivedAt - Math.max(doneBefore, polledAt), doneAt - startedAt)
    doneBefore = doneAt
  }
  return [...sums, outcomeAt - doneBefore]
}

test('queue, processing and transit sum to the end-to-end time on every tick, and none is negative', async () => {
  const { send, seen } = await pipeline([
    { name: 'market-data', from: topics.marketEvent, to: topics.tick },
    { name: 'signals', from: topics.tick, to: topics.signal, faults: ['busy+200us'] },
    { name: 'strategy', from: topics.signal, to: topics.orderIntent, faults: ['+2ms'] },
  ])
  for (let index = 0; index < 10; index += 1) await send(range(10).map((seq) => index * 10 + seq))
  await until(() => seen.length === 100)
  for (const { envelope, at } of seen) {
    expect(envelope.stamps.map(({ engine }) => engine)).toEqual(['market-data', 'signals', 'strategy'])
    const sums = parts(envelope, at)
    expect(sums.reduce((sum, part) => sum + part, 0)).toBe(at - envelope.intendedAt)
    for (const part of sums) expect(part).toBeGreaterThanOrEqual(0)
  }
})

test('a delay raises the processing of its engine, keeps the order, and many wait at once', async () => {
  const { send, seen } = await pipeline([{ ...only, faults: ['+7ms'] }])
  const startedAt = clock.now()
  await send(range(200))
  await until(() => seen.length === 200)
  expect(clock.now() - startedAt).toBeLessThan(500 * nsPerMs)
  expect(seen.map(({ envelope }) => envelope.seq)).toEqual(range(200))
  for (const { envelope } of seen) {
    const [stamp] = envelope.stamps
    expect((stamp?.doneAt ?? 0) - (stamp?.startedAt ?? 0)).toBeGreaterThanOrEqual(7 * nsPerMs)
  }
})

test('a busy engine is charged for its own queue, never the edge before it', async () => {
  const { send, seen } = await pipeline([{ ...only, faults: ['busy+1ms'] }])
  await send(range(20))
  await until(() => seen.length === 20)
  const last = seen.at(-1)
  const [, queue = 0, transit = 0, processing = 0] = parts(last?.envelope as Envelope, last?.at ?? 0)
  expect(queue + processing).toBeGreaterThanOrEqual(15 * nsPerMs)
  expect(transit).toBeLessThan(5 * nsPerMs)
})

test('a slow handler does not keep back what is ready', async () => {
  const { send, seen } = await pipeline([{ ...only, faults: ['busy+2ms'] }])
  await send(range(20))
  await until(() => seen.length === 20)
  const doneAt = seen.map(({ envelope }) => envelope.stamps[0]?.doneAt ?? 0)
  expect(new Set(doneAt).size).toBeGreaterThan(10)
})

test('the failing share fails the same inputs in every run', async () => {
  const { send, outcomes, seen } = await pipeline([{ ...only, faults: ['error=20%'] }])
  await send(range(1_000))
  await until(() => seen.length === 1_000)
  const expected = range(1_000).filter((seq) => strikes(seq, 0.2)).length
  expect(outcomes()).toHaveLength(expected)
  expect(outcomes()[0]).toEqual({ outcome: 'failed', reason: 'fault: error', engine: 'risk' })
  expect(Math.abs(expected - 200)).toBeLessThan(40)
})

test('hung inputs are never answered, and fail at the deadline where the engine has one', async () => {
  const hung = await pipeline([{ ...only, faults: ['hang'] }])
  await hung.send(range(5))
  await pause(ms(30))
  expect(hung.seen).toEqual([])
  expect(hung.hosts[0]?.unsettled).toBe(5)
  const limited = await pipeline([{ ...only, faults: ['hang'], deadline: ms(10) }])
  await limited.send(range(5))
  await until(() => limited.seen.length === 5)
  expect(limited.outcomes()[0]).toEqual({ outcome: 'failed', reason: 'risk deadline', engine: 'risk' })
  expect(limited.hosts[0]?.unsettled).toBe(0)
})

test.each([
  { name: 'a synchronous handler', faults: ['busy+4ms'] },
  { name: 'a delayed one', faults: ['+40ms'] },
])('$name past its deadline ends as failed, and its output is suppressed', async ({ faults }) => {
  const { send, seen, outcomes } = await pipeline([{ ...only, faults, deadline: ms(2) }])
  await send([0, 1, 2])
  await until(() => outcomes().length === 3)
  await pause(ms(60))
  expect(seen).toHaveLength(3)
  expect(outcomes().map(({ reason }) => reason)).toEqual(['risk deadline', 'risk deadline', 'risk deadline'])
})

test('what an engine throws ends the tick as failed with the class of the error, and the next is handled', async () => {
  const create = (context: EngineContext): Engine => ({
    handle: (input) => {
      if (input.envelope.seq === 1) throw new RangeError('secret detail')
      context.emit(input, topics.orderChecked, {})
    },
  })
  const { send, seen, outcomes } = await pipeline([{ ...only, create }])
  await send([0, 1, 2])
  await until(() => seen.length === 3)
  expect(outcomes()).toEqual([{ outcome: 'failed', reason: 'error: RangeError', engine: 'risk' }])
})

test('held inputs settle when their batch is sent, and the window counts as processing', async () => {
  const create = (context: EngineContext): Engine => {
    let held: { input: Input; body: unknown }[] = []
    return {
      handle: (input) => {
        context.hold(input)
        held.push({ input, body: { seq: input.envelope.seq } })
        if (held.length > 1) return
        context.after(ms(5), () => {
          context.emitBatch(topics.orderChecked, held)
          held = []
        })
      },
    }
  }
  const { send, seen, hosts, hub } = await pipeline([{ ...only, create }])
  await send(range(4))
  await pause(ms(1))
  expect(hosts[0]?.unsettled).toBe(4)
  await until(() => seen.length === 4)
  expect(hosts[0]?.unsettled).toBe(0)
  expect(new Set(seen.map(({ envelope }) => envelope.stamps[0]?.doneAt)).size).toBe(1)
  for (const { envelope } of seen) {
    const [stamp] = envelope.stamps
    expect((stamp?.doneAt ?? 0) - (stamp?.startedAt ?? 0)).toBeGreaterThanOrEqual(4 * nsPerMs)
  }
  expect(hub.depth(topics.orderIntent, 'risk')).toBe(0)
})

test('a message is acknowledged when the last of its inputs has settled, so a crash repeats it', async () => {
  const inputs: Input[] = []
  let context: EngineContext | null = null
  const create = (given: EngineContext): Engine => {
    context = given
    return {
      handle: (input) => {
        given.hold(input)
        inputs.push(input)
      },
    }
  }
  const { send, hub, seen } = await pipeline([{ ...only, create }])
  await send([0, 1, 2], 'abcd', true)
  await until(() => inputs.length === 3)
  const finish = (input: Input | undefined): void => {
    if (input !== undefined) context?.finish(input, 'noTrade', 'flat')
  }
  finish(inputs[0])
  finish(inputs[1])
  await until(() => seen.length === 2)
  const crashed = transports.splice(1, 1)
  for (const transport of crashed) await transport.close()
  expect(hub.depth(topics.orderIntent, 'risk')).toBe(1)
})

test('each run has an engine of its own; timers of an ended run never fire and its stragglers are dropped', async () => {
  const log: string[] = []
  const create = (context: EngineContext): Engine => {
    log.push(`create ${context.run}`)
    context.after(ms(20), () => log.push(`timer ${context.run}`))
    return { handle: (input) => context.emit(input, topics.orderChecked, {}) }
  }
  const { send, seen, hosts } = await pipeline([{ ...only, create }])
  await send([0, 1], 'aaaa')
  await send([0], 'bbbb')
  await send([7], 'aaaa')
  await pause(ms(60))
  expect(log).toEqual(['create aaaa', 'create bbbb', 'timer bbbb'])
  expect(seen.map(({ envelope }) => `${envelope.run} ${envelope.seq}`)).toEqual(['aaaa 0', 'aaaa 1', 'bbbb 0'])
  expect(hosts[0]?.runs.current?.counters).toEqual({ stale: 1 })
})

test('an input settles once: a second answer is suppressed and counted', async () => {
  const create = (context: EngineContext): Engine => ({
    handle: (input) => {
      context.finish(input, 'rejected', 'limit')
      context.emit(input, topics.orderChecked, {})
      context.count('checked')
    },
  })
  const { send, seen, outcomes, hosts } = await pipeline([{ ...only, create }])
  await send([0])
  await until(() => seen.length === 1)
  await pause(ms(5))
  expect(outcomes()).toEqual([{ outcome: 'rejected', reason: 'limit', engine: 'risk' }])
  expect(hosts[0]?.runs.current?.counters).toEqual({ suppressed: 1, checked: 1 })
})

test('a flush drains the engine and tells its counters', async () => {
  const create = (context: EngineContext): Engine => {
    const held: Input[] = []
    return {
      handle: (input) => {
        context.hold(input)
        held.push(input)
      },
      drain: () => {
        for (const input of held) context.emit(input, topics.orderChecked, {})
        context.count('drained', held.length)
      },
    }
  }
  const { send, seen, driver, hosts } = await pipeline([{ ...only, create }])
  await send([0, 1])
  await until(() => hosts[0]?.unsettled === 2)
  const now = clock.now()
  const body = { kind: 'flush', run: 'abcd' }
  driver.publish(topics.control, [{ run: 'abcd', seq: -1, intendedAt: now, sentAt: now, stamps: [], body }])
  await driver.flush()
  await until(() => seen.length === 3)
  const flushed = seen.at(-1)?.envelope.body as Flushed
  expect(seen.map(({ topic }) => topic)).toEqual([topics.orderChecked, topics.orderChecked, topics.flushed])
  expect(flushed).toMatchObject({ engine: 'risk', instance: 0, run: 'abcd', written: 0, overflowed: 0, failed: 0 })
  expect(flushed.counters).toEqual({
    ...{ drained: 2, unsettled: 0 },
    ...{ malformed: 0, trimmed: 0, redelivered: 0, superseded: 0 },
  })
})

test('an order by HTTP carries the times of its headers, and its stamps leave with the answer', async () => {
  let context: EngineContext | null = null
  const create = (given: EngineContext): Engine => {
    context = given
    return { handle: (input) => given.emit(input, topics.executionReport, { reports: [] } satisfies ExecutionReports) }
  }
  const { hosts, seen } = await pipeline([{ ...only, create, to: topics.orderPlaced }])
  hosts[0]?.runs.obtain('abcd')
  const given = context as unknown as EngineContext
  const now = clock.now()
  const headers = {
    'x-nautilus-seq': '5',
    'x-nautilus-intended-at': String(now - 2_000),
    'x-nautilus-sent-at': String(now - 1_000),
    'x-nautilus-received-at': String(now),
  }
  const input = given.enter({ price: 1 }, headers)
  expect(input.envelope).toMatchObject({ run: 'abcd', seq: 5, intendedAt: now - 2_000, sentAt: now - 1_000 })
  const answered = given.enter({}, headers)
  expect(given.leave(answered).stamps).toMatchObject([{ engine: 'risk', receivedAt: now }])
  given.emit(input, topics.orderPlaced, {})
  await until(() => seen.length === 1)
  const sums = parts(seen[0]?.envelope as Envelope, seen[0]?.at ?? 0)
  expect(sums.reduce((sum, part) => sum + part, 0)).toBe((seen[0]?.at ?? 0) - (now - 2_000))
  expect(given.enter({}, {}).envelope.seq).toBe(-1)
  expect(given.enter({}, { 'x-nautilus-seq': 'x' }).envelope.seq).toBe(-1)
})

test('what an engine only observes never ends a tick, whatever the engine makes of it', async () => {
  const hub = new InProcessHub(clock)
  const transport = hub.connect()
  transports.push(transport)
  const outcomes: Envelope[] = []
  await transport.subscribe({ topics: [topics.outcome] }, async (delivery) => {
    for (const message of delivery.messages) outcomes.push(...message.envelopes)
  })
  const definition = defineEngine({
    name: 'risk',
    consumes: [topics.executionReport],
    observes: [topics.executionReport],
    produces: [],
    config: deadlineSettings,
    deadlineNs: () => durationNs(0),
    create: () => ({
      handle: () => {
        throw new RangeError('x')
      },
    }),
  })
  const errors: unknown[] = []
  const faults = parseFaults(['error=100%', 'hang'])
  const onError = (error: unknown): void => {
    errors.push(error)
  }
  const host = new EngineHost(
    definition,
    { deadline: null },
    { transport, clock, store: noStore, instance: 0, faults, onError },
  )
  opened.push(host)
  await host.start()
  const now = clock.now()
  transport.publish(topics.executionReport, [
    { run: 'abcd', seq: 1, intendedAt: now, sentAt: now, stamps: [], body: {} },
  ])
  await transport.flush()
  await until(() => errors.length === 1)
  await pause(ms(5))
  expect(outcomes).toEqual([])
  expect(host.unsettled).toBe(0)
  // Its work is told all the same.
  expect(host.processing.figures.count).toBe(1)
})

test('faults add up, and a fault that nobody knows is refused', () => {
  expect(parseFaults([])).toEqual(noFaults)
  expect(parseFaults(['+1ms', '+2ms', 'hang'])).toMatchObject({ delayNs: 3 * nsPerMs, hang: true })
  expect(() => parseFaults(['sleep'])).toThrow('is not a fault')
})
