import { enlarged } from '../../core/enlarged.js'

// Rows of a book's orders: eight int32 and a double each, with freed rows threaded into a list through their first number.

/** Where the numbers of an order stand in its row; `shift` makes a row the place of its first one. */
export const rowLayout = {
  shift: 3,
  next: 0,
  previous: 1,
  levelSlot: 2,
  levelTick: 3,
  side: 4,
  account: 5,
  /** What it rests by, of which there are two: good till cancelled, and post-only. */
  timeInForce: 6,
} as const
const rowShift: typeof rowLayout.shift = 3
const none = -1

export class OrderRows {
  /** Eight numbers a row; the first one is the next row of a list, the rest is the book's. */
  links = new Int32Array(256 << rowShift)
  quantities = new Float64Array(256)
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

  #grow(): void {
    this.links = enlarged(new Int32Array(this.links.length * 2), this.links)
    this.quantities = enlarged(new Float64Array(this.quantities.length * 2), this.quantities)
  }
}
