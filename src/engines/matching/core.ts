import { assertNever, present } from '../../core/assert.js'
import { buy, expiredStride, fillStride, noAccount, sell, type Verdict, verdicts } from '../model/book-terms.js'
import {
  type CancelOrder,
  type ExecType,
  type ExecutionReport,
  houseAccount,
  type NewOrder,
  type OrderCommand,
  type OrdStatus,
  type ReplaceOrder,
  type Side,
} from '../model/messages.js'
import { OrderBook } from '../model/order-book.js'
import { Ages } from './ages.js'
import { AnsweredCommands } from './answered-commands.js'
import type { MatchingConfig } from './config.js'
import { emptyCounters } from './counters.js'
import { HouseMaker } from './house.js'
import { type Market, type Order, orderOf, place, refusalOf, statusOf } from './market.js'
import { impossibleReason, staysExact, wouldMeet } from './order-checks.js'
import { type Position, SymbolPositions } from './positions.js'

// The venue: one book a symbol, and what FIX says about each change. A command is answered by the reports of its own
// order and of the resting orders that it met; the last one of its own order is `final`. Order ids, and revisions of
// replacements, are the keys of idempotency: a command that comes again is answered by the final report of the first time,
// and changes nothing. A replacement to less quantity at the same price keeps its place in the queue, any other loses it;
// one to no more than was traded ends the order as filled; a refused one leaves it as it was.
// House quotes are no orders of an account: only their trades are reported, under ids below zero.
//
// Units: ticks and lots, integers throughout; notional in ticks x lots, exact below 2^53.
//
// Source: price-time priority, and ExecType, OrdStatus and their quantities as in FIX 5.0 SP2, volume 4.
// Known limits: a venue that is started anew within a run begins with empty books and positions. What was placed and not yet
// answered comes again and is executed once; orders that rested are gone: nobody is told, and to replace or cancel one is
// refused as unknown. Snapshots now and then would be worse than none, since what was filled or cancelled after the last one
// would trade a second time. They need a log that holds each command before its reports leave, and so a write to a file
// within every command, whose stalls would be those of the venue. The stream that brought the commands is such a log at no
// cost, where the bus keeps one, but no transport reads back what was acknowledged.

const accountsMax = 100_000

export type Answer = {
  readonly reports: readonly ExecutionReport[]
  /** The command came before: its final report is repeated and must not be stored or counted again. */
  readonly repeated: boolean
}

/** A command that came to nothing. */
const refusals: ReadonlySet<ExecType> = new Set(['rejected', 'cancelRejected', 'replaceRejected'])

type Report = { -readonly [Key in keyof ExecutionReport]: ExecutionReport[Key] }

export class Venue {
  readonly counters = emptyCounters()
  readonly #settings: MatchingConfig
  readonly #markets = new Map<string, Market>()
  readonly #accounts = new Map<string, number>()
  readonly #answered: AnsweredCommands
  readonly #changed: Position[] = []
  #execId: number
  #houseId = 0
  #reports: Report[] = []

  /** Execution ids ascend from `firstExecId`; a venue that is started anew within a run passes a higher one. */
  constructor(settings: MatchingConfig, firstExecId: number) {
    this.#settings = settings
    this.#execId = firstExecId
    this.#answered = new AnsweredCommands(settings.rememberMax)
  }

  execute(command: OrderCommand): Answer {
    const known = this.#answered.find(command)
    if (known !== undefined) {
      this.counters.repeated += 1
      return { reports: [known], repeated: true }
    }
    this.#reports = []
    const final = this.#carryOut(command)
    final.final = true
    this.#answered.keep(command, final)
    if (refusals.has(final.execType)) this.counters.rejected += 1
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

  /** Returns the last report of the command's own order. */
  #carryOut(command: OrderCommand): Report {
    switch (command.kind) {
      case 'new':
        return this.#enter(command)
      case 'cancel':
        return this.#cancel(command)
      case 'replace':
        return this.#replace(command)
      default:
        return assertNever(command)
    }
  }

