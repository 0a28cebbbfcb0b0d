import { type DurationNs, type InstantNs, later } from '../../core/units.js'

/** The first answer to each key, for a bounded number of keys and time. The oldest key makes room for a new one. */
export class IdempotencyMemory<Answer> {
  evicted = 0
  readonly #limits: { readonly keysMax: number; readonly ttl: DurationNs }
  readonly #entries = new Map<string, { readonly fingerprint: string; readonly answer: Answer; expiresAt: InstantNs }>()

  constructor(limits: { readonly keysMax: number; readonly ttl: DurationNs }) {
    this.#limits = limits
  }

  get size(): number {
    return this.#entries.size
  }

  /** The answer that the key got, `conflict` where it was given for another request, or null for a new key. */
  recall(key: string, fingerprint: string, now: InstantNs): Answer | 'conflict' | null {
    this.#expire(now)
    const entry = this.#entries.get(key)
    if (entry === undefined) return null
    return entry.fingerprint === fingerprint ? entry.answer : 'conflict'
  }

  remember(key: string, fingerprint: string, answer: Answer, now: InstantNs): void {
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size < this.#limits.keysMax) break
      this.#entries.delete(oldest)
      this.evicted += 1
    }
    this.#entries.set(key, { fingerprint, answer, expiresAt: later(now, this.#limits.ttl) })
  }

  /** For requests that led to nothing: the same key may try again. */
  forget(key: string): void {
    this.#entries.delete(key)
  }

  #expire(now: InstantNs): void {
    for (const [key, entry] of this.#entries) {
      if (now < entry.expiresAt) return
      this.#entries.delete(key)
    }
  }
}
