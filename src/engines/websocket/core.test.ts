import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instantNs } from '../../core/units.js'
import type { Envelope } from '../../platform/bus/envelope.js'
import { fillWith, tickWith } from '../model/message-fixture.js'
import { topics } from '../model/messages.js'
import { ClientQueue, type Payload } from './client-queue.js'
import { FanOut, type Receiver } from './core.js'

const envelopeOf = (body: unknown, seq = 0): Envelope => {
  const at = instantNs(1_000)
  return { run: 'abcd', seq, intendedAt: at, sentAt: at, stamps: [], body }
}
const payload = (topic: string, text: string, latestWins = true): Payload => {
  return { topic, latestWins, bytes: Buffer.from(text) }
}
const all = (queue: ClientQueue): string[] => {
  const taken: string[] = []
  for (let bytes = queue.next(); bytes !== null; bytes = queue.next()) taken.push(String(bytes))
  return taken
}

class Reader implements Receiver {
  readonly got: Payload[] = []
  take(taken: Payload): void {
    this.got.push(taken)
  }
}

test('a full queue leaves out the oldest of what may be left out, and says how many before the next of their topic', () => {
  const queue = new ClientQueue(3)
  for (const text of ['a1', 'b1', 'a2']) expect(queue.offer(payload(text.charAt(0), text))).toBe('queued')
  for (const text of ['a3', 'a4']) expect(queue.offer(payload('a', text))).toBe('madeRoom')
  expect(queue.dropped).toBe(2)
  expect(all(queue)).toEqual(['{"type":"gap","topic":"a","dropped":1}', 'a2', 'a3', 'a4'])
  expect(queue.offer(payload('b', 'b2'))).toBe('queued')
  expect(all(queue)).toEqual(['{"type":"gap","topic":"b","dropped":1}', 'b2'])
})

test('what must not be left out leaves first, and is refused where it has no room', () => {
  const queue = new ClientQueue(2)
  expect(queue.offer(payload('tick', 't1'))).toBe('queued')
  for (const text of ['r1', 'r2']) expect(queue.offer(payload('report', text, false))).toBe('queued')
  expect(queue.offer(payload('report', 'r3', false))).toBe('refused')
  expect(queue.offer(payload('tick', 't2'))).toBe('queued')
  expect(all(queue)).toEqual(['r1', 'r2', 't1', 't2'])
})

test('whatever is offered and taken, each topic keeps its order, and what is missing is what gaps tell', () => {
  const step = fc.oneof(fc.constant('take' as const), fc.constantFrom('a', 'b'))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 5 }), (steps, queueMax) => {
      const queue = new ClientQueue(queueMax)
      const sent = { a: 0, b: 0 }
      const seen = { a: 0, b: 0 }
      const look = (): boolean => {
        const bytes = queue.next()
        if (bytes === null) return false
        const told = JSON.parse(String(bytes)) as { topic: 'a' | 'b'; dropped?: number; number?: number }
        seen[told.topic] += told.dropped ?? 1
        // A gap and the message after it leave no number out.
        if (told.number !== undefined) expect(told.number).toBe(seen[told.topic])
        return true
      }
      for (const one of steps) {
        expect(queue.length).toBeLessThanOrEqual(queueMax)
        if (one === 'take') look()
        else {
          sent[one] += 1
          queue.offer(payload(one, JSON.stringify({ topic: one, number: sent[one] })))
        }
      }
      while (look());
      // Of a topic whose last messages were left out nothing follows that could tell.
      expect(seen.a).toBeLessThanOrEqual(sent.a)
      expect(seen.b).toBeLessThanOrEqual(sent.b)
      expect(sent.a + sent.b - seen.a - seen.b).toBeLessThanOrEqual(queue.dropped)
    }),
  )
})

