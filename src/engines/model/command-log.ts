import { enlarged } from '../../core/enlarged.js'
import type { BookSide, BookTimeInForce, Verdict } from './book-terms.js'
import type { EventHash } from './event-hash.js'
import type { OrderBook } from './order-book.js'

/** High and low word of an order id; for an id that is a safe integer: `highWord(id)` and `id | 0`. */
type IdWords = { readonly high: number; readonly low: number }

/** A command as a book takes it. */
export type BookCommand = IdWords &
  (
    | {
        readonly kind: 'limit'
        readonly side: BookSide
        readonly price: number
        readonly quantity: number
        readonly timeInForce: BookTimeInForce
        readonly account: number
      }
    | {
        readonly kind: 'market'
        readonly side: BookSide
        readonly quantity: number
        readonly account: number
      }
    | { readonly kind: 'cancel' }
    | { readonly kind: 'modify'; readonly price: number; readonly quantity: number }
  )

const kinds = ['limit', 'market', 'cancel', 'modify'] as const
const numbersPerCommand = 8

/**
 * The commands of a book in their order, eight numbers each. A snapshot and the commands after it give the book again,
 * with every fill on the way.
 */
export class CommandLog {
  count = 0
  #numbers = new Float64Array(64 * numbersPerCommand)

  append(command: BookCommand): void {
    const at = this.count * numbersPerCommand
    if (at === this.#numbers.length) {
      this.#numbers = enlarged(new Float64Array(this.#numbers.length * 2), this.#numbers)
    }
    const numbers = this.#numbers
    numbers[at] = kinds.indexOf(command.kind)
    numbers[at + 1] = command.high
    numbers[at + 2] = command.low
    numbers[at + 3] = 'side' in command ? command.side : 0
    numbers[at + 4] = 'price' in command ? command.price : 0
    numbers[at + 5] = 'quantity' in command ? command.quantity : 0
    numbers[at + 6] = 'timeInForce' in command ? command.timeInForce : 0
    numbers[at + 7] = 'account' in command ? command.account : 0
    this.count += 1
  }

  /** Gives a book the commands from `from` on, and their outcome to `hash`. */
  replay(book: OrderBook, hash: EventHash, from = 0): void {
    for (let index = from; index < this.count; index += 1) {
      const at = index * numbersPerCommand
      book.clearEvents()
      const verdict = this.#execute(book, at)
      hash.add(book, this.#numbers[at + 1] as number, this.#numbers[at + 2] as number, verdict)
    }
    book.clearEvents()
  }

  #execute(book: OrderBook, at: number): Verdict {
    const numbers = this.#numbers
    const high = numbers[at + 1] as number
    const low = numbers[at + 2] as number
    const side = numbers[at + 3] as BookSide
    const price = numbers[at + 4] as number
    const quantity = numbers[at + 5] as number
    const account = numbers[at + 7] as number
    switch (kinds[numbers[at] as number]) {
      case 'limit':
        return book.limit64(high, low, side, price, quantity, numbers[at + 6] as BookTimeInForce, account)
      case 'market':
        return book.market64(high, low, side, quantity, account)
      case 'modify':
        return book.modify64(high, low, price, quantity)
      default:
        return book.cancel64(high, low)
    }
  }
}
