import type { OrderRows, rowLayout } from './order-rows.js'

// Order id <-> row, for any 64 bits, told as two int32, or any safe integer. Open addressing with linear probing; deletion
// shifts the run behind it back instead of leaving tombstones, so that a book which only ever trades never degrades. An
// entry is two int32: 32 mixed bits of the id, by which nearly all probes are decided, and the row plus one; the id itself
// stands in the row. The table doubles at half load: an oversized one costs more in cache misses than a full one in probes.

const rowShift: typeof rowLayout.shift = 3
const idHigh: typeof rowLayout.idHigh = 6
const idLow: typeof rowLayout.idLow = 7
const entryShift = 1
const none = -1
const twoToMinus32 = 2 ** -32

export class IdTable {
  count = 0
  readonly #orders: OrderRows
  #entries: Int32Array
  #mask: number
  #shift: number
  /** Where the id belongs that was looked for last and is not there; -1 where that is not known any more. */
  #missedAt = none

  constructor(orders: OrderRows, capacity = 256) {
    let bits = 4
    while (1 << bits < capacity) bits += 1
    this.#orders = orders
    this.#entries = new Int32Array(1 << (bits + entryShift))
    this.#mask = (1 << bits) - 1
    this.#shift = 32 - bits
  }

  /** Returns the row of `id`, or -1. */
  get(id: number): number {
    return this.get64(highWord(id), id | 0)
  }

  /** Hot path: guarded by `npm run bench:book`. */
  get64(high: number, low: number): number {
    const entries = this.#entries
    const mixed = mixedBits(high, low)
    let slot = Math.imul(mixed, 0x9e3779b1) >>> this.#shift
    for (;;) {
      const row = (entries[(slot << entryShift) + 1] as number) - 1
      if (row < 0) {
        this.#missedAt = slot
        return none
      }
      if (entries[slot << entryShift] === mixed && this.#isOf(row, high, low)) return row
      slot = (slot + 1) & this.#mask
    }
  }

  /** Adds `id`, which must be the last one that was looked for and is not there, and writes it into its row. */
  add(id: number, row: number): void {
    this.add64(highWord(id), id | 0, row)
  }

  /** Hot path. */
  add64(high: number, low: number, row: number): void {
    if (this.count << 1 > this.#mask) this.#grow()
    const { links } = this.#orders
    links[(row << rowShift) + idHigh] = high
    links[(row << rowShift) + idLow] = low
    const mixed = mixedBits(high, low)
    const slot = this.#missedAt
    if (slot === none) this.#enter(mixed, row)
    else {
      this.#missedAt = none
      this.#entries[slot << entryShift] = mixed
      this.#entries[(slot << entryShift) + 1] = row + 1
    }
    this.count += 1
  }

  /** Removes the id of `row`, which must be there. Hot path. */
  remove(row: number): void {
    this.#missedAt = none
    const { links } = this.#orders
    const entries = this.#entries
    const mask = this.#mask
    const shift = this.#shift
    let hole =
      Math.imul(
        mixedBits(links[(row << rowShift) + idHigh] as number, links[(row << rowShift) + idLow] as number),
        0x9e3779b1,
      ) >>> shift
    while (entries[(hole << entryShift) + 1] !== row + 1) hole = (hole + 1) & mask
    let slot = hole
    for (;;) {
      slot = (slot + 1) & mask
      const moved = entries[(slot << entryShift) + 1] as number
      if (moved === 0) break
      const mixed = entries[slot << entryShift] as number
      const home = Math.imul(mixed, 0x9e3779b1) >>> shift
      // It may fill the hole only if its home does not lie behind the hole, seen around the ring.
      if (((slot - home) & mask) >= ((slot - hole) & mask)) {
        entries[hole << entryShift] = mixed
        entries[(hole << entryShift) + 1] = moved
        hole = slot
      }
    }
    entries[(hole << entryShift) + 1] = 0
    this.count -= 1
  }

  #isOf(row: number, high: number, low: number): boolean {
    const { links } = this.#orders
    return links[(row << rowShift) + idHigh] === high && links[(row << rowShift) + idLow] === low
  }

  #enter(mixed: number, row: number): void {
    const entries = this.#entries
    let slot = Math.imul(mixed, 0x9e3779b1) >>> this.#shift
    while (entries[(slot << entryShift) + 1] !== 0) slot = (slot + 1) & this.#mask
    entries[slot << entryShift] = mixed
    entries[(slot << entryShift) + 1] = row + 1
  }

  #grow(): void {
    const old = this.#entries
    this.#entries = new Int32Array(old.length * 2)
    this.#mask = this.#mask * 2 + 1
    this.#shift -= 1
    this.#missedAt = none
    for (let at = 0; at < old.length; at += 2) {
      const row = (old[at + 1] as number) - 1
      if (row >= 0) this.#enter(old[at] as number, row)
    }
  }
}

/** The upper half of a safe integer; the lower one is `id | 0`. */
export function highWord(id: number): number {
  const low = id | 0
  return low === id ? low >> 31 : Math.floor(id * twoToMinus32) | 0
}

/** Small ids stay as they are; of larger ones both halves count. */
function mixedBits(high: number, low: number): number {
  return low ^ Math.imul(high, 0x85ebca6b)
}
