import { type DurationNs, durationNs, type InstantNs, later } from '../../core/units.js'
import {
  admits,
  afterEvent,
  type BreakerLimits,
  type BreakerState,
  closedBreaker,
} from '../../platform/flow/breaker.js'

// What the gateway knows of its orders: which ids it has seen, which were placed and wait for their report, and whether the
// breaker admits more. Pure; time comes as an argument.

export type Refusal = 'duplicate' | 'breaker open' | 'too many in flight'

type PlacementLimits = {
  readonly placementTimeout: DurationNs
  readonly inFlightMax: number
  readonly rememberedOrders: number
  readonly breaker: BreakerLimits
}

type InFlight<Item> = { readonly item: Item; dueAt: InstantNs | null }

export class Placements<Item> {
  late = 0
  #breaker: BreakerState = closedBreaker
  readonly #limits: PlacementLimits
  readonly #accepted = new Map<number, InFlight<Item>>()
  /** Placed orders in the order of their deadlines, which is that of their placement. */
  readonly #placed = new Map<number, InFlight<Item>>()
  /** Ids in the order of acceptance; true where the placement timed out. */
  readonly #seen = new Map<number, boolean>()

  constructor(limits: PlacementLimits) {
    this.#limits = limits
  }

  get breaker(): BreakerState['kind'] {
    return this.#breaker.kind
  }

  get inFlight(): number {
    return this.#accepted.size + this.#placed.size
  }

  /** Takes responsibility for an order, or says why not. A refused order leaves no trace, so that it may be tried again. */
  accept(orderId: number, item: Item, now: InstantNs): Refusal | null {
    if (this.#seen.has(orderId)) return 'duplicate'
    const refusal = this.#admit(now)
    if (refusal !== null) return refusal
    this.#remember(orderId)
    this.#accepted.set(orderId, { item, dueAt: null })
    return null
  }

  /** Follows up a cancel, whose id is that of an order which was placed before; false where one is on its way. */
  acceptCancel(orderId: number, item: Item, now: InstantNs): Refusal | null {
    if (this.#accepted.has(orderId) || this.#placed.has(orderId)) return 'duplicate'
    const refusal = this.#admit(now)
    if (refusal !== null) return refusal
    this.#accepted.set(orderId, { item, dueAt: null })
    return null
  }

  /** The call that carries the order has left: its timeout runs. */
  placed(orderId: number, now: InstantNs): void {
    const order = this.#accepted.get(orderId)
    if (order === undefined) return
    this.#accepted.delete(orderId)
    order.dueAt = later(now, this.#limits.placementTimeout)
    this.#placed.set(orderId, order)
  }

  /** The order was never placed; its id may be used again. */
  dropped(orderId: number): void {
    this.#accepted.delete(orderId)
    this.#seen.delete(orderId)
  }

  /** The final report of an order. Returns what was accepted, or null where nobody waits: another gateway's, or late. */
  answered(orderId: number, now: InstantNs): Item | null {
    const order = this.#placed.get(orderId)
    if (order === undefined) {
      if (this.#seen.get(orderId) === true) {
        this.late += 1
        this.#seen.set(orderId, false)
      }
      return null
    }
    this.#placed.delete(orderId)
    this.#breaker = afterEvent(this.#breaker, 'succeeded', now, this.#limits.breaker)
    return order.item
  }

  /** Gives up the orders whose timeout has passed, oldest first. */
  takeOverdue(now: InstantNs): Item[] {
    const overdue: Item[] = []
    for (const [orderId, order] of this.#placed) {
      if (order.dueAt === null || now < order.dueAt) break
      this.#placed.delete(orderId)
      if (this.#seen.has(orderId)) this.#seen.set(orderId, true)
      this.#breaker = afterEvent(this.#breaker, 'failed', now, this.#limits.breaker)
      overdue.push(order.item)
    }
    return overdue
  }

  /** Time until the next timeout; null where no order waits. Negative: it has passed. */
  untilOverdue(now: InstantNs): DurationNs | null {
    for (const order of this.#placed.values()) return durationNs((order.dueAt ?? now) - now)
    return null
  }

  #admit(now: InstantNs): Refusal | null {
    const { breaker, inFlightMax } = this.#limits
    if (this.inFlight >= inFlightMax) return 'too many in flight'
    if (!admits(this.#breaker, now, breaker)) return 'breaker open'
    this.#breaker = afterEvent(this.#breaker, 'admitted', now, breaker)
    return null
  }

  #remember(orderId: number): void {
    if (this.#seen.size >= this.#limits.rememberedOrders) {
      for (const oldest of this.#seen.keys()) {
        this.#seen.delete(oldest)
        break
      }
    }
    this.#seen.set(orderId, false)
  }
}
