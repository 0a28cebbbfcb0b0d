import { assert } from '../../core/assert.js'
import { type DurationNs, type InstantNs, later } from '../../core/units.js'

type LruLimits = {
  readonly entriesMax: number
  /** Life of an entry from its last `set`; reading does not prolong it. */
  readonly ttl: DurationNs
}

type Entry<Key, Value> = {
  readonly key: Key
  value: Value
  expiresAt: InstantNs
  newer: Entry<Key, Value> | null
  older: Entry<Key, Value> | null
}

/**
 * Keeps the entries that were used last, each for a limited time. Pure: time comes as an argument. A map finds the entry, a
 * linked list keeps the order of use: to insert anew into the map at every use would make it rehash again and again.
 */
export class Lru<Key, Value> {
  hits = 0
  misses = 0
  evicted = 0
  readonly #limits: LruLimits
  readonly #entries = new Map<Key, Entry<Key, Value>>()
  #newest: Entry<Key, Value> | null = null
  #oldest: Entry<Key, Value> | null = null

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
      if (entry !== undefined) this.#remove(entry)
      this.misses += 1
      return undefined
    }
    this.hits += 1
    this.#use(entry)
    return entry.value
  }

  set(key: Key, value: Value, now: InstantNs): void {
    const expiresAt = later(now, this.#limits.ttl)
    const known = this.#entries.get(key)
    if (known !== undefined) {
      known.value = value
      known.expiresAt = expiresAt
      this.#use(known)
      return
    }
    if (this.#entries.size === this.#limits.entriesMax && this.#oldest !== null) {
      this.#remove(this.#oldest)
      this.evicted += 1
    }
    const entry: Entry<Key, Value> = { key, value, expiresAt, newer: null, older: null }
    this.#entries.set(key, entry)
    this.#link(entry)
  }

  #use(entry: Entry<Key, Value>): void {
    if (entry === this.#newest) return
    this.#unlink(entry)
    this.#link(entry)
  }

  #remove(entry: Entry<Key, Value>): void {
    this.#entries.delete(entry.key)
    this.#unlink(entry)
  }

  #link(entry: Entry<Key, Value>): void {
    entry.older = this.#newest
    entry.newer = null
    if (this.#newest !== null) this.#newest.newer = entry
    this.#newest = entry
    this.#oldest ??= entry
  }

  #unlink(entry: Entry<Key, Value>): void {
    if (entry.newer === null) this.#newest = entry.older
    else entry.newer.older = entry.older
    if (entry.older === null) this.#oldest = entry.newer
    else entry.older.newer = entry.newer
  }
}
