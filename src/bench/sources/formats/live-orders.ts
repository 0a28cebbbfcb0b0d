import type { MarketRow, Problem } from './format.js'

// Feeds that tell changes (executed, cancelled, replaced) name an order by its id alone; what it was and what is left of it
// is kept here, as long as it is live. Orders from before the file are unknown, and stay so.

type LiveOrder = Pick<MarketRow, 'symbol' | 'side' | 'price'> & { left: number }
type At = Pick<MarketRow, 'exchangeMs' | 'timeMs'>

const ordersMax = 20_000_000

export class LiveOrders {
  readonly #orders = new Map<number, LiveOrder>()

  get(id: number): LiveOrder | undefined {
    return this.#orders.get(id)
  }

  /** The row of a new order; an id that is live already is entered anew, and the book that is told refuses it. */
  enter(id: number, order: LiveOrder, at: At): MarketRow {
    this.#orders.set(id, order)
    return rowOf(id, order, 'created', at)
  }

  /** The row of an order of which a part or all has gone. */
  take(id: number, order: LiveOrder, gone: number, at: At): MarketRow {
    order.left = Math.max(0, order.left - gone)
    if (order.left === 0) this.#orders.delete(id)
    return rowOf(id, order, order.left === 0 ? 'deleted' : 'changed', at)
  }

  remove(id: number, order: LiveOrder, at: At): MarketRow {
    return this.take(id, order, order.left, at)
  }

  /** The rows that empty the book of a symbol. */
  clear(symbol: string, at: At): MarketRow[] {
    const gone = [...this.#orders].filter(([, order]) => order.symbol === symbol)
    return gone.map(([id, order]) => this.remove(id, order, at))
  }

  problem(): Problem {
    if (this.#orders.size <= ordersMax) return null
    return `is one more than the ${ordersMax} orders that may be live at once; read one symbol of the file`
  }
}

export function rowOf(id: number, order: LiveOrder, action: MarketRow['action'], at: At): MarketRow {
  const { symbol, side, price, left } = order
  return { symbol, action, orderId: id, side, price, qty: left, exchangeMs: at.exchangeMs, timeMs: at.timeMs }
}

const firstUnsafe = 0x20_0000
const twoTo32 = 2 ** 32

/** 64-bit ids as safe integers: themselves below 2^53, and above it negative numbers in the order of their coming. */
export class OrderIds {
  readonly #large = new Map<bigint, number>()

  of(high: number, low: number): number {
    if (high < firstUnsafe) return high * twoTo32 + low
    const whole = (BigInt(high) << 32n) | BigInt(low)
    const known = this.#large.get(whole)
    if (known !== undefined) return known
    const id = -1 - this.#large.size
    this.#large.set(whole, id)
    return id
  }
}
