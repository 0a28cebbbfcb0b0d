import type { Redis } from 'ioredis'
import { assert } from '../../core/assert.js'
import type { Clock } from '../../core/clock.js'
import { NautilusError } from '../../core/errors.js'
import { type DurationNs, durationNs } from '../../core/units.js'
import { within } from '../flow/deadline.js'
import { RedisPool } from '../pools/redis.js'
import { serverDied } from '../pools/redis-connection.js'
import type { RedisPoolOptions } from '../pools/redis-options.js'
import type { BusAddress } from './config.js'
import type { Delivery, Envelope, Message, Subscription, Transport } from './envelope.js'
import { encodeEnvelopes } from './envelope-codec.js'
import {
  type Arguments,
  blockNs,
  groupRead,
  listRead,
  plainRead,
  type ReadResult,
  readList,
  readStreams,
} from './redis-reader.js'

// Topics are streams, or lists where the profile says so. One connection writes; each subscription has one of its own per
// kind of topic, because whatever stands behind a blocking read waits for it.
//
// Ordering: one pipeline a flush, publications before acknowledgements; a crash between the two repeats messages and never
// loses them. What a member took and did not acknowledge comes first when a member of the same name subscribes again.
// Known limit: a list has no acknowledgement, so what a member popped dies with it.

type Deliver = (delivery: Delivery) => Promise<void>
type RedisAddress = Extract<BusAddress, { kind: 'redis' }>
type Keyed = { readonly key: string; readonly list: boolean }
type Write = { readonly name: string; readonly args: Arguments }

export class RedisTransport implements Transport {
  readonly kind = 'redis'
  readonly counters = { malformed: 0, trimmed: 0 }
  readonly lost: Promise<NautilusError>
  readonly #address: RedisAddress
  readonly #clock: Clock
  readonly #pool: RedisPool
  readonly #writer: Redis
  /** Longest wait for an answer, and for a blocking read. */
  readonly #answerNs: DurationNs
  readonly #readNs: DurationNs
  readonly #keys = new Map<string, Keyed>()
  #reportLoss: (error: NautilusError) => void = () => undefined
  #died: NautilusError | null = null
  #closed = false
  #writes: Write[] = []
  #acknowledged = new Map<string, Arguments>()

  private constructor(address: RedisAddress, clock: Clock, pool: RedisPool, writer: Redis) {
    this.#address = address
    this.#clock = clock
    this.#pool = pool
    this.#writer = writer
    this.#answerNs = pool.socketTimeoutNs
    this.#readNs = durationNs(blockNs + pool.socketTimeoutNs / 2)
    this.lost = new Promise((resolve) => {
      this.#reportLoss = resolve
    })
    this.#watch(writer)
  }

  static async connect(address: RedisAddress, clock: Clock, options: RedisPoolOptions): Promise<RedisTransport> {
    const pool = new RedisPool(address.url, options)
    return new RedisTransport(address, clock, pool, await pool.lease())
  }

  get connections(): RedisPool['counts'] {
    return this.#pool.counts
  }

