/** Reasons beyond so many different ones are counted together: a system may put a number into each of its words. */
const reasonsMax = 100

/** How often each reason was given. */
export class Reasons {
  readonly #counts = new Map<string, number>()

  /** For another thread. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts
  }

  add(reason: string, count = 1): void {
    const name = this.#counts.has(reason) || this.#counts.size < reasonsMax ? reason : 'other reasons'
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count)
  }

  /** The most frequent first. */
  toRecord(): Record<string, number> {
    return Object.fromEntries([...this.#counts].sort(([, a], [, b]) => b - a))
  }
}
