import type { Redis } from 'ioredis'
import { assert } from '../../core/assert.js'
import { type DurationNs, elapsed } from '../../core/units.js'
import type { Delivery, Message, Subscription } from './envelope.js'
import { readChannels } from './redis-channels.js'
import { claimFromDead } from './redis-claims.js'
import type { RedisLink } from './redis-link.js'
import {
  type Arguments,
  groupRead,
  listRead,
  plainRead,
  type ReadResult,
  readList,
  readStreams,
} from './redis-reader.js'

// The reading side of a Redis bus: a loop for each kind of topic that a subscription names, on a connection of its own,
// because whatever stands behind a blocking read waits for it.

type Deliver = (delivery: Delivery) => Promise<void>
/** The writing side, for what a reader must take off the books itself. */
type Writer = { acknowledgeId(group: string, key: string, id: string): void; flush(): Promise<void> }

export class RedisSubscription {
  readonly #link: RedisLink
  readonly #writer: Writer
  readonly #subscription: Subscription
  readonly #onDelivery: Deliver

  private constructor(link: RedisLink, writer: Writer, subscription: Subscription, onDelivery: Deliver) {
    this.#link = link
    this.#writer = writer
    this.#subscription = subscription
    this.#onDelivery = onDelivery
  }

  /** Resolves once it listens on all topics. */
  static async open(link: RedisLink, writer: Writer, subscription: Subscription, onDelivery: Deliver): Promise<void> {
    assert(subscription.group === undefined || subscription.consumer !== undefined, 'a member of a group has a name')
    const opened = new RedisSubscription(link, writer, subscription, onDelivery)
    const by = (kind: string): Map<string, string> =>
      new Map(
        subscription.topics.flatMap((topic) => {
          const keyed = link.keyed(topic)
          return keyed.by === kind ? [[keyed.key, topic] as const] : []
        }),
      )
    const [streams, lists, channels] = [by('stream'), by('list'), by('channel')]
    assert(lists.size === 0 || subscription.group !== undefined, 'a list is read by a group')
    if (streams.size > 0) await opened.#readStreams(streams)
    if (lists.size > 0) await opened.#readLists(lists)
    if (channels.size > 0) await opened.#readChannels(channels)
  }

  async #readStreams(topicOf: ReadonlyMap<string, string>): Promise<void> {
    const link = this.#link
    const redis = await link.lease()
    const keys = [...topicOf.keys()]
    const { group } = this.#subscription
    if (group === undefined) {
      const after = await Promise.all(keys.map((key) => this.#lastId(redis, key)))
      link.run(this.#plainLoop(redis, topicOf, after))
      return
    }
    for (const key of keys) await this.#createGroup(redis, key, link.name(group))
    link.run(this.#groupLoop(redis, topicOf, group))
  }

  async #readLists(topicOf: ReadonlyMap<string, string>): Promise<void> {
    this.#link.run(this.#listLoop(await this.#link.lease(), topicOf))
  }

  async #readChannels(topicOf: ReadonlyMap<string, string>): Promise<void> {
    const { clock } = this.#link
    const redis = await this.#link.lease()
    const listening = readChannels(
      redis,
      { topicOf, clock, reading: this.#link, run: (work) => this.#link.run(work) },
      this.#onDelivery,
    )
    await this.#link.answered(listening, this.#link.answerNs)
  }

  async #listLoop(redis: Redis, topicOf: ReadonlyMap<string, string>): Promise<void> {
    const link = this.#link
    const args = listRead([...topicOf.keys()])
    let nextId = 0
    while (!link.closed) {
      const polledAt = link.clock.now()
      const reply = await link.answered(redis.callBuffer('blmpop', args), link.readNs)
      const receivedAt = link.clock.now()
      const { messages } = readList(reply, topicOf, link, nextId)
      nextId += messages.length
      if (messages.length > 0) await this.#onDelivery({ polledAt, receivedAt, messages })
    }
  }

  async #plainLoop(redis: Redis, topicOf: ReadonlyMap<string, string>, after: string[]): Promise<void> {
    const link = this.#link
    const keys = [...topicOf.keys()]
    const indexOf = new Map([...topicOf.values()].map((topic, index) => [topic, index]))
    while (!link.closed) {
      const polledAt = link.clock.now()
      const reply = await link.answered(redis.callBuffer('xread', plainRead(keys, after)), link.readNs)
      const receivedAt = link.clock.now()
      const { messages, unusable } = readStreams(reply, topicOf, link)
      for (const { key, id } of unusable) after[keys.indexOf(key)] = id
      for (const message of messages) after[indexOf.get(message.topic) ?? 0] = message.id
      if (messages.length > 0) await this.#onDelivery({ polledAt, receivedAt, messages })
    }
  }

