import { buy, sell, timesInForce, type Verdict } from '../model/book-terms.js'
import type { NewOrder, ReplaceOrder, Side } from '../model/messages.js'
import type { OrderBook } from '../model/order-book.js'
import type { Ages } from './ages.js'
import type { HouseDesk, HouseMaker } from './house.js'
import { impossibleReason, staysExact, wouldMeet } from './order-checks.js'
import type { SymbolPositions } from './positions.js'

/** What the venue knows of an order beyond what its book does. */
export type Order = {
  readonly orderId: number
  readonly account: string
  readonly symbol: string
  readonly side: Side
  readonly postOnly: boolean
  qty: number
  cumQty: number
  cumNotional: number
  /** The last replacement that came into force. */
  revision: number
}

/** One symbol at the venue. */
export type Market = {
  readonly symbol: string
  readonly book: OrderBook
  /** Resting orders of accounts, oldest first. */
  readonly orders: Map<number, Order>
  readonly ages: Ages
  readonly houseOrders: Map<number, Order>
  readonly house: HouseMaker
  readonly desk: HouseDesk
  readonly positions: SymbolPositions
}

export function orderOf(
  { orderId, account, symbol }: Pick<Order, 'orderId' | 'account' | 'symbol'>,
  { side, qty, postOnly }: Pick<Order, 'side' | 'qty' | 'postOnly'>,
): Order {
  return { orderId, account, symbol, side, postOnly, qty, cumQty: 0, cumNotional: 0, revision: 0 }
}

/** Of an order that is not cancelled, rejected or expired. */
export function statusOf({ qty, cumQty }: Order): 'new' | 'partiallyFilled' | 'filled' {
  if (cumQty === qty) return 'filled'
  return cumQty === 0 ? 'new' : 'partiallyFilled'
}

export function place(book: OrderBook, command: NewOrder, account: number): Verdict {
  const side = command.side === 'buy' ? buy : sell
  if (command.type === 'market') return book.market(command.orderId, side, command.qty, account)
  return book.limit(command.orderId, side, command.price, command.qty, timesInForce[command.timeInForce], account)
}

/** Why a replacement cannot come into force, or null. */
export function refusalOf(command: ReplaceOrder, order: Order, market: Market): string | null {
  const { orderId, side } = order
  const { revision, qty, price } = command
  const terms = { side, type: 'limit', price } as const
  const impossible = impossibleReason({ ...terms, orderId, qty })
  if (impossible !== null) return impossible
  // The house may have traded with it on the way to the quote that the change carries.
  if (!market.orders.has(orderId)) return 'too late: it is filled'
  if (!Number.isSafeInteger(revision) || revision <= order.revision) return 'revision is not above the last one'
  if (!staysExact(terms, Math.max(0, qty - order.cumQty), order.cumNotional, market.book)) return 'notional too large'
  return order.postOnly && wouldMeet(terms, market.book) ? 'post-only would trade' : null
}
