import { present } from '../../core/assert.js'
import type { ComponentCase } from '../../core/component-case.js'
import { Random } from '../../core/random.js'
import { type BookSide, buy, fillStride, sell, timesInForce } from './book-terms.js'
import { goldenFlow } from './golden-flow.js'
import { OrderBook } from './order-book.js'

// The operations of the order book (UP3), on the book that 20,000 commands of the golden flow leave behind: about 1,000 orders
// on a hundred prices. What a sample changed is put back after it, so that the book stays what it was.

const seed = 20_261_120
const commands = 20_000
const firstId = 1_000_000
const drawn = 4_096

function deepBook(): OrderBook {
  const flow = goldenFlow(commands)
  const book = new OrderBook()
  for (let index = 0; index < flow.count; index += 1) {
    const id = present(flow.id[index], 'a column has an entry a command')
    const side = flow.side[index] === 0 ? buy : sell
    if (flow.cancel[index] === 1) book.cancel(id)
    else book.limit(id, side, flow.price[index] ?? 0, flow.quantity[index] ?? 0)
    book.clearEvents()
  }
  return book
}

type Passive = { readonly side: BookSide; readonly price: number; readonly quantity: number }

/** Orders that rest, nearer to the top more often, as in the flow. */
function passiveOrders(book: OrderBook): Passive[] {
  const random = Random.stream(seed, 'passive')
  return Array.from({ length: drawn }, () => {
    const side = random.below(2) === 0 ? buy : sell
    const distance = Math.min(random.below(60), random.below(60))
    const price = side === buy ? book.bestBid - distance : book.bestAsk + distance
    return { side, price, quantity: 1 + random.below(100) }
  })
}

const first: Passive = { side: buy, price: 1, quantity: 1 }

export const bookAdd: ComponentCase = {
  name: 'book.add',
  description: 'A limit order that rests, into a book of about 1,000 orders.',
  variants: {
    '': () => {
      const book = deepBook()
      const orders = passiveOrders(book)
      let added = 0
      let next = 0
      return {
        call: () => {
          const { side, price, quantity } = orders[next % drawn] ?? first
          next += 1
          added += 1
          return book.limit(firstId + added, side, price, quantity)
        },
        restore: () => {
          for (; added > 0; added -= 1) book.cancel(firstId + added)
        },
      }
    },
  },
}

export const bookCancel: ComponentCase = {
  name: 'book.cancel',
  description: 'The cancel of a resting order, in a book of about 5,000 orders.',
  variants: {
    '': () => {
      const book = deepBook()
      const orders = passiveOrders(book)
      const add = (index: number): void => {
        const { side, price, quantity } = orders[index] ?? first
        book.limit(firstId + index, side, price, quantity)
      }
      for (let index = 0; index < drawn; index += 1) add(index)
      // A prime step visits all of them in an order that is not theirs in the queues.
      const step = 1_009
      let from = 0
      let next = 0
      return {
        call: () => {
          const verdict = book.cancel(firstId + next)
          next = (next + step) % drawn
          return verdict
        },
        restore: () => {
          for (; from !== next; from = (from + step) % drawn) add(from)
        },
      }
    },
  },
}

export const bookExecute: ComponentCase = {
  name: 'book.execute',
  description: 'An immediate-or-cancel order that takes 1 to 20 lots off the top of the book.',
  variants: {
    '': () => {
      const book = deepBook()
      const random = Random.stream(seed, 'takers')
      const takers = Array.from({ length: drawn }, (_, index): { side: BookSide; quantity: number } => ({
        side: index % 2 === 0 ? buy : sell,
        quantity: 1 + random.below(20),
      }))
      let next = 0
      return {
        call: () => {
          const taker = takers[next % drawn]
          next += 1
          const side = taker?.side ?? buy
          const limit = side === buy ? book.bestAsk + 30 : Math.max(1, book.bestBid - 30)
          return book.limit(firstId + next, side, limit, taker?.quantity ?? 1, timesInForce.ioc)
        },
        restore: () => putBack(book),
      }
    },
  },
}

/** Gives back to each maker what was taken from it, so that neither the orders nor their quantities drift away. */
function putBack(book: OrderBook): void {
  for (let fill = 0; fill < book.fillCount; fill += 1) {
    const at = fill * fillStride
    const taker = book.fills[at] ?? 0
    const maker = book.fills[at + 1] ?? 0
    const price = book.fills[at + 2] ?? 0
    const quantity = book.fills[at + 3] ?? 0
    const left = book.quantityOf(maker)
    // Takers alternate and begin with a buyer, whose makers sell.
    const side: BookSide = (taker - firstId) % 2 === 1 ? sell : buy
    if (left === 0) book.limit(maker, side, price, quantity)
    else book.modify(maker, price, left + quantity)
  }
  book.clearEvents()
}
