import type { Envelope } from '../../platform/bus/envelope.js'
import type { Topic } from '../model/messages.js'
import type { Payload } from './client-queue.js'
import { streamOf } from './stream-topics.js'

// Fan-out: messages of the bus as text to any number of WebSocket clients, at `/v1/stream`. A client writes
//
//   {"type":"subscribe","topics":["tick"],"symbols":["S1"]}     without symbols: all of them
//   {"type":"unsubscribe","topics":["tick"]}                    without symbols: the whole topic
//   {"type":"ping","id":7}                                      is answered by {"type":"pong","id":7}
//
// and reads, beside the answers to these,
//
//   {"topic":"tick","run":"3f2a","seq":12,"intendedAtNs":...,"body":{...}}
//   {"type":"gap","topic":"tick","dropped":40}                  messages of the topic left out here, as it reads too slowly
//
// A message is encoded once, whoever reads it, and not at all where nobody does. Each client has bounded queues of its own
// (client-queue.ts), so that a slow one delays no other.
//
// Units: bodies as on the bus, prices in ticks and quantities in lots; `intendedAtNs` is CLOCK_MONOTONIC of the host.
//
// Source: RFC 6455; queues by the rule of a market data feed, where the newest quote is worth more than a full history.
// Known limits: what the kernel has taken is beyond these queues, up to some megabytes on a loopback; topics that speak of many
// symbols at once have no subscription by symbol; a client that connects late gets no history, which is to be had by HTTP; the
// port listens on 127.0.0.1 alone; on an in-process bus there is no port.

export type Receiver = { take(payload: Payload): void }

type Readers = {
  readonly all: Set<Receiver>
  readonly bySymbol: Map<string, Set<Receiver>>
}

/** `null` is every symbol. */
type Wanted = Set<string> | null

/** Why a subscription is refused. */
export type Refusal = 'too many subscriptions' | 'no symbols'

export class FanOut {
  /** Messages that at least one client was offered. */
  published = 0
  readonly #subscriptionsMax: number
  readonly #readers = new Map<Topic, Readers>()
  readonly #wanted = new Map<Receiver, Map<Topic, Wanted>>()

  constructor(topics: readonly Topic[], subscriptionsMax: number) {
    this.#subscriptionsMax = subscriptionsMax
    for (const topic of topics) this.#readers.set(topic, { all: new Set(), bySymbol: new Map() })
  }

  get topics(): readonly Topic[] {
    return [...this.#readers.keys()]
  }

  has(topic: string): topic is Topic {
    return this.#readers.has(topic as Topic)
  }

  /** What a client is subscribed to: its symbols by topic, or null for all. */
  subscriptionsOf(receiver: Receiver): Readonly<Record<string, readonly string[] | null>> {
    const wanted = [...(this.#wanted.get(receiver) ?? [])]
    return Object.fromEntries(wanted.map(([topic, symbols]) => [topic, symbols === null ? null : [...symbols]]))
  }

  /** Adds to what a client gets; a refused request changes nothing. */
  subscribe(receiver: Receiver, topics: readonly Topic[], symbols: readonly string[] | null): Refusal | null {
    if (symbols !== null && topics.some((topic) => streamOf(topic)?.symbolOf === null)) return 'no symbols'
    const before = this.#wanted.get(receiver)
    const wanted = new Map(before)
    for (const topic of new Set(topics)) {
      const had = wanted.get(topic)
      if (had !== null) wanted.set(topic, symbols === null ? null : new Set([...(had ?? []), ...symbols]))
    }
    if (countOf(wanted) > this.#subscriptionsMax) return 'too many subscriptions'
    for (const topic of topics) {
      this.#remove(receiver, topic, before?.get(topic) ?? null)
      this.#add(receiver, topic, wanted.get(topic) ?? null)
    }
    this.#wanted.set(receiver, wanted)
    return null
  }

  /** Without symbols all of a topic; a single one cannot be taken out of all. */
  unsubscribe(receiver: Receiver, topics: readonly Topic[], symbols: readonly string[] | null): void {
    const wanted = this.#wanted.get(receiver)
    if (wanted === undefined) return
    for (const topic of topics) {
      const before = wanted.get(topic)
      if (before === undefined) continue
      const gone = symbols === null ? before : new Set(symbols)
      if (before === null && symbols !== null) continue
      this.#remove(receiver, topic, gone)
      for (const symbol of gone ?? []) before?.delete(symbol)
      if (symbols === null || before?.size === 0) wanted.delete(topic)
    }
  }

  leave(receiver: Receiver): void {
    for (const [topic, symbols] of this.#wanted.get(receiver) ?? []) this.#remove(receiver, topic, symbols)
    this.#wanted.delete(receiver)
  }

  /** Offers a message to its readers, and says how many. Hot path: the component case `websocket.publish` guards it. */
  publish(topic: Topic, envelope: Envelope): number {
    const readers = this.#readers.get(topic)
    const stream = streamOf(topic)
    if (readers === undefined || stream === undefined) return 0
    const { all, bySymbol } = readers
    const some =
      stream.symbolOf === null || bySymbol.size === 0 ? undefined : bySymbol.get(stream.symbolOf(envelope.body))
    if (all.size === 0 && some === undefined) return 0
    const payload: Payload = { topic, latestWins: stream.latestWins, bytes: bytesOf(topic, envelope) }
    for (const receiver of all) receiver.take(payload)
    if (some !== undefined) for (const receiver of some) receiver.take(payload)
    this.published += 1
    return all.size + (some?.size ?? 0)
  }

  #add(receiver: Receiver, topic: Topic, symbols: Wanted): void {
    const readers = this.#readers.get(topic)
    if (symbols === null) readers?.all.add(receiver)
    for (const symbol of symbols ?? []) {
      const of = readers?.bySymbol.get(symbol)
      if (of === undefined) readers?.bySymbol.set(symbol, new Set([receiver]))
      else of.add(receiver)
    }
  }

  #remove(receiver: Receiver, topic: Topic, symbols: Wanted): void {
    const readers = this.#readers.get(topic)
    if (symbols === null) readers?.all.delete(receiver)
    for (const symbol of symbols ?? []) {
      const of = readers?.bySymbol.get(symbol)
      of?.delete(receiver)
      if (of?.size === 0) readers?.bySymbol.delete(symbol)
    }
  }
}

function countOf(wanted: ReadonlyMap<Topic, Wanted>): number {
  let count = 0
  for (const symbols of wanted.values()) count += symbols?.size ?? 1
  return count
}

function bytesOf(topic: Topic, { run, seq, intendedAt, body }: Envelope): Buffer {
  return Buffer.from(JSON.stringify({ topic, run, seq, intendedAtNs: intendedAt, body }))
}
