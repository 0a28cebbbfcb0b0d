const none = -1

/** Slots in order, each at most once; every operation takes the same short time and allocates nothing. */
export class SlotList {
  readonly #next: Int32Array
  readonly #previous: Int32Array
  readonly #listed: Uint8Array
  #first = none
  #last = none

  constructor(slotCount: number) {
    this.#next = new Int32Array(slotCount).fill(none)
    this.#previous = new Int32Array(slotCount).fill(none)
    this.#listed = new Uint8Array(slotCount)
  }

  get empty(): boolean {
    return this.#first === none
  }

  /** -1 where there is none. */
  get first(): number {
    return this.#first
  }

  has(slot: number): boolean {
    return this.#listed[slot] === 1
  }

  push(slot: number): void {
    this.#insert(slot, this.#last, none)
  }

  unshift(slot: number): void {
    this.#insert(slot, none, this.#first)
  }

  /** The first slot, or -1. */
  shift(): number {
    const slot = this.#first
    if (slot !== none) this.remove(slot)
    return slot
  }

  remove(slot: number): void {
    const next = this.#next[slot] ?? none
    const previous = this.#previous[slot] ?? none
    this.#join(previous, next)
    this.#listed[slot] = 0
  }

  #insert(slot: number, previous: number, next: number): void {
    this.#join(previous, slot)
    this.#join(slot, next)
    this.#listed[slot] = 1
  }

  /** Makes two slots neighbours; -1 stands for the ends of the list. */
  #join(previous: number, next: number): void {
    if (previous === none) this.#first = next
    else this.#next[previous] = next
    if (next === none) this.#last = previous
    else this.#previous[next] = previous
  }
}
