import { assert } from '../../core/assert.js'
import { type BookSide, buy, type SelfTradePolicy, sell, timesInForce, verdicts } from './book-terms.js'
import { OrderBook } from './order-book.js'

/** What a book holds, without a trace of how it came there: equal books have equal snapshots. */
type BookSnapshot = {
  readonly selfTrade: SelfTradePolicy
  /** Five numbers an order: id, side, price, quantity, account. Bids from the best down, then asks from the best up, oldest first. */
  readonly orders: Float64Array
}

const numbersPerOrder = 5

export function snapshotOf(book: OrderBook): BookSnapshot {
  const orders = new Float64Array(book.liveOrders * numbersPerOrder)
  let at = 0
  const writeLevel = (side: BookSide, price: number): void => {
    book.forEachAt(price, (id, quantity, account) => {
      orders[at] = id
      orders[at + 1] = side
      orders[at + 2] = price
      orders[at + 3] = quantity
      orders[at + 4] = account
      at += numbersPerOrder
    })
  }
  for (let price = book.bestBid; price !== 0; price = book.bidBelow(price)) writeLevel(buy, price)
  for (let price = book.bestAsk; price !== 0; price = book.askAbove(price)) writeLevel(sell, price)
  assert(at === orders.length, 'every live order stands at one price')
  return { selfTrade: book.selfTrade, orders }
}

/** A book that from here on does what the other one would have done. */
export function restoredBook({ selfTrade, orders }: BookSnapshot): OrderBook {
  const book = new OrderBook(selfTrade)
  for (let at = 0; at < orders.length; at += numbersPerOrder) {
    const [id = 0, side = 0, price = 0, quantity = 0, account = 0] = orders.subarray(at, at + numbersPerOrder)
    // Post-only, for the orders of a snapshot have met each other already.
    const verdict = book.limit(id, side === buy ? buy : sell, price, quantity, timesInForce.postOnly, account)
    assert(verdict === verdicts.rested, 'the orders of a snapshot rest beside each other')
  }
  return book
}
