import { assert } from '../../core/assert.js'
import type { Clock } from '../../core/clock.js'
import type { InstantNs } from '../../core/units.js'
import { BoundedQueue } from '../flow/bounded-queue.js'
import type { Delivery, Envelope, Message, Subscription, Transport } from './envelope.js'

// The bus of one thread: a hub of topics, groups and readers without a server. Envelopes are handed over by reference and
// must not be changed by who gets them.
//
// Ordering: messages of a topic reach each group and reader in the order of the flushes. In one turn of the event loop each
// subscriber gets at most one delivery, one after the other, so that sockets and timers are never starved. Because all share
// the thread, `polledAt` is the end of the previous delivery to anyone: time in which the thread was busy is then a queue of
// the consumer, never the bus.
//
// Known limits: what is published to a topic that nobody has subscribed to yet is kept for the first subscriber, at most
// `backlogMax` messages; nothing outlives the process.

const messagesPerDelivery = 128
const backlogMax = 100_000

type Member = {
  readonly queue: BoundedQueue<Message>
  readonly pending: Map<string, Message>
  readonly onDelivery: (delivery: Delivery) => Promise<void>
  readonly sources: readonly BoundedQueue<Message>[]
  busy: boolean
  open: boolean
}
type Topic = {
  readonly groups: Map<string, BoundedQueue<Message>>
  readonly readers: Member[]
  backlog: BoundedQueue<Message> | null
}

export class InProcessHub {
  readonly counters = { malformed: 0, trimmed: 0, redelivered: 0, superseded: 0 }
  readonly #clock: Clock
  readonly #topics = new Map<string, Topic>()
  readonly #members: Member[] = []
  #nextId = 0
  #turnEndedAt: InstantNs
  #scheduled = false

  constructor(clock: Clock) {
    this.#clock = clock
    this.#turnEndedAt = clock.now()
  }

  /** A transport of this hub; each engine has its own, so that it can leave by itself. */
  connect(): Transport {
    return new InProcessTransport(this)
  }

  /** Hot path: one call per message. */
  add(topicName: string, envelopes: readonly Envelope[]): void {
    const topic = this.#topic(topicName)
    const message: Message = { topic: topicName, id: String(this.#nextId++), envelopes }
    if (topic.backlog !== null) this.#push(topic.backlog, message)
    for (const queue of topic.groups.values()) this.#push(queue, message)
    for (const reader of topic.readers) this.#push(reader.queue, message)
    this.#schedule()
  }

  subscribe(subscription: Subscription, onDelivery: (delivery: Delivery) => Promise<void>): Member {
    const { group, topics } = subscription
    const own = new BoundedQueue<Message>(backlogMax)
    const sources = group === undefined ? [own] : [own, ...topics.map((name) => this.#group(name, group))]
    const member: Member = { queue: own, pending: new Map(), onDelivery, sources, busy: false, open: true }
    for (const name of topics) {
      const topic = this.#topic(name)
      if (group === undefined) topic.readers.push(member)
      topic.backlog = null
    }
    this.#members.push(member)
    this.#schedule()
    return member
  }

  depth(topicName: string, group: string): number {
    return this.#topics.get(topicName)?.groups.get(group)?.length ?? 0
  }

  /** Takes a member out; what it had not acknowledged goes back to its groups, before anything newer. */
  leave(member: Member, subscription: Subscription): void {
    member.open = false
    this.#members.splice(this.#members.indexOf(member), 1)
    for (const name of subscription.topics) {
      const topic = this.#topic(name)
      const at = topic.readers.indexOf(member)
      if (at >= 0) topic.readers.splice(at, 1)
      const queue = subscription.group === undefined ? undefined : topic.groups.get(subscription.group)
      if (queue === undefined) continue
      const newer = queue.take(queue.length)
      for (const message of member.pending.values()) {
        if (message.topic !== name) continue
        this.counters.redelivered += 1
        this.#push(queue, message)
      }
      for (const message of newer) this.#push(queue, message)
    }
    this.#schedule()
  }

  #topic(name: string): Topic {
    let topic = this.#topics.get(name)
    if (topic === undefined) {
      topic = { groups: new Map(), readers: [], backlog: new BoundedQueue<Message>(backlogMax) }
      this.#topics.set(name, topic)
    }
    return topic
  }

  #group(topicName: string, group: string): BoundedQueue<Message> {
    const topic = this.#topic(topicName)
    let queue = topic.groups.get(group)
    if (queue === undefined) {
      queue = topic.backlog ?? new BoundedQueue<Message>(backlogMax)
      topic.backlog = null
      topic.groups.set(group, queue)
    }
    return queue
  }

  #push(queue: BoundedQueue<Message>, message: Message): void {
    if (queue.push(message)) return
    // As a stream with MAXLEN: the oldest makes room.
    queue.shift()
    queue.push(message)
    this.counters.trimmed += 1
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#turn)
  }

  readonly #turn = (): void => {
    this.#scheduled = false
    for (const member of [...this.#members]) {
      if (!member.open || member.busy) continue
      const messages = takeFrom(member)
      if (messages.length > 0) this.#deliver(member, messages)
    }
  }

  #deliver(member: Member, messages: readonly Message[]): void {
    member.busy = true
    const delivery: Delivery = { polledAt: this.#turnEndedAt, receivedAt: this.#clock.now(), messages }
    const handled = member.onDelivery(delivery)
    this.#turnEndedAt = this.#clock.now()
    handled.then(() => {
      member.busy = false
      if (member.sources.some((source) => source.length > 0)) this.#schedule()
    })
  }
}

function takeFrom(member: Member): Message[] {
  const messages: Message[] = []
  for (const source of member.sources) {
    const taken = source.take(messagesPerDelivery - messages.length)
    for (const message of taken) {
      if (source !== member.queue) member.pending.set(message.id, message)
      messages.push(message)
    }
  }
  return messages
}

class InProcessTransport implements Transport {
  readonly kind = 'in-process'
  readonly lost = new Promise<never>(() => undefined)
  readonly #hub: InProcessHub
  readonly #members: { readonly member: Member; readonly subscription: Subscription }[] = []
  #queued: { readonly topic: string; readonly envelopes: readonly Envelope[] }[] = []
  #acknowledged: Message[] = []
  #closed = false

  constructor(hub: InProcessHub) {
    this.#hub = hub
  }

  get counters(): InProcessHub['counters'] {
    return this.#hub.counters
  }

  publish(topic: string, envelopes: readonly Envelope[]): void {
    this.#queued.push({ topic, envelopes })
  }

  acknowledge(_subscription: Subscription, message: Message): void {
    this.#acknowledged.push(message)
  }

  async flush(): Promise<void> {
    assert(!this.#closed, 'a transport is open while it is used')
    const queued = this.#queued
    const acknowledged = this.#acknowledged
    this.#queued = []
    this.#acknowledged = []
    for (const { topic, envelopes } of queued) this.#hub.add(topic, envelopes)
    for (const message of acknowledged) for (const { member } of this.#members) member.pending.delete(message.id)
  }

  async subscribe(subscription: Subscription, onDelivery: (delivery: Delivery) => Promise<void>): Promise<void> {
    assert(subscription.group === undefined || subscription.consumer !== undefined, 'a member of a group has a name')
    this.#members.push({ member: this.#hub.subscribe(subscription, onDelivery), subscription })
  }

  async depth(topic: string, group: string): Promise<number> {
    return this.#hub.depth(topic, group)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const { member, subscription } of this.#members) this.#hub.leave(member, subscription)
  }
}
