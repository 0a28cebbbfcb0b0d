import { BoundedQueue } from '../../platform/flow/bounded-queue.js'

/** A message as all its readers get it, encoded once. */
export type Payload = {
  /** Empty for an answer to the client itself. */
  readonly topic: string
  readonly latestWins: boolean
  readonly bytes: Buffer
}

/**
 * What waits for one client that does not read as fast as it is sent to, in two bounded queues. Of topics whose latest message
 * wins the oldest makes room, and the client is told how many were left out before the next message of their topic. Of the
 * others none is ever left out: where they have no room, the client must go. These leave first; each topic keeps its order.
 */
export class ClientQueue {
  dropped = 0
  readonly #certain: BoundedQueue<Payload>
  readonly #latest: BoundedQueue<Payload>
  readonly #gaps = new Map<string, number>()

  constructor(queueMax: number) {
    this.#certain = new BoundedQueue(queueMax)
    this.#latest = new BoundedQueue(queueMax)
  }

  get length(): number {
    return this.#certain.length + this.#latest.length
  }

  /** `refused` is a message that must not be left out and has no room; `madeRoom` has cost the oldest of the others. */
  offer(payload: Payload): 'queued' | 'madeRoom' | 'refused' {
    if (!payload.latestWins) return this.#certain.push(payload) ? 'queued' : 'refused'
    const full = this.#latest.length === this.#latest.itemsMax
    if (full) this.#dropOldest()
    this.#latest.push(payload)
    return full ? 'madeRoom' : 'queued'
  }

  /** What is to be sent next: a message, or before it what was left out of its topic. */
  next(): Buffer | null {
    const certain = this.#certain.shift()
    if (certain !== undefined) return certain.bytes
    const latest = this.#latest.peek()
    if (latest === undefined) return null
    const gap = this.#gaps.get(latest.topic)
    if (gap === undefined) {
      this.#latest.shift()
      return latest.bytes
    }
    this.#gaps.delete(latest.topic)
    return Buffer.from(JSON.stringify({ type: 'gap', topic: latest.topic, dropped: gap }))
  }

  clear(): void {
    this.#certain.take(this.#certain.length)
    this.#latest.take(this.#latest.length)
    this.#gaps.clear()
  }

  #dropOldest(): void {
    const oldest = this.#latest.shift()
    if (oldest === undefined) return
    this.dropped += 1
    this.#gaps.set(oldest.topic, (this.#gaps.get(oldest.topic) ?? 0) + 1)
  }
}
