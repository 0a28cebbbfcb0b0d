const slackCount = 64

/** Resting orders by age. Orders that left stay listed until they are met or outnumber those that live. */
export class Ages {
  #ids: number[] = []
  #oldestAt = 0

  /** Adds the newest order; `live` are all that rest, itself included, oldest first. */
  add(id: number, live: ReadonlyMap<number, unknown>): void {
    this.#ids.push(id)
    if (this.#ids.length <= 2 * live.size + slackCount) return
    this.#ids = [...live.keys()]
    this.#oldestAt = 0
  }

  /** The oldest order that still rests. */
  takeOldest(live: ReadonlyMap<number, unknown>): number | null {
    while (this.#oldestAt < this.#ids.length) {
      const id = this.#ids[this.#oldestAt]
      this.#oldestAt += 1
      if (id !== undefined && live.has(id)) return id
    }
    return null
  }
}
