import { enlarged } from '../../core/enlarged.js'

// Rows of a book: eight int32 and a double each, for orders and for price levels alike, so that a level is the ring of its
// orders with itself between the last and the first: who joins or leaves needs not ask whether there is another one. Freed
// rows of orders are threaded into a list through their first number. The id stands in the row, so that a cancel finds all of
// an order in one line of the cache.

/** Where the numbers of an order stand in its row; `shift` makes a row the place of its first one. */
export const rowLayout = {
  shift: 3,
  next: 0,
  previous: 1,
  levelSlot: 2,
  levelTick: 3,
  /** Its side, and above that bit what it rests by: good till cancelled, or post-only. */
  terms: 4,
  account: 5,
  idHigh: 6,
  idLow: 7,
  /** Of a level, in the place of its slot: how many orders it has. */
  count: 2,
} as const
/** Rows that are given out together to price levels, beginning at a multiple of their number. */
export const pageRows = 256
const rowShift: typeof rowLayout.shift = 3
const idHigh: typeof rowLayout.idHigh = 6
const idLow: typeof rowLayout.idLow = 7
const none = -1

/** The integer of two words, rounded where it is not safe. */
export function numberOf(high: number, low: number): number {
  return high * 2 ** 32 + (low >>> 0)
}

export class OrderRows {
  /** Eight numbers a row; the first one is the next row of a list, the rest is the book's. */
  links = new Int32Array((2 * pageRows) << rowShift)
  quantities = new Float64Array(2 * pageRows)
  #free = none
  #used = 0

  /** A row that nobody holds; what stands in it is of no account. Hot path: guarded by `npm run bench:book`. */
  take(): number {
    const row = this.#free
    if (row !== none) {
      this.#free = this.links[row << rowShift] as number
      return row
    }
    if (this.#used === this.quantities.length) this.#grow()
    this.#used += 1
    return this.#used - 1
  }

  /** Hot path. */
  giveBack(row: number): void {
    this.links[row << rowShift] = this.#free
    this.#free = row
  }

  /** The first row of a page that is all zero. */
  takePage(): number {
    while (this.#used % pageRows !== 0) {
      this.giveBack(this.#used)
      this.#used += 1
    }
    if (this.#used === this.quantities.length) this.#grow()
    this.#used += pageRows
    return this.#used - pageRows
  }

  highOf(row: number): number {
    return this.links[(row << rowShift) + idHigh] as number
  }

  lowOf(row: number): number {
    return this.links[(row << rowShift) + idLow] as number
  }

  /** The id of a row, rounded where it is no safe integer. */
  idOf(row: number): number {
    return numberOf(this.highOf(row), this.lowOf(row))
  }

  #grow(): void {
    this.links = enlarged(new Int32Array(this.links.length * 2), this.links)
    this.quantities = enlarged(new Float64Array(this.quantities.length * 2), this.quantities)
  }
}
