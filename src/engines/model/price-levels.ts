import { assert } from '../../core/assert.js'
import { enlarged } from '../../core/enlarged.js'
import type { OrderRows, pageRows, rowLayout } from './order-rows.js'

// Price levels by tick: pages of 256 ticks, taken when a price in them first holds an order and given back when the last
// one leaves. A level is a row of the book, within a page by its tick, and one bit a tick says whether it holds anything, so
// the next occupied price is found by counting leading zeros. The rows of a page that is given back have count and quantity
// zero, so taking it costs nothing.

/** The highest price in ticks that a book takes. */
export const tickMax = 0x7fff_ffff
const pageBits = 8
const pageTicks: typeof pageRows = 256
const wordsPerPage = pageTicks >> 5
const rowShift: typeof rowLayout.shift = 3
const next: typeof rowLayout.next = 0
const previous: typeof rowLayout.previous = 1
const orderCount: typeof rowLayout.count = 2
const none = -1

/** A level's slot is its row: orders hang between `next` and `previous`, `quantities` holds their sum. Valid while occupied. */
export class PriceLevels {
  /** Occupied levels in all. */
  occupied = 0
  readonly #rows: OrderRows
  /** One bit a row. */
  #bits = new Int32Array(wordsPerPage)
  /** Occupied levels by the number of the page. */
  #pageLevels = new Int32Array(1)
  readonly #freePages: number[] = []
  /** First row of the page of each range of 256 ticks, from #directoryFrom on. */
  #directory = new Int32Array(1).fill(none)
  #directoryFrom = 0

  constructor(rows: OrderRows) {
    this.#rows = rows
    this.#addPage()
  }

  /** Slot of an occupied tick, or -1. */
  find(tick: number): number {
    const entry = (tick >> pageBits) - this.#directoryFrom
    if (entry < 0 || entry >= this.#directory.length) return none
    const page = this.#directory[entry] as number
    if (page === none) return none
    const slot = page | (tick & (pageTicks - 1))
    return this.countAt(slot) === 0 ? none : slot
  }

  countAt(slot: number): number {
    return this.#rows.links[(slot << rowShift) + orderCount] as number
  }

  /** Slot of a tick that is about to hold an order; marks it occupied. Hot path: guarded by `npm run bench:book`. */
  open(tick: number): number {
    const entry = (tick >> pageBits) - this.#directoryFrom
    let page = entry >= 0 && entry < this.#directory.length ? (this.#directory[entry] as number) : none
    if (page === none) page = this.#takePage(tick >> pageBits)
    const slot = page | (tick & (pageTicks - 1))
    const { links } = this.#rows
    const at = slot << rowShift
    if (links[at + orderCount] === 0) {
      links[at + next] = slot
      links[at + previous] = slot
      const word = slot >> 5
      this.#bits[word] = (this.#bits[word] as number) | (1 << (slot & 31))
      this.#pageLevels[page >> pageBits] = (this.#pageLevels[page >> pageBits] as number) + 1
      this.occupied += 1
    }
    return slot
  }

  /** Gives up a level whose count has become 0. Hot path. */
  close(slot: number, tick: number): void {
    const word = slot >> 5
    const page = slot >> pageBits
    this.#rows.quantities[slot] = 0
    this.#bits[word] = (this.#bits[word] as number) & ~(1 << (slot & 31))
    const left = (this.#pageLevels[page] as number) - 1
    this.#pageLevels[page] = left
    this.occupied -= 1
    if (left === 0) {
      this.#directory[(tick >> pageBits) - this.#directoryFrom] = none
      this.#freePages.push(page << pageBits)
    }
  }

  /** The nearest occupied tick at or above `tick`, or 0. Hot path. */
  atOrAbove(tick: number): number {
    const directory = this.#directory
    const from = this.#directoryFrom
    let entry = (tick >> pageBits) - from
    let offset = tick & (pageTicks - 1)
    if (entry < 0) {
      entry = 0
      offset = 0
    }
    for (; entry < directory.length; entry += 1, offset = 0) {
      const page = directory[entry] as number
      if (page === none) continue
      const first = page >> 5
      let index = offset >> 5
      let bits = (this.#bits[first + index] as number) & (-1 << (offset & 31))
      while (bits === 0 && index < wordsPerPage - 1) {
        index += 1
        bits = this.#bits[first + index] as number
      }
      if (bits !== 0) return ((entry + from) << pageBits) | (index << 5) | (31 - Math.clz32(bits & -bits))
    }
    return 0
  }

  /** The nearest occupied tick at or below `tick`, or 0. Hot path. */
  atOrBelow(tick: number): number {
    const directory = this.#directory
    const from = this.#directoryFrom
    let entry = (tick >> pageBits) - from
    let offset = tick & (pageTicks - 1)
    if (entry >= directory.length) {
      entry = directory.length - 1
      offset = pageTicks - 1
    }
    for (; entry >= 0; entry -= 1, offset = pageTicks - 1) {
      const page = directory[entry] as number
      if (page === none) continue
      const first = page >> 5
      let index = offset >> 5
      let bits = (this.#bits[first + index] as number) & (-1 >>> (31 - (offset & 31)))
      while (bits === 0 && index > 0) {
        index -= 1
        bits = this.#bits[first + index] as number
      }
      if (bits !== 0) return ((entry + from) << pageBits) | (index << 5) | (31 - Math.clz32(bits))
    }
    return 0
  }

  #takePage(range: number): number {
    this.#coverRange(range)
    if (this.#freePages.length === 0) this.#addPage()
    const page = this.#freePages.pop()
    assert(page !== undefined, 'a page is free after adding one')
    this.#directory[range - this.#directoryFrom] = page
    return page
  }

  /** Widens the directory by a quarter beyond what is asked, so that a drifting price widens it rarely. */
  #coverRange(range: number): void {
    const old = this.#directory
    const from = this.#directoryFrom
    if (this.occupied === 0) {
      // Nothing is kept: start the directory anew around the price.
      if (range < from || range >= from + old.length) {
        this.#directory = new Int32Array(9).fill(none)
        this.#directoryFrom = Math.max(0, range - 4)
      }
      return
    }
    if (range >= from && range < from + old.length) return
    const slack = (old.length >> 2) + 4
    const newFrom = range < from ? Math.max(0, range - slack) : from
    const newEnd = Math.max(from + old.length, range >= from + old.length ? range + slack : 0)
    const wider = new Int32Array(newEnd - newFrom + 1).fill(none)
    wider.set(old, from - newFrom)
    this.#directory = wider
    this.#directoryFrom = newFrom
  }

  #addPage(): void {
    const page = this.#rows.takePage()
    let words = this.#bits.length
    while (words <= page >> 5) words *= 2
    if (words > this.#bits.length) {
      this.#bits = enlarged(new Int32Array(words), this.#bits)
      this.#pageLevels = enlarged(new Int32Array(words / wordsPerPage), this.#pageLevels)
    }
    this.#freePages.push(page)
  }
}