  #enter(command: NewOrder): Report {
    this.counters.orders += 1
    const postOnly = command.timeInForce === 'postOnly'
    const order = orderOf(command, { side: command.side, qty: command.qty, postOnly })
    const impossible = impossibleReason(command)
    if (impossible !== null) return this.#reject(order, impossible)
    const market = this.#markets.get(command.symbol) ?? this.#openMarket(command.symbol)
    if (market === null) return this.#reject(order, 'too many symbols')
    const account = this.#accounts.get(command.account) ?? this.#openAccount(command.account)
    if (account === noAccount) return this.#reject(order, 'too many accounts')
    market.house.quote(market.desk, command.bid, command.ask)
    if (!staysExact(command, command.qty, 0, market.book)) return this.#reject(order, 'notional too large')
    if (market.orders.has(command.orderId)) return this.#reject(order, 'duplicate order id')
    if (postOnly && wouldMeet(command, market.book)) return this.#reject(order, 'post-only would trade')
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
    return this.#report(order, 'trade', statusOf(order), { lastQty: qty, lastPrice: price })
  }

  #cancel(command: CancelOrder): Report {
    this.counters.cancels += 1
    const own = this.#ownOrder(command)
    if (own === null) return this.#refuseUnknown(command, 'cancelRejected')
    return this.#cancelResting(own.market, own.order, 'canceled by its owner')
  }

  /** Less at the same price keeps its place in the queue; all else loses it, and may trade. */
  #replace(command: ReplaceOrder): Report {
    this.counters.replaces += 1
    const own = this.#ownOrder(command)
    if (own === null) return this.#refuseUnknown(command, 'replaceRejected')
    const { market, order } = own
    market.house.quote(market.desk, command.bid, command.ask)
    const reason = refusalOf(command, order, market)
    if (reason !== null) {
      return this.#report(order, 'replaceRejected', statusOf(order), { reason, revision: command.revision })
    }
    // FIX: who asks for less than was traded asks for the end of the rest, and then has a filled order.
    order.qty = Math.max(command.qty, order.cumQty)
    order.revision = command.revision
    const replaced = this.#report(order, 'replaced', statusOf(order))
    if (order.qty === order.cumQty) {
      market.book.cancel(order.orderId)
      this.#forget(market, order.orderId)
      return replaced
    }
    const verdict = market.book.modify(order.orderId, command.price, order.qty - order.cumQty)
    const last = this.#reportEvents(market, order) ?? replaced
    if (verdict === verdicts.rested) return last
    this.#forget(market, order.orderId)
    return verdict === verdicts.done ? last : this.#report(order, 'canceled', 'canceled', { reason: 'self-trade' })
  }

  #ownOrder({ symbol, orderId, account }: CancelOrder | ReplaceOrder): { market: Market; order: Order } | null {
    const market = this.#markets.get(symbol)
    const order = market?.orders.get(orderId)
    return market === undefined || order === undefined || order.account !== account ? null : { market, order }
  }

  #refuseUnknown(command: CancelOrder | ReplaceOrder, execType: 'cancelRejected' | 'replaceRejected'): Report {
    const unknown = orderOf(command, { side: 'buy', qty: 0, postOnly: false })
    const revision = command.kind === 'replace' ? command.revision : 0
    return this.#report(unknown, execType, 'rejected', { reason: 'unknown order', revision })
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
    facts: {
      readonly lastQty?: number
      readonly lastPrice?: number
      readonly reason?: string
      readonly revision?: number
    } = {},
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
      revision: facts.revision ?? order.revision,
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
    const identity = { orderId: this.#houseId, account: houseAccount, symbol: market.symbol }
    const order = orderOf(identity, { side: quote.side, qty: quote.qty, postOnly: false })
    const side = quote.side === 'buy' ? buy : sell
    const verdict = market.book.limit(order.orderId, side, quote.price, quote.qty)
    this.#reportEvents(market, order)
    if (verdict === verdicts.rested) market.houseOrders.set(order.orderId, order)
    return order.orderId
  }
}
