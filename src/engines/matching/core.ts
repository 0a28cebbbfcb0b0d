import { present } from '../../core/assert.js'
import {
  buy,
  expiredStride,
  fillStride,
  noAccount,
  sell,
  timesInForce,
  type Verdict,
  verdicts,
} from '../model/book-terms.js'
import {
  type CancelOrder,
  type ExecType,
  type ExecutionReport,
  houseAccount,
  type NewOrder,
  type OrderCommand,
  type OrdStatus,
  type Side,
} from '../model/messages.js'
import { OrderBook } from '../model/order-book.js'
import { tickMax } from '../model/price-levels.js'
import { Ages } from './ages.js'
import type { MatchingConfig } from './config.js'
import { type HouseDesk, HouseMaker } from './house.js'
import { type Position, SymbolPositions } from './positions.js'
import { RecentReports } from './recent-reports.js'

// The venue: one book a symbol, and what FIX says about each change. A command is answered by the reports of its own
// order and of the resting orders that it met; the last one of its own order is `final`. Order ids are the key of
// idempotency: a command that comes again is answered by the final report of the first time, and changes nothing.
// House quotes are no orders of an account: only their trades are reported, under ids below zero.
//
// Units: ticks and lots, integers throughout; notional in ticks x lots, exact below 2^53.
//
// Source: price-time priority, and ExecType, OrdStatus and their quantities as in FIX 5.0 SP2, volume 4.
// Known limits: a venue that is started anew begins with empty books.

const accountsMax = 100_000
const notionalMax = Number.MAX_SAFE_INTEGER

/** `restingOrders` is how many rest now; the others only grow. */
export const venueCounters = [
  'orders',
  'cancels',
  'trades',
  'rejected',
  'repeated',
  'restingEvicted',
  'restingOrders',
] as const
type VenueCounters = Record<(typeof venueCounters)[number], number>

export const emptyCounters = (): VenueCounters => ({
  orders: 0,
  cancels: 0,
  trades: 0,
  rejected: 0,
  repeated: 0,
  restingEvicted: 0,
  restingOrders: 0,
})

export type Answer = {
  readonly reports: readonly ExecutionReport[]
  /** The command came before: its final report is repeated and must not be stored or counted again. */
  readonly repeated: boolean
}

