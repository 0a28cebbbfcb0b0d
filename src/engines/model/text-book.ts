import {
  type BookSide,
  type BookTimeInForce,
  expiredStride,
  fillStride,
  noAccount,
  type Verdict,
  verdicts,
} from './book-terms.js'
import type { OrderBook } from './order-book.js'
import { TextIds } from './text-ids.js'

/**
 * A book whose orders are named by text. Fills and expiries stand in `book` by handle until the next command, and
 * `ids.textOf` tells whose they are.
 */
export class TextBook {
  readonly ids = new TextIds()
  readonly book: OrderBook

  /** The book must be empty, and be told nothing but through here. */
  constructor(book: OrderBook) {
    this.book = book
  }

  limit(
    text: string,
    side: BookSide,
    price: number,
    quantity: number,
    timeInForce?: BookTimeInForce,
    account: number = noAccount,
  ): Verdict {
    this.book.clearEvents()
    const handle = this.ids.claim(text)
    if (handle < 0) return verdicts.duplicateId
    return this.#settle(handle, this.book.limit(handle, side, price, quantity, timeInForce, account))
  }

  market(text: string, side: BookSide, quantity: number, account: number = noAccount): Verdict {
    this.book.clearEvents()
    const handle = this.ids.claim(text)
    if (handle < 0) return verdicts.duplicateId
    return this.#settle(handle, this.book.market(handle, side, quantity, account))
  }

  cancel(text: string): Verdict {
    this.book.clearEvents()
    const handle = this.ids.find(text)
    if (handle < 0) return verdicts.unknownId
    return this.#settle(handle, this.book.cancel(handle))
  }

  modify(text: string, price: number, quantity: number): Verdict {
    this.book.clearEvents()
    const handle = this.ids.find(text)
    if (handle < 0) return verdicts.unknownId
    const verdict = this.book.modify(handle, price, quantity)
    // What is rejected leaves the order where it is.
    return verdict < 0 ? verdict : this.#settle(handle, verdict)
  }

  /** Releases the handles of all orders that a command took out of the book, its own among them. */
  #settle(own: number, verdict: Verdict): Verdict {
    const { book, ids } = this
    for (let index = 0; index < book.fillCount; index += 1) {
      const maker = book.fills[index * fillStride + 1] as number
      // Each fill but the last used its maker up, or the taker would have ended there.
      if (index < book.fillCount - 1 || book.quantityOf(maker) === 0) ids.release(maker)
    }
    for (let index = 0; index < book.expiredCount; index += 1) {
      ids.release(book.expired[index * expiredStride] as number)
    }
    if (verdict !== verdicts.rested) ids.release(own)
    return verdict
  }
}