  /** On the connection that publishes: it is the one that must live, and no other need be free. */
  async ping(deadlineNs: DurationNs): Promise<void> {
    if (this.#died !== null) throw this.#died
    await within(this.#writer.ping(), deadlineNs, () => serverDied(this.#address.url, undefined))
  }

  /** Hot path: encodes at once, so that the caller's stamps are the last thing before the bytes. */
  publish(topic: string, envelopes: readonly Envelope[]): void {
    const { key, list } = this.#keyed(topic)
    const payload = encodeEnvelopes(envelopes)
    if (list) this.#writes.push({ name: 'rpush', args: [key, payload] })
    else this.#writes.push({ name: 'xadd', args: [key, 'MAXLEN', '~', this.#address.backlogMax, '*', 'm', payload] })
  }

  acknowledge(subscription: Subscription, message: Message): void {
    const { key, list } = this.#keyed(message.topic)
    if (!list && subscription.group !== undefined) this.#acknowledgeId(subscription.group, key, message.id)
  }

  async flush(deadlineNs: DurationNs = this.#answerNs): Promise<void> {
    const writes = this.#writes
    const acknowledged = this.#acknowledged
    this.#writes = []
    this.#acknowledged = new Map()
    if (this.#died !== null) throw this.#died
    if (writes.length === 0 && acknowledged.size === 0) return
    const pipeline = this.#writer.pipeline()
    for (const { name, args } of writes) pipeline.call(name, args)
    for (const args of acknowledged.values()) pipeline.call('xack', args)
    const replies = await this.#answered(pipeline.exec(), deadlineNs)
    for (const [error] of replies ?? []) if (error !== null) throw this.#die(error)
  }

  async subscribe(subscription: Subscription, onDelivery: Deliver): Promise<void> {
    assert(subscription.group === undefined || subscription.consumer !== undefined, 'a member of a group has a name')
    const lists = subscription.topics.filter((topic) => this.#keyed(topic).list)
    const streams = subscription.topics.filter((topic) => !this.#keyed(topic).list)
    assert(lists.length === 0 || subscription.group !== undefined, 'a list is read by a group')
    if (streams.length > 0) await this.#subscribeStreams(subscription, streams, onDelivery)
    if (lists.length > 0) await this.#subscribeLists(lists, onDelivery)
  }

  async depth(topic: string, group: string): Promise<number> {
    const { key, list } = this.#keyed(topic)
    if (list) return Number(await this.#answered(this.#writer.llen(key), this.#answerNs))
    const name = this.#name(group)
    const [groups, length] = await Promise.all([
      this.#answered(this.#writer.call('xinfo', ['GROUPS', key]), this.#answerNs),
      this.#answered(this.#writer.xlen(key), this.#answerNs),
    ])
    return waiting(groups, name) ?? length
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#pool.close()
  }

  async #subscribeStreams(subscription: Subscription, topics: readonly string[], onDelivery: Deliver): Promise<void> {
    const redis = await this.#openReader()
    const keys = topics.map((topic) => this.#keyed(topic).key)
    const topicOf = new Map(topics.map((topic) => [this.#keyed(topic).key, topic]))
    const parse = (reply: unknown): ReadResult => readStreams(reply, topicOf, this.counters)
    const { group } = subscription
    if (group === undefined) {
      const after = await Promise.all(keys.map((key) => this.#lastId(redis, key)))
      this.#run(this.#readPlain(redis, { keys, after, topicOf, parse }, onDelivery))
      return
    }
    for (const key of keys) await this.#createGroup(redis, key, this.#name(group))
    this.#run(this.#readGroup(redis, { subscription, group, keys, parse }, onDelivery))
  }

  async #subscribeLists(topics: readonly string[], onDelivery: Deliver): Promise<void> {
    const redis = await this.#openReader()
    const keys = topics.map((topic) => this.#keyed(topic).key)
    const topicOf = new Map(topics.map((topic) => [this.#keyed(topic).key, topic]))
    const args = listRead(keys)
    let nextId = 0
    const loop = async (): Promise<void> => {
      while (!this.#closed) {
        const polledAt = this.#clock.now()
        const reply = await this.#answered(redis.callBuffer('blmpop', args), this.#readNs)
        const receivedAt = this.#clock.now()
        const { messages } = readList(reply, topicOf, this.counters, nextId)
        nextId += messages.length
        if (messages.length > 0) await onDelivery({ polledAt, receivedAt, messages })
      }
    }
    this.#run(loop())
  }

  async #readPlain(
    redis: Redis,
    source: {
      readonly keys: readonly string[]
      readonly after: string[]
      readonly topicOf: ReadonlyMap<string, string>
      readonly parse: (reply: unknown) => ReadResult
    },
    onDelivery: Deliver,
  ): Promise<void> {
    const { keys, after, parse } = source
    const indexOf = new Map([...source.topicOf.values()].map((topic, index) => [topic, index]))
    while (!this.#closed) {
      const polledAt = this.#clock.now()
      const reply = await this.#answered(redis.callBuffer('xread', plainRead(keys, after)), this.#readNs)
      const receivedAt = this.#clock.now()
      const { messages, unusable } = parse(reply)
      for (const { key, id } of unusable) after[keys.indexOf(key)] = id
      for (const message of messages) after[indexOf.get(message.topic) ?? 0] = message.id
      if (messages.length > 0) await onDelivery({ polledAt, receivedAt, messages })
    }
  }

  async #readGroup(
    redis: Redis,
    source: {
      readonly subscription: Subscription
      readonly group: string
      readonly keys: readonly string[]
      readonly parse: (reply: unknown) => ReadResult
    },
    onDelivery: Deliver,
  ): Promise<void> {
    const { group, keys, parse } = source
    const consumer = source.subscription.consumer ?? ''
    const fresh = groupRead(
      this.#name(group),
      consumer,
      keys,
      keys.map(() => '>'),
    )
    // First what an earlier member of this name left behind, page by page.
    let from: string[] | null = keys.map(() => '0')
    while (!this.#closed) {
      const args: Arguments = from === null ? fresh : groupRead(this.#name(group), consumer, keys, from)
      const polledAt = this.#clock.now()
      const reply = await this.#answered(redis.callBuffer('xreadgroup', args), this.#readNs)
      const receivedAt = this.#clock.now()
      const { messages, unusable } = parse(reply)
      for (const { key, id } of unusable) this.#acknowledgeId(group, key, id)
      if (unusable.length > 0) await this.flush()
      if (from !== null) from = this.#nextPage(keys, from, messages, unusable)
      if (messages.length > 0) await onDelivery({ polledAt, receivedAt, messages })
    }
  }

  #nextPage(
    keys: readonly string[],
    from: readonly string[],
    messages: readonly Message[],
    unusable: ReadResult['unusable'],
  ): string[] | null {
    if (messages.length === 0 && unusable.length === 0) return null
    const next = [...from]
    for (const { key, id } of unusable) next[keys.indexOf(key)] = id
    for (const message of messages) next[keys.indexOf(this.#keyed(message.topic).key)] = message.id
    return next
  }

  async #createGroup(redis: Redis, key: string, group: string): Promise<void> {
    try {
      await this.#answered(redis.call('xgroup', ['CREATE', key, group, '0', 'MKSTREAM']), this.#answerNs, 'passOn')
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('BUSYGROUP'))) throw this.#die(error)
    }
  }

  async #lastId(redis: Redis, key: string): Promise<string> {
    const newest = await this.#answered(redis.xrevrange(key, '+', '-', 'COUNT', 1), this.#answerNs)
    return newest[0]?.[0] ?? '0'
  }

  async #openReader(): Promise<Redis> {
    const redis = await this.#pool.lease()
    this.#watch(redis)
    return redis
  }

  #watch(redis: Redis): void {
    redis.on('close', () => {
      if (!this.#closed) this.#die(new Error('the connection was closed'))
    })
  }

  /** Lets a loop run. A loss of the server is told by `lost`; anything else is a bug and ends the process. */
  #run(loop: Promise<void>): void {
    loop.catch((error) => {
      if (!(error instanceof NautilusError)) throw error
    })
  }

  async #answered<Value>(answer: Promise<Value>, deadlineNs: DurationNs, onError?: 'passOn'): Promise<Value> {
    try {
      return await within(answer, deadlineNs, () => serverDied(this.#address.url, undefined))
    } catch (error) {
      if (onError === 'passOn' && !(error instanceof NautilusError)) throw error
      throw this.#die(error)
    }
  }

  #die(cause: unknown): NautilusError {
    const error = cause instanceof NautilusError ? cause : serverDied(this.#address.url, cause)
    if (this.#closed) return error
    if (this.#died === null) {
      this.#died = error
      this.#reportLoss(error)
    }
    return this.#died
  }

  #acknowledgeId(group: string, key: string, id: string): void {
    const slot = `${group} ${key}`
    const args = this.#acknowledged.get(slot)
    if (args === undefined) this.#acknowledged.set(slot, [key, this.#name(group), id])
    else args.push(id)
  }

  #keyed(topic: string): Keyed {
    let keyed = this.#keys.get(topic)
    if (keyed === undefined) {
      const listName = this.#address.lists[topic]
      keyed = { key: this.#name(listName ?? topic), list: listName !== undefined }
      this.#keys.set(topic, keyed)
    }
    return keyed
  }

  #name(plain: string): string {
    return `n:${this.#address.systemId}:${plain}`
  }
}

/** Pending and undelivered messages of a group, out of the reply of XINFO GROUPS; null where Redis does not know the lag. */
function waiting(groups: unknown, name: string): number | null {
  if (!Array.isArray(groups)) return null
  for (const facts of groups) {
    if (!Array.isArray(facts) || facts[facts.indexOf('name') + 1] !== name) continue
    const lag: unknown = facts[facts.indexOf('lag') + 1]
    const pending: unknown = facts[facts.indexOf('pending') + 1]
    return typeof lag === 'number' && typeof pending === 'number' ? lag + pending : null
  }
  return null
}
