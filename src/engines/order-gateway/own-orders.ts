import type { Instrument } from '../model/instrument.js'
import type { ExecutionReport, NewOrder, OrdStatus, Side } from '../model/messages.js'
import { type OrderStatus, toldStatus } from '../model/order-status.js'

// What a gateway knows of the orders that came to it by HTTP: those that may rest, and those that their client has named
// (ClOrdID of FIX) also before and after that. It follows their reports, so that their state can be told, and knows what was
// asked for and is not answered yet: a fill may still arrive while a cancel is pending.

export type OwnOrder = {
  readonly orderId: number
  readonly account: string
  /** The text by which its client knows it, or null. */
  readonly clientOrderId: string | null
  readonly instrument: Instrument
  readonly side: Side
  price: number
  qty: number
  cumQty: number
  leavesQty: number
  cumNotional: number
  status: OrdStatus | 'pendingNew'
  cancelPending: boolean
  /** The replacement that is not answered yet. */
  replacement: { readonly revision: number; readonly price: number; readonly qty: number } | null
  /** The last replacement that was asked for. */
  revision: number
}

export class OwnOrders {
  readonly #countMax: number
  readonly #live = new Map<number, OwnOrder>()
  /** Named orders that are done. */
  readonly #done = new Map<number, OwnOrder>()
  /** Their ids, the oldest at `#oldestAt` once it is full: see RecentReports of matching. */
  readonly #doneRing: number[] = []
  #oldestAt = 0
  readonly #byName = new Map<string, OwnOrder>()

  /**
   * Bounds the orders that are live, and the named ones that are done: of these the oldest makes room, and its name with it. No
   * live one does, since its client could neither cancel nor replace it then: see `isFull`.
   */
  constructor(countMax: number) {
    this.#countMax = countMax
  }

  /** Whether a further order must not be placed. Those that are under way by then may come on top. */
  get isFull(): boolean {
    return this.#live.size >= this.#countMax
  }

  /** Whether it may still trade, as far as is known. */
  isLive(order: OwnOrder): boolean {
    return this.#live.has(order.orderId)
  }

  find(orderId: number): OwnOrder | undefined {
    return this.#live.get(orderId) ?? this.#done.get(orderId)
  }

  findNamed(clientOrderId: string): OwnOrder | undefined {
    return this.#byName.get(clientOrderId)
  }

  /** Follows an order from now on; its name must be free. */
  follow(placed: NewOrder, instrument: Instrument, clientOrderId: string | null): OwnOrder {
    const { orderId, account, side, price, qty } = placed
    const order: OwnOrder = {
      ...{ orderId, account, clientOrderId, instrument, side, price, qty },
      ...{ cumQty: 0, leavesQty: qty, cumNotional: 0, status: 'pendingNew' },
      ...{ cancelPending: false, replacement: null, revision: 0 },
    }
    this.#live.set(orderId, order)
    if (clientOrderId !== null) this.#byName.set(clientOrderId, order)
    return order
  }

  /** Leaves no trace of it: its name is free again, unless another order bears it by now. */
  forget(order: OwnOrder): void {
    const { orderId, clientOrderId } = order
    this.#live.delete(orderId)
    this.#done.delete(orderId)
    if (clientOrderId !== null && this.#byName.get(clientOrderId) === order) this.#byName.delete(clientOrderId)
  }

  /** Takes in the reports of one command; those of others' orders are passed over. */
  observe(reports: readonly ExecutionReport[]): void {
    if (this.#live.size === 0 && this.#done.size === 0) return
    for (const report of reports) {
      const order = this.find(report.orderId)
      if (order === undefined || order.account !== report.account) continue
      apply(order, report)
      if (order.leavesQty === 0 && this.#live.delete(order.orderId) && order.clientOrderId !== null) this.#keep(order)
    }
  }

  #keep(order: OwnOrder): void {
    this.#done.set(order.orderId, order)
    if (this.#doneRing.length < this.#countMax) {
      this.#doneRing.push(order.orderId)
      return
    }
    const oldest = this.#done.get(this.#doneRing[this.#oldestAt] ?? 0)
    if (oldest !== undefined) this.forget(oldest)
    this.#doneRing[this.#oldestAt] = order.orderId
    this.#oldestAt = (this.#oldestAt + 1) % this.#countMax
  }
}

/** The one state of an order that is told, where several hold. */
export function statusOf({ status, cancelPending, replacement }: OwnOrder): OrderStatus {
  return toldStatus([
    status,
    ...(cancelPending ? (['pendingCancel'] as const) : []),
    ...(replacement === null ? [] : (['pendingReplace'] as const)),
  ])
}

function apply(order: OwnOrder, report: ExecutionReport): void {
  const { execType, revision } = report
  if (execType === 'cancelRejected' || execType === 'canceled') order.cancelPending = false
  if (order.replacement !== null && revision >= order.replacement.revision) {
    // Any report of the revision tells that it was carried out: a venue that is asked again repeats only the last one.
    if (execType !== 'replaceRejected') {
      order.price = order.replacement.price
      // One to less than was traded ends the order with what was.
      order.qty = Math.max(order.replacement.qty, report.cumQty)
    }
    order.replacement = null
  }
  if (report.ordStatus === 'rejected' && execType !== 'rejected') {
    // The venue does not know it, because it is done, or because the venue was started anew.
    order.leavesQty = 0
    if (!ended.has(order.status)) order.status = 'rejected'
    return
  }
  order.cumQty = report.cumQty
  order.leavesQty = report.leavesQty
  order.cumNotional = report.cumNotional
  order.status = report.ordStatus
}

const ended: ReadonlySet<OrderStatus> = new Set(['filled', 'canceled', 'expired', 'rejected'])
