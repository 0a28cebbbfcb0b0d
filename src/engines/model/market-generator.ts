import { Random } from '../../core/random.js'
import { BurstyTimes } from './bursty-times.js'
import type { MarketEvent } from './messages.js'

// Level-3 events of many symbols, drawn from a seed. Calibrated by eye against the recorded Bitstamp morning and what is
// published of equity feeds: nearly every order is cancelled, most spreads are one tick, depth falls off geometrically,
// sizes are log-normal and mostly round, events cluster on few symbols at a time, and prices follow a common factor
// beside a walk of their own. Where the price moves through orders, these are taken or cancelled before new ones come, so
// books do not cross, except by the rare order that is entered one step too far, as in real feeds.

type GeneratorOptions = {
  readonly seed: number
  readonly symbols: readonly string[]
  /** Share of the events that fall on one of the symbols that were active just before. */
  readonly burstiness: number
}

const ordersMax = 64
const ordersTarget = 32
const ordersPerSideMin = 3
const recentCount = 8
const commonEvery = 16
const commonStep = 1.2e-5
const midTicksMin = 200
const changeShare = 0.05
const crossShare = 0.0005
/** How far the price may lie outside the touch before the touch follows: keeps a price on the edge from flickering. */
const slackTicks = 0.3

const buy = 0
const sell = 1

export const symbolNames = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `SYM-${String(index + 1).padStart(3, '0')}`)

/** An event and when it happens, in nanoseconds after the first. */
export type TimedEvent = { readonly event: MarketEvent; readonly atNs: number }

export class MarketGenerator {
  readonly countMax = null
  readonly describe: string
  readonly #symbols: readonly string[]
  readonly #burstiness: number
  readonly #random: Random
  readonly #times: BurstyTimes
  readonly #mids: Float64Array
  readonly #bidTouches: Int32Array
  readonly #spreads: Int32Array
  readonly #betas: Float64Array
  readonly #stepTicks: Float64Array
  readonly #factorSeen: Float64Array
  readonly #live: Int32Array
  readonly #buys: Int32Array
  readonly #ids: Float64Array
  readonly #prices: Int32Array
  readonly #quantities: Int32Array
  readonly #sides: Uint8Array
  readonly #recent = new Int32Array(recentCount)
  #recentAt = 0
  #factor = 0
  #events = 0
  #nextId = 1
  // Of the symbol that #inspect looked at last.
  #stale = -1
  #bestBid = 0
  #bestAsk = 0

  constructor({ seed, symbols, burstiness }: GeneratorOptions) {
    const count = symbols.length
    this.describe = `generated, ${count} symbols, seed ${seed}, burstiness ${burstiness}`
    this.#symbols = symbols
    this.#burstiness = burstiness
    this.#random = Random.stream(seed, 'market')
    this.#times = new BurstyTimes(Random.stream(seed, 'market.times'), burstiness)
    this.#mids = new Float64Array(count)
    this.#bidTouches = new Int32Array(count)
    this.#spreads = new Int32Array(count)
    this.#betas = new Float64Array(count)
    this.#stepTicks = new Float64Array(count)
    this.#factorSeen = new Float64Array(count)
    this.#live = new Int32Array(count)
    this.#buys = new Int32Array(count)
    this.#ids = new Float64Array(count * ordersMax)
    this.#prices = new Int32Array(count * ordersMax)
    this.#quantities = new Int32Array(count * ordersMax)
    this.#sides = new Uint8Array(count * ordersMax)
    for (let symbol = 0; symbol < count; symbol += 1) this.#found(symbol)
  }

  /** Hot path: once per event sent, below 3 us (market-generator.test.ts). */
  next(): TimedEvent {
    const symbol = this.#pickSymbol()
    this.#events += 1
    this.#movePrice(symbol)
    this.#inspect(symbol)
    return { event: this.#draw(symbol), atNs: this.#times.next() }
  }

  #found(symbol: number): void {
    const random = this.#random
    const mid = 1_000 * Math.exp(2.3 * random.float()) + 500
    const liquid = random.float()
    this.#mids[symbol] = mid
    this.#spreads[symbol] = liquid < 0.6 ? 1 : liquid < 0.85 ? 2 : 3 + random.below(3)
    this.#bidTouches[symbol] = Math.floor(mid)
    this.#betas[symbol] = 0.5 + random.float()
    this.#stepTicks[symbol] = 0.05 + 0.1 * random.float()
  }

