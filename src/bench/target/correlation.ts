/** Which request an answer belongs to where it comes by another way than the connection: by the number that both carry. */
export class Correlation {
  readonly #slotOf = new Map<number, number>()
  readonly #seqOf: Float64Array

  constructor(slotCount: number) {
    this.#seqOf = new Float64Array(slotCount).fill(-1)
  }

  /** Hot path: once a request. */
  begin(slot: number, seq: number): void {
    this.#slotOf.set(seq, slot)
    this.#seqOf[slot] = seq
  }

  /** Slot of a seq, which is under way no more; -1 where it was given up, answered already, or is not ours. Hot path. */
  end(seq: number): number {
    const slot = this.#slotOf.get(seq)
    if (slot === undefined) return -1
    this.#slotOf.delete(seq)
    this.#seqOf[slot] = -1
    return slot
  }

  forget(slot: number): void {
    const seq = this.#seqOf[slot] ?? -1
    if (seq >= 0) this.end(seq)
  }

  /** Slots that are under way. */
  slots(): number[] {
    return [...this.#slotOf.values()]
  }
}
