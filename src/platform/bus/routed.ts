import { present } from '../../core/assert.js'
import type { NautilusError } from '../../core/errors.js'
import type { DurationNs } from '../../core/units.js'
import type { RoutedAddress } from './config.js'
import type { Delivery, Envelope, Message, Subscription, Transport, TransportCounters } from './envelope.js'

// Several buses as one: each topic has the bus that the profile declares.
//
// Ordering: messages of a topic keep theirs, messages of topics on different buses have none. What acknowledges an input
// leaves in one pipeline with what was made of it where both are on one bus; else only when the other buses have taken all
// that was published by then, in earlier flushes too, so that a crash repeats messages and never loses them.

type Acknowledgement = { readonly subscription: Subscription; readonly message: Message }

export class RoutedTransport implements Transport {
  readonly kind = 'redis'
  readonly lost: Promise<NautilusError>
  readonly #buses: readonly Transport[]
  readonly #routes: Readonly<Record<string, number>>
  #written = new Set<Transport>()
  /** The latest flush of each bus that was given something and has not answered. */
  readonly #unanswered = new Map<Transport, Promise<void>>()
  #acknowledged: Acknowledgement[] = []

  constructor(buses: readonly Transport[], routes: RoutedAddress['routes']) {
    this.#buses = buses
    this.#routes = routes
    this.lost = Promise.race(buses.map(({ lost }) => lost))
  }

  get counters(): TransportCounters {
    const total = (of: keyof TransportCounters): number =>
      this.#buses.reduce((sum, { counters }) => sum + counters[of], 0)
    return {
      malformed: total('malformed'),
      trimmed: total('trimmed'),
      redelivered: total('redelivered'),
      superseded: total('superseded'),
    }
  }

  get connections(): NonNullable<Transport['connections']> {
    const total = { inUse: 0, idle: 0, limit: 0, refused: 0 }
    for (const { connections } of this.#buses) {
      if (connections === undefined) continue
      total.inUse += connections.inUse
      total.idle += connections.idle
      total.limit += connections.limit
      total.refused += connections.refused
    }
    return total
  }

  async ping(deadlineNs: DurationNs): Promise<void> {
    await Promise.all(this.#buses.map((bus) => bus.ping?.(deadlineNs)))
  }

  /** Hot path: one look-up more than on a single bus. */
  publish(topic: string, envelopes: readonly Envelope[]): void {
    const bus = this.#busOf(topic)
    this.#written.add(bus)
    bus.publish(topic, envelopes)
  }

  acknowledge(subscription: Subscription, message: Message): void {
    this.#acknowledged.push({ subscription, message })
  }

  async flush(deadlineNs?: DurationNs): Promise<void> {
    const written = this.#written
    const acknowledged = this.#acknowledged
    this.#written = new Set()
    this.#acknowledged = []
    const earlier = [...this.#unanswered.values()]
    const giving = [...this.#unanswered.keys(), ...written]
    const touched = new Set(written)
    const afterwards: Acknowledgement[] = []
    for (const each of acknowledged) {
      const bus = this.#busOf(each.message.topic)
      if (giving.every((other) => other === bus)) {
        touched.add(bus)
        bus.acknowledge(each.subscription, each.message)
      } else afterwards.push(each)
    }
    await Promise.all(Array.from(touched, (bus) => this.#flush(bus, written.has(bus), deadlineNs)))
    if (afterwards.length === 0) return
    await Promise.all(earlier)
    await this.#acknowledgeAll(afterwards, deadlineNs)
  }

  async subscribe(subscription: Subscription, onDelivery: (delivery: Delivery) => Promise<void>): Promise<void> {
    await Promise.all(
      this.#buses.map(async (bus) => {
        const topics = subscription.topics.filter((topic) => this.#busOf(topic) === bus)
        if (topics.length > 0) await bus.subscribe({ ...subscription, topics }, onDelivery)
      }),
    )
  }

  depth(topic: string, group: string): Promise<number> {
    return this.#busOf(topic).depth(topic, group)
  }

  async close(): Promise<void> {
    await Promise.all(this.#buses.map((bus) => bus.close()))
  }

  async #acknowledgeAll(acknowledged: readonly Acknowledgement[], deadlineNs: DurationNs | undefined): Promise<void> {
    const touched = new Set<Transport>()
    for (const { subscription, message } of acknowledged) {
      const bus = this.#busOf(message.topic)
      touched.add(bus)
      bus.acknowledge(subscription, message)
    }
    await Promise.all(Array.from(touched, (bus) => this.#flush(bus, false, deadlineNs)))
  }

  #flush(bus: Transport, given: boolean, deadlineNs: DurationNs | undefined): Promise<void> {
    const flushed = bus.flush(deadlineNs)
    if (!given) return flushed
    this.#unanswered.set(bus, flushed)
    const answered = (): void => {
      if (this.#unanswered.get(bus) === flushed) this.#unanswered.delete(bus)
    }
    flushed.then(answered, answered)
    return flushed
  }

  #busOf(topic: string): Transport {
    return present(this.#buses[this.#routes[topic] ?? 0], 'a route leads to a bus that is there')
  }
}
