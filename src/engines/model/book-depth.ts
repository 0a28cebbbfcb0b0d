import { type BookSide, type BookTimeInForce, buy, noAccount, type SelfTradePolicy } from './book-terms.js'
import { type OrderRows, rowLayout } from './order-rows.js'
import { type PriceLevels, tickMax } from './price-levels.js'

type BookParts = {
  readonly levels: PriceLevels
  readonly orders: OrderRows
  readonly selfTrade: SelfTradePolicy
}

/** An order as it rests: the words of its id, and what it would have to be entered with. */
type RestingOrder = {
  readonly high: number
  readonly low: number
  readonly quantity: number
  readonly timeInForce: BookTimeInForce
  readonly account: number
}

const none = -1
const { shift, next } = rowLayout

/** What rests in a book, price by price: it looks and changes nothing. */
export class BookDepth {
  readonly #parts: BookParts

  constructor(parts: BookParts) {
    this.#parts = parts
  }

  /** Quantity at a price, of the one side that can be there. */
  quantityAt(tick: number): number {
    const { levels, orders } = this.#parts
    const slot = levels.find(tick)
    return slot === none ? 0 : (orders.quantities[slot] as number)
  }

  /** The nearest lower price with bids, 0 where there is none; start with the best bid. */
  bidBelow(tick: number): number {
    return tick <= 1 ? 0 : this.#parts.levels.atOrBelow(tick - 1)
  }

  /** The nearest higher price with asks, 0 where there is none; start with the best ask. */
  askAbove(tick: number): number {
    return tick >= tickMax ? 0 : this.#parts.levels.atOrAbove(tick + 1)
  }

  /** Calls `visit` for each order at a price, oldest first. */
  forEachAt(tick: number, visit: (order: RestingOrder) => void): void {
    const { levels, orders } = this.#parts
    const slot = levels.find(tick)
    if (slot === none) return
    let row = orders.links[(slot << shift) + next] as number
    while (row !== slot) {
      const at = row << shift
      visit({
        high: orders.highOf(row),
        low: orders.lowOf(row),
        quantity: orders.quantities[row] as number,
        timeInForce: ((orders.links[at + rowLayout.terms] as number) >> 1) as BookTimeInForce,
        account: orders.links[at + rowLayout.account] as number,
      })
      row = orders.links[at + next] as number
    }
  }

  /**
   * Whether an order would fill whole against the other side, whose best price is `best`, with what the self-trade policy
   * would take out of its way left out. Numbers instead of an object, which would be allocated for every fill-or-kill order.
   */
  canFill(best: number, side: BookSide, price: number, quantity: number, account: number): boolean {
    const { levels, orders, selfTrade } = this.#parts
    const guarded = selfTrade !== 'none' && account !== noAccount
    let missing = quantity
    let tick = best
    while (tick !== 0 && (side === buy ? tick <= price : tick >= price)) {
      const slot = levels.find(tick)
      if (!guarded) missing -= orders.quantities[slot] as number
      else {
        let row = orders.links[(slot << shift) + next] as number
        while (row !== slot && missing > 0) {
          const own = orders.links[(row << shift) + rowLayout.account] === account
          if (own && selfTrade !== 'expireMaker') return false
          if (!own) missing -= orders.quantities[row] as number
          row = orders.links[(row << shift) + next] as number
        }
      }
      if (missing <= 0) return true
      tick = side === buy ? this.askAbove(tick) : this.bidBelow(tick)
    }
    return false
  }
}
