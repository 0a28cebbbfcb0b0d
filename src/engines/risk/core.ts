import { type InstantNs, later } from '../../core/units.js'
import { BoundedQueue } from '../../platform/flow/bounded-queue.js'
import type { ExecutionReport, NewOrder, ReplaceOrder, Side } from '../model/messages.js'
import type { RiskConfig } from './config.js'

// Pre-trade checks of one run. The position limit counts every open order as if it filled, so that no burst of orders can
// pass it together.
//
// The approval cache may only hold what follows from its key (account, symbol, side, quantity) and from the position: that
// is the quantity check and the room which the position leaves for open orders. Price checks, the kill switch and the open
// quantity are looked at each time. A fill gives the exposure a new version, which makes its approvals worthless at once.
//
// Units: ticks and lots; the collar is a share of the opposite quote.
//
// Source: the checks that SEC rule 15c3-5 asks of market access: size, notional, price and position before the venue.
// Known limits: an instance knows the orders that it approved itself; run one instance a system.

type Rejection =
  | 'kill-switch'
  | 'no-quote'
  | 'order-quantity'
  | 'position-limit'
  | 'order-notional'
  | 'price-collar'
  | 'too-many-open-orders'
  | 'unknown-order'
export type Verdict = 'approved' | Rejection

export type Approval = {
  /** The check holds while at most this quantity is open on the side. */
  readonly openQtyMax: number
  readonly version: number
}
type ApprovalCache = {
  get(key: number, now: InstantNs): Approval | undefined
  set(key: number, approval: Approval, now: InstantNs): void
}

type Exposure = {
  readonly index: number
  position: number
  openBuyQty: number
  openSellQty: number
  version: number
}
type OpenOrder = {
  readonly orderId: number
  readonly account: string
  readonly exposure: Exposure
  readonly side: Side
  readonly expiresAt: InstantNs
  reservedQty: number
  cumQty: number
  /** The last replacement that the venue has answered. */
  revision: number
  /** The last one that was approved: what it reserves stands until its own answer. */
  askedRevision: number
  answered: boolean
}

/** Larger quantities are checked without the cache: its keys stay small integers, which a Map finds several times faster. */
const cachedQtyMax = 2 ** 20

export class RiskBook {
  killSwitch: boolean
  hits = 0
  misses = 0
  expired = 0
  readonly #limits: RiskConfig
  readonly #cache: ApprovalCache | null
  readonly #accounts = new Map<string, Map<string, Exposure>>()
  #exposureCount = 0
  readonly #orders = new Map<number, OpenOrder>()
  /** Approved orders in order of their expiry; those without a report by then lose their reservation. */
  readonly #awaiting: BoundedQueue<OpenOrder>
  /** Orders that lost it: a late fill still moves the position. The oldest make room for new orders. */
  readonly #forgotten: BoundedQueue<OpenOrder>

  constructor(limits: RiskConfig, cache: ApprovalCache | null) {
    this.#limits = limits
    this.#cache = cache
    this.killSwitch = limits.killSwitch
    this.#awaiting = new BoundedQueue(limits.openOrdersMax)
    this.#forgotten = new BoundedQueue(limits.openOrdersMax)
  }

  get openOrders(): number {
    return this.#orders.size
  }

  position(account: string, symbol: string): number {
    return this.#accounts.get(account)?.get(symbol)?.position ?? 0
  }

