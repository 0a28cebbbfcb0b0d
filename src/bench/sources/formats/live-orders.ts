import type { MarketRow, Problem } from './format.js'

// Feeds that tell changes (executed, cancelled, replaced) name an order by its id alone; what it was and what is left of it
// is kept here, as long as it is live. Orders from before the file are unknown, and stay so.

type LiveOrder = Pick<MarketRow, 'symbol' | 'side' | 'price'> & { readonly id: number; left: number }
type At = Pick<MarketRow, 'exchangeMs' | 'timeMs'>

/** Most orders that may be live at once, in one book or in all of a file. */
export const ordersMax = 20_000_000

/** What the books of one file share. */
type SharedCounts = {
  live: number
  /** Orders that got a number instead of their id. */
  numbered: number
}
export const noOrders = (): SharedCounts => ({ live: 0, numbered: 0 })

/** The live orders of one source of ids. */
export class LiveOrders {
  readonly #orders = new Map<number, LiveOrder>()
  readonly #counts: SharedCounts
  readonly #ids: OrderIds | null

  constructor(counts: SharedCounts, ids: OrderIds | null = null) {
    this.#counts = counts
    this.#ids = ids
  }

  get(id: number | null): LiveOrder | undefined {
    return id === null ? undefined : this.#orders.get(id)
  }

  /** The row of a new order; an id that is live already is entered anew, and the book that is told refuses it. */
  enter(order: LiveOrder, at: At): MarketRow {
    if (!this.#orders.has(order.id)) this.#counts.live += 1
    this.#orders.set(order.id, order)
    return rowOf(order, 'created', at)
  }

  /** The row of an order of which a part or all has gone. */
  take(order: LiveOrder, gone: number, at: At): MarketRow {
    order.left = Math.max(0, order.left - gone)
    if (order.left > 0) return rowOf(order, 'changed', at)
    if (this.#orders.delete(order.id)) this.#counts.live -= 1
    this.#ids?.release(order.id)
    return rowOf(order, 'deleted', at)
  }

  remove(order: LiveOrder, at: At): MarketRow {
    return this.take(order, order.left, at)
  }

  /** The rows that remove all orders. */
  clear(at: At): MarketRow[] {
    return [...this.#orders.values()].map((order) => this.remove(order, at))
  }

  problem(): Problem {
    if (this.#counts.live <= ordersMax) return null
    return `is one more than the ${ordersMax} orders that may be live at once; read one symbol of the file`
  }
}

export function rowOf(order: LiveOrder, action: MarketRow['action'], at: At): MarketRow {
  const { id, symbol, side, price, left } = order
  return { symbol, action, orderId: id, side, price, qty: left, exchangeMs: at.exchangeMs, timeMs: at.timeMs }
}

const firstUnsafe = 0x20_0000
export const twoTo32 = 2 ** 32

/**
 * 64-bit ids as safe integers: themselves below 2^53, and above it negative numbers in the order of their coming, which go
 * with their order. Where the ids of another source name orders of the same book, these are `numbered` all.
 */
export class OrderIds {
  readonly #numbered: boolean
  readonly #counts: SharedCounts
  readonly #numbers = new Map<bigint, number>()
  readonly #ids = new Map<number, bigint>()

  constructor(counts: SharedCounts, { numbered }: { readonly numbered: boolean }) {
    this.#counts = counts
    this.#numbered = numbered
  }

  /** The number of an id, or null where no live order has it. */
  find(high: number, low: number): number | null {
    if (this.#isPlain(high)) return high * twoTo32 + low
    return this.#numbers.get(whole(high, low)) ?? null
  }

  /** The number of an id that is entered. */
  enter(high: number, low: number): number {
    const known = this.find(high, low)
    if (known !== null) return known
    this.#counts.numbered += 1
    const number = -this.#counts.numbered
    this.#numbers.set(whole(high, low), number)
    this.#ids.set(number, whole(high, low))
    return number
  }

  release(number: number): void {
    const id = this.#ids.get(number)
    if (id === undefined) return
    this.#ids.delete(number)
    this.#numbers.delete(id)
  }

  #isPlain(high: number): boolean {
    return high < firstUnsafe && !this.#numbered
  }
}

const whole = (high: number, low: number): bigint => (BigInt(high) << 32n) | BigInt(low)