type Report = { -readonly [Key in keyof ExecutionReport]: ExecutionReport[Key] }
type Order = {
  readonly orderId: number
  readonly account: string
  readonly symbol: string
  readonly side: Side
  readonly qty: number
  cumQty: number
  cumNotional: number
}
type Market = {
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

export class Venue {
  readonly counters = emptyCounters()
  readonly #settings: MatchingConfig
  readonly #markets = new Map<string, Market>()
  readonly #accounts = new Map<string, number>()
  readonly #finals: RecentReports
  readonly #cancelFinals: RecentReports
  readonly #changed: Position[] = []
  #execId: number
  #houseId = 0
  #reports: Report[] = []

  /** Execution ids ascend from `firstExecId`; a venue that is started anew within a run passes a higher one. */
  constructor(settings: MatchingConfig, firstExecId: number) {
    this.#settings = settings
    this.#execId = firstExecId
    this.#finals = new RecentReports(settings.rememberMax)
    this.#cancelFinals = new RecentReports(settings.rememberMax)
  }

  execute(command: OrderCommand): Answer {
    const known = (command.kind === 'new' ? this.#finals : this.#cancelFinals).get(command.orderId)
    // A cancel by another account is another command, and none of its business what became of the order.
    if (known !== undefined && (command.kind === 'new' || known.account === command.account)) {
      this.counters.repeated += 1
      return { reports: [known], repeated: true }
    }
    this.#reports = []
    const final = command.kind === 'new' ? this.#enter(command) : this.#cancel(command)
    final.final = true
    if (command.kind === 'new') this.#finals.keep(final)
    else if (final.execType === 'canceled') this.#cancelFinals.keep(final)
    if (final.execType === 'rejected') this.counters.rejected += 1
    return { reports: this.#reports, repeated: false }
  }

  get hasChangedPositions(): boolean {
    return this.#changed.length > 0
  }

  /** Positions that changed since they were taken last. */
  takeChangedPositions(): readonly Position[] {
    const changed = this.#changed.slice()
    this.#changed.length = 0
    for (const position of changed) position.changed = false
    return changed
  }

  positions(symbol: string): readonly Position[] {
    return this.#markets.get(symbol)?.positions.all() ?? []
  }

  /** Orders in the book of a symbol, those of the house included. */
  liveOrders(symbol: string): number {
    return this.#markets.get(symbol)?.book.liveOrders ?? 0
  }

  #enter(command: NewOrder): Report {
    this.counters.orders += 1
    const order: Order = { ...identityOf(command), side: command.side, qty: command.qty, cumQty: 0, cumNotional: 0 }
    const impossible = impossibleReason(command)
    if (impossible !== null) return this.#reject(order, impossible)
    const market = this.#markets.get(command.symbol) ?? this.#openMarket(command.symbol)
    if (market === null) return this.#reject(order, 'too many symbols')
    const account = this.#accounts.get(command.account) ?? this.#openAccount(command.account)
    if (account === noAccount) return this.#reject(order, 'too many accounts')
    market.house.quote(market.desk, command.bid, command.ask)
    if (command.qty * dearestPrice(command, market.book) > notionalMax) return this.#reject(order, 'notional too large')
    if (market.orders.has(command.orderId)) return this.#reject(order, 'duplicate order id')
    if (command.timeInForce === 'postOnly' && wouldMeet(command, market.book)) {
      return this.#reject(order, 'post-only would trade')
    }
    const acknowledged = this.#report(order, 'new', 'new')
    const verdict = place(market.book, command, account)
    return this.#settle(market, { command, order, acknowledged, verdict })
  }

  /** Reports what a command did to its own order, and returns the last of these reports. */
  #settle(
    market: Market,
    placed: {
      readonly command: NewOrder
      readonly order: Order
      readonly acknowledged: Report
      readonly verdict: Verdict
    },
  ): Report {
    const { command, order, verdict } = placed
    const last = this.#reportEvents(market, order) ?? placed.acknowledged
    switch (verdict) {
      case verdicts.done:
        return last
      case verdicts.rested:
        market.orders.set(order.orderId, order)
        market.ages.add(order.orderId, market.orders)
        this.counters.restingOrders += 1
        this.#boundResting(market)
        return last
      case verdicts.selfTrade:
        return this.#report(order, 'canceled', 'canceled', { reason: 'self-trade' })
      default:
        if (command.type === 'market') return this.#report(order, 'canceled', 'canceled', { reason: 'no liquidity' })
        return this.#report(order, 'expired', 'expired', { reason: command.timeInForce })
    }
  }

  /** Trades and self-trade expiries of the last book command. Returns the last report of the taker. */
  #reportEvents(market: Market, taker: Order): Report | null {
    const { book } = market
    let last: Report | null = null
    for (let fill = 0; fill < book.fillCount; fill += 1) {
      const at = fill * fillStride
      const makerId = book.fills[at + 1] as number
      const price = book.fills[at + 2] as number
      const qty = book.fills[at + 3] as number
      const maker = present(
        market.orders.get(makerId) ?? market.houseOrders.get(makerId),
        'an order in the book is known to the venue',
      )
      last = this.#trade(market, taker, price, qty)
      this.#trade(market, maker, price, qty)
      if (maker.cumQty === maker.qty) this.#forget(market, makerId)
      this.counters.trades += 1
    }
    for (let index = 0; index < book.expiredCount; index += 1) {
      const id = book.expired[index * expiredStride] as number
      const gone = present(market.orders.get(id), 'only orders of accounts meet their own')
      this.#forget(market, id)
      this.#report(gone, 'canceled', 'canceled', { reason: 'self-trade' })
    }
    book.clearEvents()
    return last
  }

  #trade(market: Market, order: Order, price: number, qty: number): Report {
    order.cumQty += qty
    order.cumNotional += price * qty
    market.positions.trade(order.account, order.side, qty, price * qty)
    const status = order.cumQty === order.qty ? 'filled' : 'partiallyFilled'
    return this.#report(order, 'trade', status, { lastQty: qty, lastPrice: price })
  }

  #cancel(command: CancelOrder): Report {
    this.counters.cancels += 1
    const market = this.#markets.get(command.symbol)
    const order = market?.orders.get(command.orderId)
    if (market === undefined || order === undefined || order.account !== command.account) {
      const unknown: Order = { ...identityOf(command), side: order?.side ?? 'buy', qty: 0, cumQty: 0, cumNotional: 0 }
      return this.#reject(unknown, 'unknown order')
    }
    return this.#cancelResting(market, order, 'canceled by its owner')
  }

  #cancelResting(market: Market, order: Order, reason: string): Report {
    market.book.cancel(order.orderId)
    this.#forget(market, order.orderId)
    return this.#report(order, 'canceled', 'canceled', { reason })
  }

  /** A strategy that never cancels must not fill the memory: its oldest order goes. */
  #boundResting(market: Market): void {
    if (market.orders.size <= this.#settings.restingMax) return
    const id = market.ages.takeOldest(market.orders)
    const oldest = present(id === null ? null : market.orders.get(id), 'orders that rest have an oldest')
    this.#cancelResting(market, oldest, 'too many resting orders')
    this.counters.restingEvicted += 1
  }

  #forget(market: Market, orderId: number): void {
    if (market.orders.delete(orderId)) this.counters.restingOrders -= 1
    else market.houseOrders.delete(orderId)
  }

  #reject(order: Order, reason: string): Report {
    return this.#report(order, 'rejected', 'rejected', { reason })
  }

  #report(
    order: Order,
    execType: ExecType,
    ordStatus: OrdStatus,
    facts: { readonly lastQty?: number; readonly lastPrice?: number; readonly reason?: string } = {},
  ): Report {
    const live = ordStatus === 'new' || ordStatus === 'partiallyFilled'
    const report: Report = {
      execId: this.#execId,
      orderId: order.orderId,
      account: order.account,
      symbol: order.symbol,
      side: order.side,
      execType,
      ordStatus,
      lastQty: facts.lastQty ?? 0,
      lastPrice: facts.lastPrice ?? 0,
      cumQty: order.cumQty,
      leavesQty: live ? order.qty - order.cumQty : 0,
      cumNotional: order.cumNotional,
      reason: facts.reason ?? '',
      final: false,
    }
    this.#execId += 1
    this.#reports.push(report)
    return report
  }

  #openAccount(account: string): number {
    if (this.#accounts.size >= accountsMax) return noAccount
    const index = this.#accounts.size + 1
    this.#accounts.set(account, index)
    return index
  }

  #openMarket(symbol: string): Market | null {
    if (this.#markets.size >= this.#settings.symbolsMax) return null
    const book = new OrderBook(this.#settings.selfTrade)
    const market: Market = {
      symbol,
      book,
      orders: new Map(),
      ages: new Ages(),
      houseOrders: new Map(),
      house: new HouseMaker(this.#settings.house),
      desk: {
        leavesOf: (orderId) => book.quantityOf(orderId),
        withdraw: (orderId) => {
          book.cancel(orderId)
          market.houseOrders.delete(orderId)
        },
        post: (quote) => this.#postHouse(market, quote),
      },
      positions: new SymbolPositions(symbol, this.#changed),
    }
    this.#markets.set(symbol, market)
    return market
  }

  /** A quote of the house may meet resting orders that the market has come through: they trade. */
  #postHouse(market: Market, quote: { readonly side: Side; readonly price: number; readonly qty: number }): number {
    this.#houseId -= 1
    const order: Order = {
      orderId: this.#houseId,
      account: houseAccount,
      symbol: market.symbol,
      side: quote.side,
      qty: quote.qty,
      cumQty: 0,
      cumNotional: 0,
    }
    const side = quote.side === 'buy' ? buy : sell
    const verdict = market.book.limit(order.orderId, side, quote.price, quote.qty)
    this.#reportEvents(market, order)
    if (verdict === verdicts.rested) market.houseOrders.set(order.orderId, order)
    return order.orderId
  }
}

function identityOf(command: OrderCommand): Pick<Order, 'orderId' | 'account' | 'symbol'> {
  return { orderId: command.orderId, account: command.account, symbol: command.symbol }
}

function impossibleReason({ orderId, qty, type, price }: NewOrder): string | null {
  if (!Number.isSafeInteger(orderId) || orderId < 1) return 'order id is not a positive integer'
  if (!Number.isSafeInteger(qty) || qty < 1) return 'quantity is not a positive number of lots'
  if (type === 'market') return null
  return Number.isInteger(price) && price >= 1 && price <= tickMax ? null : 'price is not a positive number of ticks'
}

/** The highest price at which any part of the order can trade, now or resting. */
function dearestPrice(command: NewOrder, book: OrderBook): number {
  if (command.side === 'sell') return Math.max(book.bestBid, command.type === 'limit' ? command.price : 1)
  return command.type === 'limit' ? command.price : Math.max(1, book.highestAsk())
}

/** A post-only order is rejected before it is acknowledged: an order that was new cannot become rejected. */
function wouldMeet({ type, side, price }: NewOrder, { bestBid, bestAsk }: OrderBook): boolean {
  if (type === 'market') return true
  return side === 'buy' ? bestAsk !== 0 && bestAsk <= price : bestBid >= price
}

function place(book: OrderBook, command: NewOrder, account: number): Verdict {
  const side = command.side === 'buy' ? buy : sell
  if (command.type === 'market') return book.market(command.orderId, side, command.qty, account)
  return book.limit(command.orderId, side, command.price, command.qty, timesInForce[command.timeInForce], account)
}
