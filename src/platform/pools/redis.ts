import type { Redis } from 'ioredis'
import { NautilusError } from '../../core/errors.js'
import { maskUrl } from '../../core/secrets.js'
import { type DurationNs, nsPerMs, nsPerSec } from '../../core/units.js'
import { within } from '../flow/deadline.js'
import { openRedis } from './redis-connection.js'
import type { RedisPoolOptions } from './redis-options.js'

/** Connections that are lent for one use at a time. Past the limit a caller gets an error at once, never a wait. */
export class RedisPool {
  readonly #url: string
  readonly #options: RedisPoolOptions
  readonly #idle: Redis[] = []
  readonly #open = new Set<Redis>()
  #opening = 0
  #closed = false
  #refused = 0

  constructor(url: string, options: RedisPoolOptions) {
    this.#url = url
    this.#options = options
  }

  /** Longest wait for an answer. */
  get socketTimeoutNs(): DurationNs {
    return this.#options.socketTimeoutNs
  }

  get counts(): { readonly inUse: number; readonly idle: number; readonly limit: number; readonly refused: number } {
    const inUse = this.#open.size - this.#idle.length + this.#opening
    return { inUse, idle: this.#idle.length, limit: this.#options.connectionsMax, refused: this.#refused }
  }

  /** Lends a connection to `work` and takes it back, also when it fails; one that did not answer is thrown away. */
  async use<Value>(work: (redis: Redis) => Promise<Value>): Promise<Value> {
    const redis = await this.lease()
    try {
      const value = await within(work(redis), this.#options.socketTimeoutNs, () => this.#silent())
      if (this.#closed || redis.status !== 'ready') this.#discard(redis)
      else this.#idle.push(redis)
      return value
    } catch (error) {
      this.#discard(redis)
      throw error
    }
  }

  /** Lends a connection for good: to a blocking reader, which shares it with nobody. It goes back with `close`. */
  async lease(): Promise<Redis> {
    for (;;) {
      const idle = this.#idle.pop()
      if (idle === undefined) break
      if (idle.status === 'ready') return idle
      this.#discard(idle)
    }
    const { inUse, limit } = this.counts
    if (inUse >= limit) {
      this.#refused += 1
      throw new NautilusError('SERVICE_UNAVAILABLE', `all ${limit} connections to Redis are in use`, {
        hint: 'Raise REDIS_MAX_CONNECTIONS, or send fewer requests at one time.',
      })
    }
    this.#opening += 1
    try {
      const { connectTimeoutNs, keepAliveIdleNs } = this.#options
      const keepAlive = keepAliveIdleNs === undefined ? {} : { keepAlive: Math.ceil(keepAliveIdleNs / nsPerMs) }
      const options = { connectTimeout: connectTimeoutNs / nsPerMs, ...keepAlive }
      const redis = await openRedis(this.#url, options, connectTimeoutNs)
      this.#open.add(redis)
      return redis
    } finally {
      this.#opening -= 1
    }
  }

  close(): void {
    this.#closed = true
    for (const redis of this.#open) redis.disconnect()
    this.#open.clear()
    this.#idle.length = 0
  }

  #discard(redis: Redis): void {
    this.#open.delete(redis)
    redis.disconnect()
  }

  #silent(): NautilusError {
    const { socketTimeoutNs } = this.#options
    const text = `Redis at ${maskUrl(this.#url)} gave no answer within ${socketTimeoutNs / nsPerSec} s`
    return new NautilusError('SERVICE_DIED', text)
  }
}
