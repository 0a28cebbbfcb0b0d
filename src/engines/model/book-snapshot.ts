import { assert } from '../../core/assert.js'
import {
  type BookSide,
  type BookTimeInForce,
  buy,
  type SelfTradePolicy,
  sell,
  timesInForce,
  verdicts,
} from './book-terms.js'
import { OrderBook } from './order-book.js'

/** What a book holds, without a trace of how it came there: equal books have equal snapshots. */
type BookSnapshot = {
  readonly selfTrade: SelfTradePolicy
  /**
   * Seven numbers an order: high and low word of its id, side, price, quantity, time in force, account. Bids from the best
   * down, then asks from the best up, oldest first.
   */
  readonly orders: Float64Array
}

const numbersPerOrder = 7

export function snapshotOf(book: OrderBook): BookSnapshot {
  const { depth, selfTrade } = book
  const orders = new Float64Array(book.liveOrders * numbersPerOrder)
  let at = 0
  const writeLevel = (side: BookSide, price: number): void => {
    depth.forEachAt(price, ({ high, low, quantity, timeInForce, account }) => {
      orders[at] = high
      orders[at + 1] = low
      orders[at + 2] = side
      orders[at + 3] = price
      orders[at + 4] = quantity
      orders[at + 5] = timeInForce
      orders[at + 6] = account
      at += numbersPerOrder
    })
  }
  for (let price = book.bestBid; price !== 0; price = depth.bidBelow(price)) writeLevel(buy, price)
  for (let price = book.bestAsk; price !== 0; price = depth.askAbove(price)) writeLevel(sell, price)
  assert(at === orders.length, 'every live order stands at one price')
  return { selfTrade, orders }
}

/** A book that from here on does what the other one would have done. */
export function restoredBook({ selfTrade, orders }: BookSnapshot): OrderBook {
  const book = new OrderBook(selfTrade)
  for (let at = 0; at < orders.length; at += numbersPerOrder) {
    const [high = 0, low = 0, side = 0, price = 0, quantity = 0, timeInForce = 0, account = 0] = orders.subarray(at)
    assert(
      timeInForce === timesInForce.gtc || timeInForce === timesInForce.postOnly,
      'an order rests by one of the two',
    )
    const terms: BookTimeInForce = timeInForce
    const verdict = book.limit64(high, low, side === buy ? buy : sell, price, quantity, terms, account)
    const met = book.fillCount + book.expiredCount > 0
    assert(verdict === verdicts.rested && !met, 'the orders of a snapshot rest beside each other')
  }
  return book
}
