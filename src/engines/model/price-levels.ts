import { assert } from '../../core/assert.js'
import { enlarged } from '../../core/enlarged.js'

// Price levels by tick: pages of 512 ticks, taken when a price in them first holds an order and given back when the last
// one leaves. Within a page a level is an array index, and one bit a tick says whether it holds anything, so the next
// occupied price is found by counting leading zeros. A page that is given back is all zero, so taking it costs nothing.

/** The highest price in ticks that a book takes. */
export const tickMax = 0x7fff_ffff
const pageBits = 9
const pageTicks = 1 << pageBits
const wordsPerPage = pageTicks >> 5
const none = -1

/** Slots index `head`, `tail`, `count` and `quantity`; a slot is valid while its level is occupied. */
export class PriceLevels {
  head = new Int32Array(pageTicks)
  tail = new Int32Array(pageTicks)
  count = new Int32Array(pageTicks)
  quantity = new Float64Array(pageTicks)
  /** Occupied levels in all. */
  occupied = 0
  #bits = new Int32Array(wordsPerPage)
  /** Occupied levels of each page. */
  #pageLevels = new Int32Array(1)
  #freePages: number[] = [0]
  #pages = 1
  /** Page of each range of 512 ticks, from #directoryFrom on. */
  #directory = new Int32Array(1).fill(none)
  #directoryFrom = 0

  /** Slot of an occupied tick, or -1. */
  find(tick: number): number {
    const entry = (tick >> pageBits) - this.#directoryFrom
    if (entry < 0 || entry >= this.#directory.length) return none
    const page = this.#directory[entry] as number
    if (page === none) return none
    const slot = (page << pageBits) | (tick & (pageTicks - 1))
    return this.count[slot] === 0 ? none : slot
  }

  /** Slot of a tick that is about to hold an order; marks it occupied. Hot path: guarded by `npm run bench:book`. */
  open(tick: number): number {
    const entry = (tick >> pageBits) - this.#directoryFrom
    let page = entry >= 0 && entry < this.#directory.length ? (this.#directory[entry] as number) : none
    if (page === none) page = this.#takePage(tick >> pageBits)
    const slot = (page << pageBits) | (tick & (pageTicks - 1))
    if (this.count[slot] === 0) {
      const word = slot >> 5
      this.#bits[word] = (this.#bits[word] as number) | (1 << (slot & 31))
      this.#pageLevels[page] = (this.#pageLevels[page] as number) + 1
      this.occupied += 1
    }
    return slot
  }

  /** Gives up a level whose count has become 0. Hot path. */
  close(slot: number, tick: number): void {
    const word = slot >> 5
    const page = slot >> pageBits
    this.quantity[slot] = 0
    this.#bits[word] = (this.#bits[word] as number) & ~(1 << (slot & 31))
    const left = (this.#pageLevels[page] as number) - 1
    this.#pageLevels[page] = left
    this.occupied -= 1
    if (left === 0) {
      this.#directory[(tick >> pageBits) - this.#directoryFrom] = none
      this.#freePages.push(page)
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
      const first = page * wordsPerPage
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
      const first = page * wordsPerPage
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
    if (this.#freePages.length === 0) this.#addPages()
    const page = this.#freePages.pop()
    assert(page !== undefined, 'a page is free after adding pages')
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

  #addPages(): void {
    const before = this.#pages
    const after = before * 2
    this.head = enlarged(new Int32Array(after * pageTicks), this.head)
    this.tail = enlarged(new Int32Array(after * pageTicks), this.tail)
    this.count = enlarged(new Int32Array(after * pageTicks), this.count)
    this.quantity = enlarged(new Float64Array(after * pageTicks), this.quantity)
    this.#bits = enlarged(new Int32Array(after * wordsPerPage), this.#bits)
    this.#pageLevels = enlarged(new Int32Array(after), this.#pageLevels)
    for (let page = after - 1; page >= before; page -= 1) this.#freePages.push(page)
    this.#pages = after
  }
}
