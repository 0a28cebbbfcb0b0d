import { IdTable } from './id-table.js'
import type { MarketEvent, Tick } from './messages.js'
import { OrderRows, rowLayout } from './order-rows.js'
import { PriceLevels, tickMax } from './price-levels.js'

// Rebuilds a book from level-3 events: what the venue says, never what matching would make of it. So, unlike the matching
// book, the sides have levels of their own and may overlap for a while; a crossed top is shown and flagged. A feed that is
// joined in mid-stream names orders that were entered earlier: they are counted, and no part of the book.

/** What an event did to the book. All but `applied` leave it as it was. */
export type Applied = 'applied' | 'unknown' | 'duplicate' | 'invalid' | 'overflow'

const { shift, levelTick, terms, count: orderCount } = rowLayout
const bidSide = 0
const askSide = 1

export class Level3Book {
  bestBid = 0
  bestAsk = 0
  readonly #ordersMax: number
  /** An order has quantity 0 where the feed has taken everything from it but not yet deleted it: known, but no part of its level. */
  readonly #orders = new OrderRows()
  readonly #ids = new IdTable(this.#orders, 64)
  readonly #levels = [new PriceLevels(this.#orders), new PriceLevels(this.#orders)] as const
  #bidOrders = 0

  constructor(ordersMax: number) {
    this.#ordersMax = ordersMax
  }

  get liveOrders(): number {
    return this.#ids.count
  }
  /** Live orders of the bid side. */
  get bidOrders(): number {
    return this.#bidOrders
  }
  get bidLevels(): number {
    return this.#levels[bidSide].occupied
  }
  get askLevels(): number {
    return this.#levels[askSide].occupied
  }
  get bidQuantity(): number {
    return this.#quantityAt(bidSide, this.bestBid)
  }
  get askQuantity(): number {
    return this.#quantityAt(askSide, this.bestAsk)
  }
  /** Locked counts as crossed: both mean that the top cannot be traded on. */
  get crossed(): boolean {
    return this.bestBid !== 0 && this.bestAsk !== 0 && this.bestBid >= this.bestAsk
  }

  /** Hot path: once per market event. */
  apply(event: MarketEvent): Applied {
    const row = this.#ids.get(event.orderId)
    if (event.action === 'deleted') return row < 0 ? 'unknown' : this.#delete(row)
    if (!isPossible(event)) return 'invalid'
    if (event.action === 'created') return row < 0 ? this.#create(event) : 'duplicate'
    if (row < 0) return 'unknown'
    this.#leaveLevel(row)
    this.#orders.links[(row << shift) + levelTick] = event.price
    this.#orders.quantities[row] = event.qty
    this.#joinLevel(row)
    return 'applied'
  }

  #create(event: MarketEvent): Applied {
    if (this.#ids.count >= this.#ordersMax) return 'overflow'
    const row = this.#orders.take()
    const { links, quantities } = this.#orders
    links[(row << shift) + terms] = event.side === 'buy' ? bidSide : askSide
    links[(row << shift) + levelTick] = event.price
    quantities[row] = event.qty
    this.#ids.add(event.orderId, row)
    if (event.side === 'buy') this.#bidOrders += 1
    this.#joinLevel(row)
    return 'applied'
  }

  #delete(row: number): Applied {
    this.#leaveLevel(row)
    if (this.#isBid(row)) this.#bidOrders -= 1
    this.#ids.remove(row)
    this.#orders.giveBack(row)
    return 'applied'
  }

  #joinLevel(row: number): void {
    const quantity = this.#orders.quantities[row] as number
    if (quantity === 0) return
    const price = this.#orders.links[(row << shift) + levelTick] as number
    const bid = this.#isBid(row)
    const levels = bid ? this.#levels[bidSide] : this.#levels[askSide]
    const slot = levels.open(price)
    const { links, quantities } = this.#orders
    const at = (slot << shift) + orderCount
    links[at] = (links[at] as number) + 1
    quantities[slot] = (quantities[slot] as number) + quantity
    if (bid) {
      if (price > this.bestBid) this.bestBid = price
    } else if (this.bestAsk === 0 || price < this.bestAsk) this.bestAsk = price
  }

  #leaveLevel(row: number): void {
    const quantity = this.#orders.quantities[row] as number
    if (quantity === 0) return
    const price = this.#orders.links[(row << shift) + levelTick] as number
    const bid = this.#isBid(row)
    const levels = bid ? this.#levels[bidSide] : this.#levels[askSide]
    const slot = levels.find(price)
    const { links, quantities } = this.#orders
    const at = (slot << shift) + orderCount
    const count = (links[at] as number) - 1
    links[at] = count
    quantities[slot] = (quantities[slot] as number) - quantity
    if (count !== 0) return
    levels.close(slot, price)
    if (bid) {
      if (price === this.bestBid) this.bestBid = levels.occupied === 0 ? 0 : levels.atOrBelow(price)
    } else if (price === this.bestAsk) this.bestAsk = levels.occupied === 0 ? 0 : levels.atOrAbove(price)
  }

  #quantityAt(side: typeof bidSide | typeof askSide, price: number): number {
    return price === 0 ? 0 : (this.#orders.quantities[this.#levels[side].find(price)] as number)
  }

  #isBid(row: number): boolean {
    return this.#orders.links[(row << shift) + terms] === bidSide
  }
}

/** The top of a book after an event, as the pipeline sees it. */
export const tickOf = (symbol: string, book: Level3Book): Tick => ({
  symbol,
  bid: book.bestBid,
  bidQty: book.bidQuantity,
  ask: book.bestAsk,
  askQty: book.askQuantity,
  crossed: book.crossed,
})

function isPossible({ orderId, price, qty }: MarketEvent): boolean {
  return (
    Number.isSafeInteger(orderId) &&
    Number.isInteger(price) &&
    price >= 1 &&
    price <= tickMax &&
    Number.isSafeInteger(qty) &&
    qty >= 0
  )
}
