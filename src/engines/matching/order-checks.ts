import type { NewOrder } from '../model/messages.js'
import type { OrderBook } from '../model/order-book.js'
import { tickMax } from '../model/price-levels.js'

// What can be said of a command before a book takes it: why it cannot be, what it could cost, whom it would meet.

const notionalMax = Number.MAX_SAFE_INTEGER

type Terms = Pick<NewOrder, 'side' | 'type' | 'price'>

export function impossibleReason(order: Pick<NewOrder, 'orderId' | 'qty' | 'type' | 'price'>): string | null {
  const { orderId, qty, type, price } = order
  if (!Number.isSafeInteger(orderId) || orderId < 1) return 'order id is not a positive integer'
  if (!Number.isSafeInteger(qty) || qty < 1) return 'quantity is not a positive number of lots'
  if (type === 'market') return null
  return Number.isInteger(price) && price >= 1 && price <= tickMax ? null : 'price is not a positive number of ticks'
}

/** Whether all that an order can still trade, at the dearest, keeps its notional an exact integer. */
export function staysExact(terms: Terms, leavesQty: number, cumNotional: number, book: OrderBook): boolean {
  return cumNotional + leavesQty * dearestPrice(terms, book) <= notionalMax
}

/** A post-only order is rejected before it is acknowledged: an order that was new cannot become rejected. */
export function wouldMeet({ type, side, price }: Terms, { bestBid, bestAsk }: OrderBook): boolean {
  if (type === 'market') return true
  return side === 'buy' ? bestAsk !== 0 && bestAsk <= price : bestBid >= price
}

/** The highest price at which any part of the order can trade, now or resting. */
function dearestPrice({ side, type, price }: Terms, book: OrderBook): number {
  if (side === 'sell') return Math.max(book.bestBid, type === 'limit' ? price : 1)
  return type === 'limit' ? price : Math.max(1, book.highestAsk())
}
