import { type DurationNs, durationNs, type InstantNs, later } from '../../core/units.js'
import {
  admits,
  afterEvent,
  type BreakerEvent,
  type BreakerLimits,
  type BreakerState,
  closedBreaker,
} from '../../platform/flow/breaker.js'

// What the gateway knows of its orders: which ids it has seen, which were placed and wait for their report, and whether the
// breaker admits more. Pure; time comes as an argument.
//
// Orders may be replaced (price, quantity) and cancelled, and named by a text of their client: one request about an order is
// under way at a time, and what is told of an order follows FIX: pending cancel before pending replace before its state.
//
// Units: prices as decimal text by HTTP, in ticks on the bus; quantities likewise, in lots.
//
// Source: batches, token bucket and breaker as in platform/flow; idempotency by key as in the draft RFC of `Idempotency-Key`.
// Known limits: ids, keys and names are remembered by one gateway, up to a bound, and not beyond its end, so that a name is
// unique in the account where its clients keep to one gateway; a placed order whose report is late counts as failed, and its
// report is then counted as late; the table `orders` holds each order as it was placed, not what a replacement made of its price
// and quantity.

export type Refusal = 'duplicate' | 'breaker open' | 'too many in flight'

type PlacementLimits = {
  readonly placementTimeout: DurationNs
  readonly inFlightMax: number
  readonly rememberedOrders: number
  readonly breaker: BreakerLimits
}

/** One call to the venue; all its orders time out together. */
type Call = { readonly dueAt: InstantNs }
/** What became of an order that was accepted: one that was dropped may be accepted again. */
type Seen = 'accepted' | 'timedOut' | 'dropped'
type InFlight<Item> = { readonly item: Item; call: Call | null }

export class Placements<Item> {
  late = 0
  #breaker: BreakerState = closedBreaker
  readonly #limits: PlacementLimits
  readonly #onBreaker: (state: BreakerState['kind']) => void
  readonly #accepted = new Map<number, InFlight<Item>>()
  /** Placed orders in the order of their deadlines, which is that of their placement. */
  readonly #placed = new Map<number, InFlight<Item>>()
  readonly #seen = new Map<number, Seen>()
  /** Ids in the order of acceptance, the oldest at `#oldestAt` once it is full: see RecentReports of matching. */
  readonly #seenRing: number[] = []
  #oldestAt = 0

  /** `onBreaker` hears of each change of the breaker. */
  constructor(limits: PlacementLimits, onBreaker: (state: BreakerState['kind']) => void = () => undefined) {
    this.#limits = limits
    this.#onBreaker = onBreaker
  }

  get breaker(): BreakerState['kind'] {
    return this.#breaker.kind
  }

  get inFlight(): number {
    return this.#accepted.size + this.#placed.size
  }

  /** Takes responsibility for an order, or says why not. A refused order leaves no trace, so that it may be tried again. */
  accept(orderId: number, item: Item, now: InstantNs): Refusal | null {
    const seen = this.#seen.get(orderId)
    if (seen !== undefined && seen !== 'dropped') return 'duplicate'
    const refusal = this.#admit(now)
    if (refusal !== null) return refusal
    if (seen === undefined) this.#makeRoom(orderId)
    this.#seen.set(orderId, 'accepted')
    this.#accepted.set(orderId, { item, call: null })
    return null
  }

  /** Follows up a cancel or a replacement, whose id is that of an order which was placed before; one of them at a time. */
  acceptChange(orderId: number, item: Item, now: InstantNs): Refusal | null {
    if (this.isUnderWay(orderId)) return 'duplicate'
    const refusal = this.#admit(now)
    if (refusal !== null) return refusal
    this.#accepted.set(orderId, { item, call: null })
    return null
  }

  isUnderWay(orderId: number): boolean {
    return this.#accepted.has(orderId) || this.#placed.has(orderId)
  }

  /** The call that carries these orders has left: their timeout runs. */
  placed(orderIds: readonly number[], now: InstantNs): void {
    const call = { dueAt: later(now, this.#limits.placementTimeout) }
    for (const orderId of orderIds) {
      const order = this.#accepted.get(orderId)
      if (order === undefined) continue
      this.#accepted.delete(orderId)
      order.call = call
      this.#placed.set(orderId, order)
    }
  }

  /** The order was never placed; its id may be used again. */
  dropped(orderId: number): void {
    this.#accepted.delete(orderId)
    if (this.#seen.has(orderId)) this.#seen.set(orderId, 'dropped')
  }

  /** The change of an order was never placed; the order is what it was. */
  changeDropped(orderId: number): void {
    this.#accepted.delete(orderId)
  }

  /** What was placed of an order and waits for its report, or null. */
  waiting(orderId: number): Item | null {
    return this.#placed.get(orderId)?.item ?? null
  }

  /** A final report of an order that answers nothing which waits. */
  passed(orderId: number): void {
    if (this.#seen.get(orderId) !== 'timedOut') return
    this.late += 1
    this.#seen.set(orderId, 'accepted')
  }

  /** The final report of an order. Returns what was accepted, or null where nobody waits: another gateway's, or late. */
  answered(orderId: number, now: InstantNs): Item | null {
    const order = this.#placed.get(orderId)
    if (order === undefined) {
      this.passed(orderId)
      return null
    }
    this.#placed.delete(orderId)
    this.#turn('succeeded', now)
    return order.item
  }

  /**
   * Gives up the orders whose timeout has passed, oldest first. The breaker guards calls, so the orders of one batch fail
   * as one: else a single slow batch of 50 would be ten times the failures that open it.
   */
  takeOverdue(now: InstantNs): Item[] {
    const overdue: Item[] = []
    let failed: Call | null = null
    for (const [orderId, order] of this.#placed) {
      if (order.call === null || now < order.call.dueAt) break
      this.#placed.delete(orderId)
      if (this.#seen.get(orderId) === 'accepted') this.#seen.set(orderId, 'timedOut')
      if (order.call !== failed) this.#turn('failed', now)
      failed = order.call
      overdue.push(order.item)
    }
    return overdue
  }

  /** Time until the next timeout; null where no order waits. Negative: it has passed. */
  untilOverdue(now: InstantNs): DurationNs | null {
    for (const order of this.#placed.values()) return durationNs((order.call?.dueAt ?? now) - now)
    return null
  }

  #admit(now: InstantNs): Refusal | null {
    const { breaker, inFlightMax } = this.#limits
    if (this.inFlight >= inFlightMax) return 'too many in flight'
    if (!admits(this.#breaker, now, breaker)) return 'breaker open'
    this.#turn('admitted', now)
    return null
  }

  #turn(event: BreakerEvent, now: InstantNs): void {
    const before = this.#breaker.kind
    this.#breaker = afterEvent(this.#breaker, event, now, this.#limits.breaker)
    if (this.#breaker.kind !== before) this.#onBreaker(this.#breaker.kind)
  }

  /** The oldest id is forgotten for a new one, where there are as many as may be remembered. */
  #makeRoom(orderId: number): void {
    const { rememberedOrders } = this.#limits
    if (this.#seenRing.length < rememberedOrders) {
      this.#seenRing.push(orderId)
      return
    }
    const oldest = this.#seenRing[this.#oldestAt]
    if (oldest !== undefined) this.#seen.delete(oldest)
    this.#seenRing[this.#oldestAt] = orderId
    this.#oldestAt = (this.#oldestAt + 1) % rememberedOrders
  }
}
