import type { Redis } from 'ioredis'
import type { Clock } from '../../core/clock.js'
import { NautilusError } from '../../core/errors.js'
import { type DurationNs, durationNs } from '../../core/units.js'
import { within } from '../flow/deadline.js'
import { RedisPool } from '../pools/redis.js'
import { serverDied } from '../pools/redis-connection.js'
import type { RedisPoolOptions } from '../pools/redis-options.js'
import type { EnvelopeCodec } from './codec.js'
import type { RedisAddress } from './config.js'
import type { TransportCounters } from './envelope.js'
import { blockNs } from './redis-reader.js'

type Keyed = { readonly key: string; readonly by: 'stream' | 'list' | 'channel' }

/** The connections of one transport to its Redis, whose loss is told once, and the names of what it keeps there. */
export class RedisLink {
  readonly address: RedisAddress
  readonly clock: Clock
  readonly codec: EnvelopeCodec
  readonly counters: TransportCounters = { malformed: 0, trimmed: 0, redelivered: 0, superseded: 0 }
  readonly lost: Promise<NautilusError>
  /** Longest wait for an answer, and for a blocking read. */
  readonly answerNs: DurationNs
  readonly readNs: DurationNs
  readonly #pool: RedisPool
  readonly #keys = new Map<string, Keyed>()
  readonly #latest: ReadonlySet<string>
  #reportLoss: (error: NautilusError) => void = () => undefined
  #died: NautilusError | null = null
  #closed = false

  constructor(address: RedisAddress, clock: Clock, codec: EnvelopeCodec, options: RedisPoolOptions) {
    this.address = address
    this.codec = codec
    this.clock = clock
    this.#pool = new RedisPool(address.url, options)
    this.#latest = new Set(address.latest)
    this.answerNs = options.socketTimeoutNs
    this.readNs = durationNs(blockNs + options.socketTimeoutNs / 2)
    this.lost = new Promise((resolve) => {
      this.#reportLoss = resolve
    })
  }

  get connections(): RedisPool['counts'] {
    return this.#pool.counts
  }

  get closed(): boolean {
    return this.#closed
  }

  /** A connection of the caller's own, until `close`. */
  async lease(): Promise<Redis> {
    const redis = await this.#pool.lease()
    redis.on('close', () => {
      if (!this.#closed) this.die(new Error('the connection was closed'))
    })
    return redis
  }

  refuseWhenLost(): void {
    if (this.#died !== null) throw this.#died
  }

  async answered<Value>(answer: Promise<Value>, deadlineNs: DurationNs, onError?: 'passOn'): Promise<Value> {
    try {
      return await within(answer, deadlineNs, () => serverDied(this.address.url, undefined))
    } catch (error) {
      if (onError === 'passOn' && !(error instanceof NautilusError)) throw error
      throw this.die(error)
    }
  }

  die(cause: unknown): NautilusError {
    const error = cause instanceof NautilusError ? cause : serverDied(this.address.url, cause)
    if (this.#closed) return error
    if (this.#died === null) {
      this.#died = error
      this.#reportLoss(error)
    }
    return this.#died
  }

  /** Lets a loop run. A loss of the server is told by `lost`; anything else is a bug and ends the process. */
  run(loop: Promise<void>): void {
    loop.catch((error) => {
      if (!(error instanceof NautilusError)) throw error
    })
  }

  keyed(topic: string): Keyed {
    let keyed = this.#keys.get(topic)
    if (keyed === undefined) {
      const listName = this.address.lists[topic]
      const by = this.#latest.has(topic) ? 'channel' : listName === undefined ? 'stream' : 'list'
      keyed = { key: this.name(listName ?? topic), by }
      this.#keys.set(topic, keyed)
    }
    return keyed
  }

  name(plain: string): string {
    return `n:${this.address.systemId}:${plain}`
  }

  close(): void {
    this.#closed = true
    this.#pool.close()
  }
}
