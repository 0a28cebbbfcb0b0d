import type { Redis } from 'ioredis'
import { openRedis } from '../../platform/pools/redis-connection.js'
import type { TargetClient } from './client.js'
import type { ClientContext } from './client-plan.js'
import type { RedisPlan } from './protocol-plans.js'
import { Texts } from './texts.js'
import { UnderWay } from './under-way.js'

// Commands over several connections, in turn. What is sent in one turn of the event loop leaves in one write a connection, and
// answers come in the order of the commands: a slow command holds up those behind it, as it does for every client of Redis.

export class RedisClient implements TargetClient {
  readonly path = 'ioredis'
  readonly #plan: RedisPlan
  readonly #context: ClientContext
  readonly #texts: Texts
  readonly #underWay: UnderWay
  #connections: Redis[] = []
  #next = 0

  constructor(plan: RedisPlan, context: ClientContext) {
    this.#plan = plan
    this.#context = context
    this.#texts = new Texts(plan.command, plan.data)
    this.#underWay = new UnderWay(context)
  }

  async open(): Promise<void> {
    const { connections } = this.#context
    // The server may come back after a failure: then the connection does too, and what is sent meanwhile fails at once.
    const reopening = { retryStrategy: () => 100, enableAutoPipelining: false }
    this.#connections = await Promise.all(
      Array.from({ length: connections }, () => openRedis(this.#plan.url, reopening)),
    )
  }

  send(slot: number, seq: number): void {
    const redis = this.#connections[this.#next]
    this.#next = (this.#next + 1) % this.#connections.length
    this.#underWay.follow(slot, async () => {
      const [name = '', ...values] = this.#texts.fill(seq)
      return redis?.call(name, ...values)
    })
  }

  abandon(slot: number): void {
    this.#underWay.abandon(slot)
  }

  close(): Promise<void> {
    for (const redis of this.#connections) redis.disconnect()
    return Promise.resolve()
  }
}
