import type { Redis } from 'ioredis'
import type { Clock } from '../../core/clock.js'
import { BoundedQueue } from '../flow/bounded-queue.js'
import type { Delivery, Message } from './envelope.js'
import { addMessage, type Reading } from './redis-reader.js'

// Topics by pub/sub: the server keeps nothing, so whoever is not there misses it, and a reader that is behind skips to the
// latest. The server pushes: `polledAt` is the end of the delivery before.

/** Messages that wait for a busy reader; the oldest gives way to the newest, counted as superseded. */
const waitingMax = 1_024
const messagesPerDelivery = 128

type Arrived = { readonly topic: string; readonly payload: Buffer }
type Channels = {
  readonly topicOf: ReadonlyMap<string, string>
  readonly clock: Clock
  readonly reading: Reading
  /** Lets deliveries run; told of what they throw. */
  readonly run: (work: Promise<void>) => void
}

/** Resolves once the server sends what is published from now on. */
export async function readChannels(
  redis: Redis,
  { topicOf, clock, reading, run }: Channels,
  onDelivery: (delivery: Delivery) => Promise<void>,
): Promise<void> {
  const waiting = new BoundedQueue<Arrived>(waitingMax)
  let polledAt = clock.now()
  let nextId = 0
  let delivering = false
  const deliver = async (): Promise<void> => {
    // Once the call stack is empty, so that what came in one read of the socket is one delivery.
    await Promise.resolve()
    while (waiting.length > 0) {
      const receivedAt = clock.now()
      const messages: Message[] = []
      for (const { topic, payload } of waiting.take(messagesPerDelivery)) {
        if (!addMessage(messages, reading.codec, { topic, id: String(nextId++), payload }))
          reading.counters.malformed += 1
      }
      if (messages.length > 0) await onDelivery({ polledAt, receivedAt, messages })
      polledAt = clock.now()
    }
    delivering = false
  }
  redis.on('messageBuffer', (channel: Buffer, payload: Buffer) => {
    const arrived = { topic: topicOf.get(channel.toString('latin1')) ?? '', payload }
    if (!waiting.push(arrived)) {
      waiting.shift()
      waiting.push(arrived)
      reading.counters.superseded += 1
    }
    if (delivering) return
    delivering = true
    run(deliver())
  })
  await redis.subscribe(...topicOf.keys())
}