  async #groupLoop(redis: Redis, topicOf: ReadonlyMap<string, string>, group: string): Promise<void> {
    const link = this.#link
    const keys = [...topicOf.keys()]
    const member = { group: link.name(group), consumer: this.#subscription.consumer ?? '' }
    const newest = keys.map(() => '>')
    const fresh = groupRead(member.group, member.consumer, keys, newest)
    // First what an earlier member of this name left behind, page by page.
    let from: string[] | null = keys.map(() => '0')
    const { claimAfterNs } = link.address
    let claimedAt = link.clock.now()
    // Hot path: one turn per read; `polledAt` serves as the time of all that need not be exact.
    while (!link.closed) {
      const args: Arguments = from === null ? fresh : groupRead(member.group, member.consumer, keys, from)
      const polledAt = link.clock.now()
      const reply = await link.answered(redis.callBuffer('xreadgroup', args), link.readNs)
      const receivedAt = link.clock.now()
      const result = readStreams(reply, topicOf, link)
      if (from !== null) {
        link.counters.redelivered += result.messages.length
        from = this.#nextPage(keys, from, result)
      }
      if (result.unusable.length > 0) await this.#drop(group, result)
      const { messages } = result
      if (messages.length > 0) await this.#onDelivery({ polledAt, receivedAt, messages })
      if (claimAfterNs === undefined || elapsed(claimedAt, polledAt) < claimAfterNs) continue
      for (const key of keys) await this.#claim(redis, topicOf, { key, group, claimAfterNs })
      claimedAt = polledAt
    }
  }

  /** Takes over what members that are gone have left. */
  async #claim(
    redis: Redis,
    topicOf: ReadonlyMap<string, string>,
    { key, group, claimAfterNs }: { readonly key: string; readonly group: string; readonly claimAfterNs: DurationNs },
  ): Promise<void> {
    const link = this.#link
    const member = { key, group: link.name(group), consumer: this.#subscription.consumer ?? '' }
    const polledAt = link.clock.now()
    const entries = await link.answered(claimFromDead(redis, member, claimAfterNs), link.answerNs)
    if (entries.length === 0) return
    const receivedAt = link.clock.now()
    const result = readStreams([[Buffer.from(key, 'latin1'), entries]], topicOf, link)
    link.counters.redelivered += result.messages.length
    if (result.unusable.length > 0) await this.#drop(group, result)
    const { messages } = result
    if (messages.length > 0) await this.#onDelivery({ polledAt, receivedAt, messages })
  }

  /** What cannot be handed on is acknowledged, lest it come back for ever. */
  async #drop(group: string, { unusable }: ReadResult): Promise<void> {
    for (const { key, id } of unusable) this.#writer.acknowledgeId(group, key, id)
    await this.#writer.flush()
  }

  #nextPage(keys: readonly string[], from: readonly string[], { messages, unusable }: ReadResult): string[] | null {
    if (messages.length === 0 && unusable.length === 0) return null
    const next = [...from]
    for (const { key, id } of unusable) next[keys.indexOf(key)] = id
    for (const message of messages) next[keys.indexOf(this.#keyOf(message))] = message.id
    return next
  }

  #keyOf({ topic }: Message): string {
    return this.#link.keyed(topic).key
  }

  async #createGroup(redis: Redis, key: string, group: string): Promise<void> {
    const link = this.#link
    try {
      await link.answered(redis.call('xgroup', ['CREATE', key, group, '0', 'MKSTREAM']), link.answerNs, 'passOn')
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('BUSYGROUP'))) throw link.die(error)
    }
  }

  async #lastId(redis: Redis, key: string): Promise<string> {
    const newest = await this.#link.answered(redis.xrevrange(key, '+', '-', 'COUNT', 1), this.#link.answerNs)
    return newest[0]?.[0] ?? '0'
  }
}