  /** Checks an order and, where it is approved, counts it as open. A repeated order is approved again and counted once. */
  check(order: NewOrder, now: InstantNs): Verdict {
    this.#expire(now)
    if (this.killSwitch) return 'kill-switch'
    if (this.#orders.has(order.orderId)) return 'approved'
    const exposure = this.#exposure(order.account, order.symbol)
    const rejection = this.#rejection(order, exposure, now)
    if (rejection !== null) return rejection
    return this.#reserve(order, exposure, now) ? 'approved' : 'too-many-open-orders'
  }

  /**
   * Checks the replacement of an order that was approved here, and counts as open what it adds; what it takes away is open
   * until the venue has confirmed it.
   */
  checkReplacement(command: ReplaceOrder, now: InstantNs): Verdict {
    this.#expire(now)
    if (this.killSwitch) return 'kill-switch'
    const order = this.#orders.get(command.orderId)
    if (order === undefined || order.account !== command.account) return 'unknown-order'
    const { exposure, side } = order
    const buys = side === 'buy'
    const addedQty = Math.max(0, command.qty - order.cumQty - order.reservedQty)
    const held = buys ? exposure.position : -exposure.position
    const openQty = buys ? exposure.openBuyQty : exposure.openSellQty
    const asked = buys ? command.ask : command.bid
    if (asked <= 0) return 'no-quote'
    if (command.qty > this.#limits.orderQtyMax) return 'order-quantity'
    if (addedQty > 0 && held + openQty + addedQty > this.#limits.positionMax) return 'position-limit'
    const rejection = this.#priceRejection(side, { price: command.price, qty: command.qty, asked })
    if (rejection !== null) return rejection
    order.askedRevision = Math.max(order.askedRevision, command.revision)
    this.#release(order, -addedQty)
    return 'approved'
  }

  /** Takes in a report of any order; those of orders that were not approved here, and repeats, change nothing. */
  apply(report: ExecutionReport): void {
    const order = this.#orders.get(report.orderId)
    if (order === undefined || order.account !== report.account) return
    // The venue knows no such order, or not as that account's: which says nothing of one that rests.
    if (report.ordStatus === 'rejected' && report.execType !== 'rejected') return
    order.answered = true
    const { exposure } = order
    const filledQty = report.cumQty - order.cumQty
    if (filledQty > 0) {
      order.cumQty = report.cumQty
      exposure.position += order.side === 'buy' ? filledQty : -filledQty
      exposure.version += 1
      this.#release(order, Math.min(filledQty, order.reservedQty))
    }
    if (report.leavesQty > 0) {
      if (report.revision > order.revision) {
        order.revision = report.revision
        const isLast = report.revision >= order.askedRevision
        if (isLast) this.#release(order, Math.max(0, order.reservedQty - report.leavesQty))
      }
      return
    }
    this.#release(order, order.reservedQty)
    this.#orders.delete(order.orderId)
  }

  #rejection(order: NewOrder, exposure: Exposure, now: InstantNs): Rejection | null {
    const buys = order.side === 'buy'
    const opposite = buys ? order.ask : order.bid
    if (opposite <= 0) return 'no-quote'
    const byPosition = this.#positionRejection(order, exposure, now)
    if (byPosition !== null) return byPosition
    const price = order.type === 'market' ? opposite : order.price
    return this.#priceRejection(order.side, { price, qty: order.qty, asked: opposite })
  }

  /** `asked`: the best price of the other side. */
  #priceRejection(
    side: Side,
    { price, qty, asked }: { readonly price: number; readonly qty: number; readonly asked: number },
  ): 'order-notional' | 'price-collar' | null {
    const { notionalMax, priceCollar } = this.#limits
    if (price * qty > notionalMax) return 'order-notional'
    const inside = side === 'buy' ? price <= asked * (1 + priceCollar) : price >= asked * (1 - priceCollar)
    return inside ? null : 'price-collar'
  }

  #positionRejection(order: NewOrder, exposure: Exposure, now: InstantNs): 'order-quantity' | 'position-limit' | null {
    const buys = order.side === 'buy'
    const openQty = buys ? exposure.openBuyQty : exposure.openSellQty
    const cache = order.qty < cachedQtyMax ? this.#cache : null
    const key = (exposure.index * 2 + (buys ? 1 : 0)) * cachedQtyMax + order.qty
    const approval = cache?.get(key, now)
    if (approval !== undefined && approval.version === exposure.version) {
      this.hits += 1
      return openQty <= approval.openQtyMax ? null : 'position-limit'
    }
    if (cache !== null) this.misses += 1
    if (order.qty > this.#limits.orderQtyMax) return 'order-quantity'
    const held = buys ? exposure.position : -exposure.position
    const openQtyMax = this.#limits.positionMax - held - order.qty
    if (openQty > openQtyMax) return 'position-limit'
    cache?.set(key, { openQtyMax, version: exposure.version }, now)
    return null
  }

  #reserve(order: NewOrder, exposure: Exposure, now: InstantNs): boolean {
    while (this.#orders.size >= this.#limits.openOrdersMax) {
      if (!this.#dropForgotten()) return false
    }
    const entry: OpenOrder = {
      orderId: order.orderId,
      account: order.account,
      exposure,
      side: order.side,
      expiresAt: later(now, this.#limits.reservation),
      reservedQty: order.qty,
      cumQty: 0,
      revision: 0,
      askedRevision: 0,
      answered: false,
    }
    if (!this.#awaiting.push(entry)) return false
    this.#orders.set(order.orderId, entry)
    if (order.side === 'buy') exposure.openBuyQty += order.qty
    else exposure.openSellQty += order.qty
    return true
  }

  #release(order: OpenOrder, qty: number): void {
    order.reservedQty -= qty
    if (order.side === 'buy') order.exposure.openBuyQty -= qty
    else order.exposure.openSellQty -= qty
  }

  #expire(now: InstantNs): void {
    for (;;) {
      const oldest = this.#awaiting.peek()
      if (oldest === undefined || (!oldest.answered && now < oldest.expiresAt)) return
      this.#awaiting.shift()
      if (oldest.answered) continue
      this.expired += 1
      this.#release(oldest, oldest.reservedQty)
      if (this.#forgotten.length === this.#forgotten.itemsMax) this.#dropForgotten()
      this.#forgotten.push(oldest)
    }
  }

  #dropForgotten(): boolean {
    const oldest = this.#forgotten.shift()
    if (oldest === undefined) return false
    if (this.#orders.get(oldest.orderId) === oldest) this.#orders.delete(oldest.orderId)
    // A replacement may have reserved anew.
    this.#release(oldest, oldest.reservedQty)
    return true
  }

  #exposure(account: string, symbol: string): Exposure {
    let symbols = this.#accounts.get(account)
    if (symbols === undefined) {
      symbols = new Map()
      this.#accounts.set(account, symbols)
    }
    let exposure = symbols.get(symbol)
    if (exposure === undefined) {
      exposure = { index: this.#exposureCount, position: 0, openBuyQty: 0, openSellQty: 0, version: 0 }
      this.#exposureCount += 1
      symbols.set(symbol, exposure)
    }
    return exposure
  }
}
