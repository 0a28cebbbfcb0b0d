import { assert } from '../../core/assert.js'
import { type DurationNs, type InstantNs, later } from '../../core/units.js'

type Entry<Value> = { readonly value: Value; readonly expiresAt: InstantNs }

export type LruLimits = {
  readonly entriesMax: number
  /** Life of an entry from its last `set`; reading does not prolong it. */
  readonly ttl: DurationNs
}

/** Keeps the entries that were used last, each for a limited time. Pure: time comes as an argument. */
export class Lru<Key, Value> {
  hits = 0
  misses = 0
  evicted = 0
  readonly #limits: LruLimits
  /** In order of use, the least recent first: a Map keeps the order of insertion, and a use inserts anew. */
  readonly #entries = new Map<Key, Entry<Value>>()

  constructor(limits: LruLimits) {
    assert(limits.entriesMax >= 1, 'a cache has room for at least one entry')
    this.#limits = limits
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: Key, now: InstantNs): Value | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined || now >= entry.expiresAt) {
      if (entry !== undefined) this.#entries.delete(key)
      this.misses += 1
      return undefined
    }
    this.hits += 1
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.value
  }

  set(key: Key, value: Value, now: InstantNs): void {
    if (!this.#entries.delete(key) && this.#entries.size === this.#limits.entriesMax) this.#evictOldest()
    this.#entries.set(key, { value, expiresAt: later(now, this.#limits.ttl) })
  }

  delete(key: Key): boolean {
    return this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
  }

  #evictOldest(): void {
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest)
      this.evicted += 1
      return
    }
  }
}