  #pickSymbol(): number {
    const count = this.#symbols.length
    // The first events open every book on both sides, so that no symbol stays without a quote.
    if (this.#events < 2 * count) return this.#events % count
    const random = this.#random
    if (random.float() < this.#burstiness) return this.#recent[random.below(recentCount)] as number
    const symbol = random.below(count)
    this.#recent[this.#recentAt] = symbol
    this.#recentAt = (this.#recentAt + 1) % recentCount
    return symbol
  }

  #movePrice(symbol: number): void {
    const random = this.#random
    if (this.#events % commonEvery === 0) this.#factor += commonStep * random.normal()
    const before = this.#mids[symbol] as number
    const common = (this.#betas[symbol] as number) * (this.#factor - (this.#factorSeen[symbol] as number))
    const mid = Math.max(midTicksMin, before * (1 + common) + (this.#stepTicks[symbol] as number) * random.normal())
    this.#factorSeen[symbol] = this.#factor
    this.#mids[symbol] = mid
    const halfSpread = ((this.#spreads[symbol] as number) - 1) / 2
    const offset = mid - halfSpread - (this.#bidTouches[symbol] as number)
    if (offset < -slackTicks || offset >= 1 + slackTicks) this.#bidTouches[symbol] = Math.floor(mid - halfSpread)
  }

  /** Finds the best prices, and an order that the price has moved through. */
  #inspect(symbol: number): void {
    const first = symbol * ordersMax
    const end = first + (this.#live[symbol] as number)
    const bidTouch = this.#bidTouches[symbol] as number
    const askTouch = bidTouch + (this.#spreads[symbol] as number)
    let stale = -1
    let bestBid = 0
    let bestAsk = 0
    for (let at = first; at < end; at += 1) {
      const price = this.#prices[at] as number
      if (this.#sides[at] === buy) {
        if (price > bestBid) bestBid = price
        if (price >= askTouch) stale = at
      } else {
        if (bestAsk === 0 || price < bestAsk) bestAsk = price
        if (price <= bidTouch) stale = at
      }
    }
    this.#stale = stale
    this.#bestBid = bestBid
    this.#bestAsk = bestAsk
  }

  #draw(symbol: number): MarketEvent {
    const random = this.#random
    if (this.#stale >= 0) return this.#take(symbol, this.#stale)
    const live = this.#live[symbol] as number
    const buys = this.#buys[symbol] as number
    if (buys < ordersPerSideMin || live - buys < ordersPerSideMin) {
      return this.#create(symbol, buys <= live - buys ? buy : sell)
    }
    const kind = random.float()
    const createShare = live >= ordersMax ? 0 : 0.5 + (0.5 * (ordersTarget - live)) / ordersTarget
    if (kind < createShare * (1 - changeShare)) return this.#create(symbol, random.below(2) === 0 ? buy : sell)
    const at = symbol * ordersMax + random.below(live)
    if (kind > 1 - changeShare && (this.#quantities[at] as number) > 1) return this.#reduce(symbol, at)
    return this.#delete(symbol, at)
  }

  /** The price has come through the order: mostly it is gone, sometimes a part of it was left. */
  #take(symbol: number, at: number): MarketEvent {
    const partly = (this.#quantities[at] as number) > 1 && this.#random.float() < 0.15
    return partly ? this.#reduce(symbol, at) : this.#delete(symbol, at)
  }

  #create(symbol: number, side: number): MarketEvent {
    const random = this.#random
    const at = symbol * ordersMax + (this.#live[symbol] as number)
    this.#live[symbol] = (this.#live[symbol] as number) + 1
    if (side === buy) this.#buys[symbol] = (this.#buys[symbol] as number) + 1
    this.#ids[at] = this.#nextId
    this.#nextId += 1
    this.#sides[at] = side
    this.#prices[at] = this.#newPrice(symbol, side)
    const size = Math.exp(4.6 + 0.9 * random.normal())
    this.#quantities[at] =
      random.float() < 0.7 ? 100 * Math.max(1, Math.round(size / 100)) : Math.max(1, Math.round(size))
    return this.#event(symbol, at, 'created')
  }

  #newPrice(symbol: number, side: number): number {
    const random = this.#random
    const bidTouch = this.#bidTouches[symbol] as number
    const askTouch = bidTouch + (this.#spreads[symbol] as number)
    const chance = random.float()
    if (chance < crossShare) return side === buy ? askTouch : bidTouch
    // An open touch is refilled sooner than depth grows; what lies behind it falls off geometrically.
    const open = side === buy ? this.#bestBid < bidTouch : this.#bestAsk === 0 || this.#bestAsk > askTouch
    const depth = open && chance < 0.5 ? 0 : Math.min(30, Math.floor(random.exponential(2.5)))
    return side === buy ? bidTouch - depth : askTouch + depth
  }

  #reduce(symbol: number, at: number): MarketEvent {
    this.#quantities[at] = Math.ceil((this.#quantities[at] as number) / 2)
    return this.#event(symbol, at, 'changed')
  }

  #delete(symbol: number, at: number): MarketEvent {
    const event = this.#event(symbol, at, 'deleted')
    const live = (this.#live[symbol] as number) - 1
    const last = symbol * ordersMax + live
    if (this.#sides[at] === buy) this.#buys[symbol] = (this.#buys[symbol] as number) - 1
    this.#live[symbol] = live
    this.#ids[at] = this.#ids[last] as number
    this.#prices[at] = this.#prices[last] as number
    this.#quantities[at] = this.#quantities[last] as number
    this.#sides[at] = this.#sides[last] as number
    return event
  }

  #event(symbol: number, at: number, action: MarketEvent['action']): MarketEvent {
    return {
      symbol: this.#symbols[symbol] as string,
      action,
      orderId: this.#ids[at] as number,
      side: this.#sides[at] === buy ? 'buy' : 'sell',
      price: this.#prices[at] as number,
      qty: action === 'deleted' ? 0 : (this.#quantities[at] as number),
      exchangeMs: 0,
    }
  }
}
