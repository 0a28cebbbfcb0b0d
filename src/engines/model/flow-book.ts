import type { Random } from '../../core/random.js'
import { drawn, type FlowShape, type Placement } from './flow-shape.js'
import type { MarketEvent } from './messages.js'

// The book of one generated symbol. Orders come at distances from the best price of the other side and live for a number of events,
// both as recorded; spread, depth and price are what becomes of that (zero intelligence, after Farmer, Patelli and Zovko 2005). An order
// that comes through the other side trades with it: the larger of the two is changed to what is left of it, the smaller is deleted.
// Known limits: no memory beyond the book, so successive times, sides and sizes do not depend on each other.

type BookOptions = {
  readonly symbol: string
  readonly shape: FlowShape
  readonly random: Random
  /** Where the price begins, and what it is pulled back to. */
  readonly anchorTicks: number
}

const ordersMax = 512
/** How much likelier buyers are where the price lies below its anchor, in units of its relative distance; a run of days would leave it else. */
const pull = 1
const sidePersuasionMax = 0.25
const none = -1

export class FlowBook {
  readonly #symbol: string
  readonly #shape: FlowShape
  readonly #random: Random
  readonly #anchor: number
  readonly #ids = new Float64Array(ordersMax)
  readonly #prices = new Int32Array(ordersMax)
  /** 0 where the order has traded away and its deletion is still to be told. */
  readonly #lots = new Float64Array(ordersMax)
  readonly #endAt = new Float64Array(ordersMax)
  readonly #buys = new Uint8Array(ordersMax)
  #live = 0
  #events = 0
  #middle: number
  // What #inspect found last, as places in the arrays.
  #bid = none
  #ask = none
  #soonest = none
  #traded = none

  constructor({ symbol, shape, random, anchorTicks }: BookOptions) {
    this.#symbol = symbol
    this.#shape = shape
    this.#random = random
    this.#anchor = anchorTicks
    this.#middle = anchorTicks
  }

  /** The next event; `takeId` gives the id of an order that it creates. Hot path: once per generated event. */
  next(takeId: () => number): MarketEvent {
    this.#events += 1
    this.#inspect()
    if (this.#traded !== none) return this.#delete(this.#traded)
    if (this.#bid === none || this.#ask === none) return this.#create(this.#bid === none, takeId())
    const bid = this.#prices[this.#bid] as number
    const ask = this.#prices[this.#ask] as number
    if (bid >= ask) return this.#trade(this.#bid, this.#ask)
    this.#middle = (bid + ask) / 2
    const due = this.#live === ordersMax || (this.#endAt[this.#soonest] as number) <= this.#events
    return due ? this.#delete(this.#soonest) : this.#create(this.#drawSide(), takeId())
  }

  #inspect(): void {
    this.#bid = none
    this.#ask = none
    this.#soonest = none
    this.#traded = none
    for (let at = 0; at < this.#live; at += 1) {
      if (this.#lots[at] === 0) {
        this.#traded = at
        return
      }
      const price = this.#prices[at] as number
      if (this.#buys[at] === 1) {
        if (this.#bid === none || price > (this.#prices[this.#bid] as number)) this.#bid = at
      } else if (this.#ask === none || price < (this.#prices[this.#ask] as number)) this.#ask = at
      const sooner = this.#soonest === none || (this.#endAt[at] as number) < (this.#endAt[this.#soonest] as number)
      if (sooner) this.#soonest = at
    }
  }

  #drawSide(): boolean {
    const persuasion = (pull * (this.#anchor - this.#middle)) / this.#anchor
    const limited = Math.min(sidePersuasionMax, Math.max(-sidePersuasionMax, persuasion))
    return this.#random.float() < 0.5 + limited
  }

  #create(buys: boolean, id: number): MarketEvent {
    const random = this.#random
    const placement = this.#drawPlacement()
    const { fromTicks, toTicks, lifetimes } = placement
    const distance = fromTicks + random.below(toTicks - fromTicks)
    const other = buys ? this.#ask : this.#bid
    const best = other === none ? Math.round(this.#middle) : (this.#prices[other] as number)
    const at = this.#live
    this.#live += 1
    this.#ids[at] = id
    this.#buys[at] = buys ? 1 : 0
    this.#prices[at] = Math.max(1, buys ? best - distance : best + distance)
    this.#lots[at] = this.#drawLots()
    this.#endAt[at] = this.#events + drawn(lifetimes, random)
    return this.#told('created', at)
  }

  #drawPlacement(): Placement {
    const { placements } = this.#shape
    let share = this.#random.float()
    for (const placement of placements) {
      share -= placement.share
      if (share < 0) return placement
    }
    return placements.at(-1) as Placement
  }

  #drawLots(): number {
    let share = this.#random.float()
    for (const round of this.#shape.sizes.round) {
      share -= round.share
      if (share < 0) return round.lots
    }
    return Math.max(1, Math.round(drawn(this.#shape.sizes.rest, this.#random)))
  }

  #trade(bid: number, ask: number): MarketEvent {
    const [bidLots, askLots] = [this.#lots[bid] as number, this.#lots[ask] as number]
    const traded = Math.min(bidLots, askLots)
    this.#lots[bid] = bidLots - traded
    this.#lots[ask] = askLots - traded
    if (bidLots === askLots) return this.#delete(ask)
    return this.#told('changed', bidLots > askLots ? bid : ask)
  }

  #delete(at: number): MarketEvent {
    const event = this.#told('deleted', at)
    this.#live -= 1
    const last = this.#live
    this.#ids[at] = this.#ids[last] as number
    this.#prices[at] = this.#prices[last] as number
    this.#lots[at] = this.#lots[last] as number
    this.#endAt[at] = this.#endAt[last] as number
    this.#buys[at] = this.#buys[last] as number
    return event
  }

  #told(action: MarketEvent['action'], at: number): MarketEvent {
    return {
      symbol: this.#symbol,
      action,
      orderId: this.#ids[at] as number,
      side: this.#buys[at] === 1 ? 'buy' : 'sell',
      price: this.#prices[at] as number,
      qty: action === 'deleted' ? 0 : (this.#lots[at] as number),
      exchangeMs: 0,
    }
  }
}
