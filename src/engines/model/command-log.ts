import { enlarged } from '../../core/enlarged.js'
import type { BookSide, BookTimeInForce, Verdict } from './book-terms.js'
import type { EventHash } from './event-hash.js'
import type { OrderBook } from './order-book.js'

/** A command as a book takes it. */
export type BookCommand =
  | {
      readonly kind: 'limit'
      readonly id: number
      readonly side: BookSide
      readonly price: number
      readonly quantity: number
      readonly timeInForce: BookTimeInForce
      readonly account: number
    }
  | {
      readonly kind: 'market'
      readonly id: number
      readonly side: BookSide
      readonly quantity: number
      readonly account: number
    }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'modify'; readonly id: number; readonly price: number; readonly quantity: number }

const kinds = ['limit', 'market', 'cancel', 'modify'] as const
const numbersPerCommand = 7

/**
 * The commands of a book in their order, seven numbers each. A snapshot and the commands after it give the book again,
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
    numbers[at + 1] = command.id
    numbers[at + 2] = 'side' in command ? command.side : 0
    numbers[at + 3] = 'price' in command ? command.price : 0
    numbers[at + 4] = 'quantity' in command ? command.quantity : 0
    numbers[at + 5] = 'timeInForce' in command ? command.timeInForce : 0
    numbers[at + 6] = 'account' in command ? command.account : 0
    this.count += 1
  }

  /** Gives a book the commands from `from` on, and their outcome to `hash`. */
  replay(book: OrderBook, hash: EventHash, from = 0): void {
    for (let index = from; index < this.count; index += 1) {
      book.clearEvents()
      hash.add(book, this.#execute(book, index * numbersPerCommand))
    }
    book.clearEvents()
  }

  #execute(book: OrderBook, at: number): Verdict {
    const numbers = this.#numbers
    const id = numbers[at + 1] as number
    const side = numbers[at + 2] as BookSide
    const price = numbers[at + 3] as number
    const quantity = numbers[at + 4] as number
    const account = numbers[at + 6] as number
    switch (kinds[numbers[at] as number]) {
      case 'limit':
        return book.limit(id, side, price, quantity, numbers[at + 5] as BookTimeInForce, account)
      case 'market':
        return book.market(id, side, quantity, account)
      case 'modify':
        return book.modify(id, price, quantity)
      default:
        return book.cancel(id)
    }
  }
}
