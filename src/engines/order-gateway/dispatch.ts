import type { DurationNs, InstantNs } from '../../core/units.js'
import { durationNs } from '../../core/units.js'
import { type BatchLimits, emptyBatch, offer, take, takeDue, untilDue } from '../../platform/flow/batcher.js'
import { BoundedQueue } from '../../platform/flow/bounded-queue.js'
import type { BatchConfig, PacingConfig } from '../../platform/flow/config.js'
import { fullBucket, type TokenBucket, takeToken, untilToken } from '../../platform/flow/token-bucket.js'

// The way of an order from acceptance to the call that carries it: it waits for its batch, the batch waits for a token.
// Pure; the caller pumps: after every offer, and again when `untilNext` has passed.

const oneByOne: BatchLimits = { window: durationNs(0), ordersMax: 1 }

export class Dispatch<Item> {
  overflowed = 0
  #batch = emptyBatch<Item>()
  readonly #limits: BatchLimits
  readonly #pacing: PacingConfig
  readonly #bucket: TokenBucket | null
  readonly #ready: BoundedQueue<Item[]>

  constructor(
    options: { readonly batch: BatchConfig; readonly pacing: PacingConfig; readonly queueMax: number },
    now: InstantNs,
  ) {
    this.#limits = options.batch === 'off' ? oneByOne : options.batch
    this.#pacing = options.pacing
    this.#bucket = options.pacing === 'off' ? null : fullBucket(options.pacing, now)
    this.#ready = new BoundedQueue(options.queueMax)
  }

  /** Batches that wait for a token. */
  get waiting(): number {
    return this.#ready.length
  }

  /** Takes an order in. Returns the orders that found no room: those of a batch that the full queue refused. */
  offer(item: Item, now: InstantNs): readonly Item[] {
    return this.#queue(offer(this.#batch, item, now, this.#limits))
  }

  /** Closes the batch whose window has passed. Returns the orders that found no room. */
  closeDue(now: InstantNs): readonly Item[] {
    return this.#queue(takeDue(this.#batch, now, this.#limits))
  }

  /** The next call that may go now, or null. */
  next(now: InstantNs): Item[] | null {
    if (this.#ready.length === 0) return null
    if (this.#bucket !== null && this.#pacing !== 'off' && !takeToken(this.#bucket, now, this.#pacing)) return null
    return this.#ready.shift() ?? null
  }

  /** Time until a batch closes or a token comes; null where nothing waits. */
  untilNext(now: InstantNs): DurationNs | null {
    const due = untilDue(this.#batch, now, this.#limits)
    if (this.#ready.length === 0 || this.#bucket === null || this.#pacing === 'off') return due
    const token = untilToken(this.#bucket, now, this.#pacing)
    return due === null || token < due ? token : due
  }

  /** All that waits, without regard to windows and tokens, in calls: for the drain. */
  takeAll(): Item[][] {
    const calls = this.#ready.take(this.#ready.length)
    const last = take(this.#batch)
    return last.length > 0 ? [...calls, last] : calls
  }

  #queue(items: Item[]): readonly Item[] {
    if (items.length === 0 || this.#ready.push(items)) return []
    this.overflowed += items.length
    return items
  }
}
