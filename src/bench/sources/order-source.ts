import { Random } from '../../core/random.js'
import { BurstyTimes } from '../../engines/model/bursty-times.js'
import { formatDecimal } from '../../engines/model/decimal.js'
import type { Source, SourceEvent, SourceSymbol } from './source.js'

/** An order as a client posts it: decimal strings, never floats. */
export type OrderRequest = {
  readonly symbol: string
  readonly order_type: 'limit' | 'market'
  readonly side: 'buy' | 'sell'
  readonly quantity: string
  /** Absent from market orders. */
  readonly price?: string
}

export const orderSymbol: SourceSymbol = { symbol: 'BTC-USDT', priceDecimals: 2, qtyDecimals: 4 }
const midTicks = 5_000_000
const midStepTicks = 15
const midPull = 1e-4
const marketShare = 0.15
const marketableShare = 0.3
const passiveTicks = 400
const crossingTicks = 200

/** Orders around a price that drifts: mostly limit orders that rest, some that cross, some market orders. */
export const orderSourceOf = (seed: number, burstiness: number): Source<OrderRequest> =>
  new GeneratedOrders(seed, burstiness)

class GeneratedOrders implements Source<OrderRequest> {
  readonly countMax = null
  readonly describe: string
  readonly #random: Random
  readonly #times: BurstyTimes
  readonly #burstiness: number
  #mid = midTicks
  #side: 'buy' | 'sell' = 'buy'

  constructor(seed: number, burstiness: number) {
    this.describe = `generated orders of ${orderSymbol.symbol}, seed ${seed}, burstiness ${burstiness}`
    this.#random = Random.stream(seed, 'orders')
    this.#times = new BurstyTimes(Random.stream(seed, 'orders.times'), burstiness)
    this.#burstiness = burstiness
  }

  next(): SourceEvent<OrderRequest> {
    return { event: this.#draw(), atNs: this.#times.next() }
  }

  #draw(): OrderRequest {
    const random = this.#random
    const { symbol, priceDecimals, qtyDecimals } = orderSymbol
    // The drift is pulled back to where it began, so that a long run neither reaches zero nor leaves the range.
    this.#mid += midStepTicks * random.normal() + (midTicks - this.#mid) * midPull
    // Buyers follow buyers: the side of an order persists, as it does in real flow.
    if (random.float() >= this.#burstiness) this.#side = random.below(2) === 0 ? 'buy' : 'sell'
    const quantity = formatDecimal(Math.max(1, Math.round(Math.exp(4.6 + random.normal()))), qtyDecimals)
    if (random.float() < marketShare) return { symbol, order_type: 'market', side: this.#side, quantity }
    const crossing = random.float() < marketableShare
    const distance = crossing ? -random.exponential(crossingTicks) : random.exponential(passiveTicks)
    const ticks = Math.max(1, Math.round(this.#mid + (this.#side === 'buy' ? -distance : distance)))
    return { symbol, order_type: 'limit', side: this.#side, quantity, price: formatDecimal(ticks, priceDecimals) }
  }
}
