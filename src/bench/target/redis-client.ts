import type { Redis } from 'ioredis'
import type { TargetClient } from './client.js'
import type { ClientContext } from './client-plan.js'
import type { RedisPlan } from './protocol-plans.js'
import { openAll, openReturning } from './redis-connections.js'
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
    this.#connections = await openAll(this.#context.connections, () => openReturning(this.#plan.url))
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
