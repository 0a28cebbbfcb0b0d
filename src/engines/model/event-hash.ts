import { expiredStride, fillStride, type Verdict } from './book-terms.js'
import type { OrderBook } from './order-book.js'

/**
 * A running hash of all that a book was told and told itself, 64 bits: the same commands in the same order end at the same
 * hash. It finds where two runs differ; it is no defence against somebody who wants them to agree.
 */
export class EventHash {
  #first = 0x243f6a88
  #second = 0x85a308d3 | 0

  /** Takes in what the last command, of the order of these words, did, before `clearEvents`. */
  add(book: OrderBook, high: number, low: number, verdict: Verdict): void {
    this.#word(high)
    this.#word(low)
    this.#word(verdict)
    // After a reject the quantity is still that of the command before.
    if (verdict >= 0) this.#number(book.leaves)
    // By words, where `fills` and `expired` hold rounded ids. The taker of all fills is the order of the command.
    this.#word(book.fillCount)
    for (let index = 0; index < book.fillCount; index += 1) {
      this.#id(book.makerIds, index)
      this.#number(book.fills[index * fillStride + 2] as number)
      this.#number(book.fills[index * fillStride + 3] as number)
    }
    this.#word(book.expiredCount)
    for (let index = 0; index < book.expiredCount; index += 1) {
      this.#id(book.expiredIds, index)
      this.#number(book.expired[index * expiredStride + 1] as number)
    }
  }

  digest(): string {
    return hex(final(this.#first ^ Math.imul(this.#second, 5))) + hex(final(this.#second))
  }

  #id(words: Int32Array, index: number): void {
    this.#word(words[index << 1] as number)
    this.#word(words[(index << 1) + 1] as number)
  }

  #number(value: number): void {
    this.#word(value | 0)
    this.#word(Math.floor(value / 2 ** 32) | 0)
  }

  /** The steps of MurmurHash3, one lane fed into the other. */
  #word(word: number): void {
    const first = Math.imul(this.#first ^ Math.imul(word, 0xcc9e2d51), 0x1b873593)
    this.#first = (first << 15) | (first >>> 17)
    const second = Math.imul((this.#second ^ word) + this.#first, 0x85ebca6b)
    this.#second = (second << 13) | (second >>> 19)
  }
}

function final(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0')
}
