import type { Redis } from 'ioredis'
import type { Clock } from '../../core/clock.js'
import type { NautilusError } from '../../core/errors.js'
import { type DurationNs, nsPerMs } from '../../core/units.js'
import { within } from '../flow/deadline.js'
import type { RedisPool } from '../pools/redis.js'
import { serverDied } from '../pools/redis-connection.js'
import type { RedisPoolOptions } from '../pools/redis-options.js'
import { codecOf } from './codec.js'
import type { RedisAddress } from './config.js'
import type { Delivery, Envelope, Message, Subscription, Transport, TransportCounters } from './envelope.js'
import { RedisLink } from './redis-link.js'
import { RedisSubscription } from './redis-subscription.js'
import { RedisWriter } from './redis-writer.js'

// Topics are streams, or where the profile says so lists, or channels where the latest is all that counts. One connection
// writes; each subscription has one of its own per kind of topic.
//
// Ordering: one pipeline a flush, publications before acknowledgements; a crash between the two repeats messages and never
// loses them. What a member took and did not acknowledge comes first when a member of the same name subscribes again.
// Known limits: a list has no acknowledgement, so what a member popped dies with it; a channel keeps nothing for anybody, and
// each member of a group gets all of it.

export class RedisTransport implements Transport {
  readonly kind = 'redis'
  readonly lost: Promise<NautilusError>
  readonly #link: RedisLink
  readonly #redis: Redis
  readonly #writer: RedisWriter
  #healthTimer: NodeJS.Timeout | undefined

  private constructor(link: RedisLink, redis: Redis) {
    this.#link = link
    this.#redis = redis
    this.#writer = new RedisWriter(link, redis)
    this.lost = link.lost
  }

  static async connect(address: RedisAddress, clock: Clock, options: RedisPoolOptions): Promise<RedisTransport> {
    const link = new RedisLink(address, clock, await codecOf(address), options)
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
    await within(this.#redis.ping(), deadlineNs, () => serverDied(this.#link.address.url, undefined))
  }

  publish(topic: string, envelopes: readonly Envelope[]): void {
    this.#writer.publish(topic, envelopes)
  }

  acknowledge({ group }: Subscription, { topic, id }: Message): void {
    const { key, by } = this.#link.keyed(topic)
    if (by === 'stream' && group !== undefined) this.#writer.acknowledgeId(group, key, id)
  }

  flush(deadlineNs?: DurationNs): Promise<void> {
    return this.#writer.flush(deadlineNs)
  }

  async subscribe(subscription: Subscription, onDelivery: (delivery: Delivery) => Promise<void>): Promise<void> {
    await RedisSubscription.open(this.#link, this.#writer, subscription, onDelivery)
  }

  async depth(topic: string, group: string): Promise<number> {
    const { key, by } = this.#link.keyed(topic)
    const { answerNs } = this.#link
    if (by === 'channel') return 0
    if (by === 'list') return Number(await this.#link.answered(this.#redis.llen(key), answerNs))
    const [groups, length] = await Promise.all([
      this.#link.answered(this.#redis.call('xinfo', ['GROUPS', key]), answerNs),
      this.#link.answered(this.#redis.xlen(key), answerNs),
    ])
    return waiting(groups, this.#link.name(group)) ?? length
  }

  async close(): Promise<void> {
    clearInterval(this.#healthTimer)
    await this.#writer.close()
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