test('readers get the topics and symbols that they asked for, each message once, encoded once', () => {
  const fanOut = new FanOut([topics.tick, topics.executionReport], 10)
  const [everything, one, other] = [new Reader(), new Reader(), new Reader()]
  expect(fanOut.publish(topics.tick, envelopeOf(tickWith({})))).toBe(0)
  expect(fanOut.subscribe(everything, [topics.tick, topics.executionReport], null)).toBe(null)
  expect(fanOut.subscribe(one, [topics.tick], ['S1', 'S2'])).toBe(null)
  expect(fanOut.subscribe(other, [topics.executionReport], ['S2'])).toBe(null)
  expect(fanOut.publish(topics.tick, envelopeOf(tickWith({ symbol: 'S1' }), 7))).toBe(2)
  expect(fanOut.publish(topics.tick, envelopeOf(tickWith({ symbol: 'S3' })))).toBe(1)
  expect(fanOut.publish(topics.executionReport, envelopeOf({ reports: [fillWith({ symbol: 'S2' })] }))).toBe(2)
  expect(fanOut.publish(topics.outcome, envelopeOf({}))).toBe(0)
  expect(everything.got.map(({ topic }) => topic)).toEqual(['tick', 'tick', 'execution.report'])
  expect(one.got).toEqual([everything.got[0]])
  expect(one.got[0]?.bytes).toBe(everything.got[0]?.bytes)
  expect(other.got.map(({ latestWins }) => latestWins)).toEqual([false])
  const told = { topic: 'tick', run: 'abcd', seq: 7, intendedAtNs: 1_000, body: tickWith({ symbol: 'S1' }) }
  expect(JSON.parse(String(one.got[0]?.bytes))).toEqual(told)
})

test('what a client has already counts once, and all of a topic takes the place of its symbols', () => {
  const fanOut = new FanOut([topics.tick], 3)
  const reader = new Reader()
  const three = ['S1', 'S2', 'S3']
  for (let time = 0; time < 2; time += 1) expect(fanOut.subscribe(reader, [topics.tick, topics.tick], three)).toBe(null)
  expect(fanOut.subscribe(reader, [topics.tick], ['S4'])).toBe('too many subscriptions')
  expect(fanOut.subscriptionsOf(reader)).toEqual({ tick: three })
  expect(fanOut.subscribe(reader, [topics.tick], null)).toBe(null)
  expect(fanOut.publish(topics.tick, envelopeOf(tickWith({ symbol: 'S1' })))).toBe(1)
  expect(fanOut.subscriptionsOf(reader)).toEqual({ tick: null })
})

test('subscriptions add up, are taken back, and are bounded', () => {
  const fanOut = new FanOut([topics.tick, topics.portfolio], 3)
  const reader = new Reader()
  const reaches = (symbol: string): number => fanOut.publish(topics.tick, envelopeOf(tickWith({ symbol })))
  expect(fanOut.subscribe(reader, [topics.portfolio], ['S1'])).toBe('no symbols')
  expect(fanOut.subscribe(reader, [topics.tick], ['S1', 'S2', 'S3', 'S4'])).toBe('too many subscriptions')
  expect(fanOut.subscriptionsOf(reader)).toEqual({})
  fanOut.subscribe(reader, [topics.tick], ['S1'])
  fanOut.subscribe(reader, [topics.tick], ['S2'])
  expect([reaches('S1'), reaches('S2'), reaches('S3')]).toEqual([1, 1, 0])
  fanOut.unsubscribe(reader, [topics.tick], ['S1'])
  expect([reaches('S1'), reaches('S2')]).toEqual([0, 1])
  fanOut.subscribe(reader, [topics.tick], null)
  fanOut.unsubscribe(reader, [topics.tick], ['S2'])
  expect([reaches('S1'), reaches('S2')]).toEqual([1, 1])
  expect(fanOut.subscriptionsOf(reader)).toEqual({ tick: null })
  fanOut.unsubscribe(reader, [topics.tick], null)
  expect(reaches('S1')).toBe(0)
  fanOut.subscribe(reader, [topics.tick], ['S1'])
  fanOut.leave(reader)
  expect(reaches('S1')).toBe(0)
})
