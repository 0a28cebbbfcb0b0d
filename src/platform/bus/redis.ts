import type { Redis } from 'ioredis'
import type { Clock } from '../../core/clock.js'
import type { NautilusError } from '../../core/errors.js'
import { type DurationNs, nsPerMs } from '../../core/units.js'
import { within } from '../flow/deadline.js'
import type { RedisPool } from '../pools/redis.js'
import { serverDied } from '../pools/redis-connection.js'
import type { RedisPoolOptions } from '../pools/redis-options.js'
import type { RedisAddress } from './config.js'
import type { Delivery, Envelope, Message, Subscription, Transport, TransportCounters } from './envelope.js'
import { encodeEnvelopes } from './envelope-codec.js'
import { RedisLink } from './redis-link.js'
import type { Arguments } from './redis-reader.js'
import { RedisSubscription } from './redis-subscription.js'

// Topics are streams, or where the profile says so lists, or channels where the latest is all that counts. One connection
// writes; each subscription has one of its own per kind of topic.
//
// Ordering: one pipeline a flush, publications before acknowledgements; a crash between the two repeats messages and never
// loses them. What a member took and did not acknowledge comes first when a member of the same name subscribes again.
// Known limits: a list has no acknowledgement, so what a member popped dies with it; a channel keeps nothing for anybody, and
// each member of a group gets all of it.

type Write = { readonly name: string; readonly args: Arguments }

export class RedisTransport implements Transport {
  readonly kind = 'redis'
  readonly lost: Promise<NautilusError>
  readonly #link: RedisLink
  readonly #writer: Redis
  #writes: Write[] = []
  #acknowledged = new Map<string, Arguments>()
  #healthTimer: NodeJS.Timeout | undefined

  private constructor(link: RedisLink, writer: Redis) {
    this.#link = link
    this.#writer = writer
    this.lost = link.lost
  }

  static async connect(address: RedisAddress, clock: Clock, options: RedisPoolOptions): Promise<RedisTransport> {
    const link = new RedisLink(address, clock, options)
    const transport = new RedisTransport(link, await link.lease())
    const { healthCheck = 'off', retries = 0 } = address.connections ?? {}
    if (healthCheck !== 'off') transport.#checkHealth(healthCheck, retries)
    return transport
  }

  get counters(): TransportCounters {
    return this.#link.counters
  }

  get connections(): RedisPool['counts'] {
    return this.#link.connections
  }

  /** On the connection that publishes: it is the one that must live, and no other need be free. */
  async ping(deadlineNs: DurationNs): Promise<void> {
    this.#link.refuseWhenLost()
    await within(this.#writer.ping(), deadlineNs, () => serverDied(this.#link.address.url, undefined))
  }

  /** Hot path: encodes at once, so that the caller's stamps are the last thing before the bytes. */
  publish(topic: string, envelopes: readonly Envelope[]): void {
    const { key, by } = this.#link.keyed(topic)
    const payload = encodeEnvelopes(envelopes)
    if (by === 'stream') {
      const { backlogMax } = this.#link.address
      this.#writes.push({ name: 'xadd', args: [key, 'MAXLEN', '~', backlogMax, '*', 'm', payload] })
    } else this.#writes.push({ name: by === 'list' ? 'rpush' : 'publish', args: [key, payload] })
  }

  acknowledge({ group }: Subscription, { topic, id }: Message): void {
    const { key, by } = this.#link.keyed(topic)
    if (by === 'stream' && group !== undefined) this.#acknowledgeId(group, key, id)
  }

  async flush(deadlineNs: DurationNs = this.#link.answerNs): Promise<void> {
    const writes = this.#writes
    const acknowledged = this.#acknowledged
    this.#writes = []
    this.#acknowledged = new Map()
    this.#link.refuseWhenLost()
    if (writes.length === 0 && acknowledged.size === 0) return
    const pipeline = this.#writer.pipeline()
    for (const { name, args } of writes) pipeline.call(name, args)
    for (const args of acknowledged.values()) pipeline.call('xack', args)
    const replies = await this.#link.answered(pipeline.exec(), deadlineNs)
    for (const [error] of replies ?? []) if (error !== null) throw this.#link.die(error)
  }

  async subscribe(subscription: Subscription, onDelivery: (delivery: Delivery) => Promise<void>): Promise<void> {
    const writer = {
      acknowledgeId: (group: string, key: string, id: string): void => this.#acknowledgeId(group, key, id),
      flush: () => this.flush(),
    }
    await RedisSubscription.open(this.#link, writer, subscription, onDelivery)
  }

  async depth(topic: string, group: string): Promise<number> {
    const { key, by } = this.#link.keyed(topic)
    const { answerNs } = this.#link
    if (by === 'channel') return 0
    if (by === 'list') return Number(await this.#link.answered(this.#writer.llen(key), answerNs))
    const [groups, length] = await Promise.all([
      this.#link.answered(this.#writer.call('xinfo', ['GROUPS', key]), answerNs),
      this.#link.answered(this.#writer.xlen(key), answerNs),
    ])
    return waiting(groups, this.#link.name(group)) ?? length
  }

  async close(): Promise<void> {
    clearInterval(this.#healthTimer)
    this.#link.close()
  }

  #checkHealth(everyNs: DurationNs, retries: number): void {
    let unanswered = 0
    const check = async (): Promise<void> => {
      try {
        await this.ping(this.#link.answerNs)
        unanswered = 0
      } catch (error) {
        unanswered += 1
        if (unanswered > retries) this.#link.die(error)
      }
    }
    this.#healthTimer = setInterval(() => void check(), Math.ceil(everyNs / nsPerMs)).unref()
  }

  #acknowledgeId(group: string, key: string, id: string): void {
    const slot = `${group} ${key}`
    const args = this.#acknowledged.get(slot)
    if (args === undefined) this.#acknowledged.set(slot, [key, this.#link.name(group), id])
    else args.push(id)
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
