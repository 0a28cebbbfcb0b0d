import { formatDecimal } from '../../engines/model/decimal.js'
import { Level3Book } from '../../engines/model/level-3-book.js'
import type { SymbolFigures } from '../../report/market-data.js'
import { FlowSample } from './flow-sample.js'
import type { MarketRow } from './formats/format.js'
import { ordersMax } from './formats/live-orders.js'

// Rebuilds the books of a file event by event, and counts what happens to them.

/** Symbols beyond are counted alone: the books of all stocks of an exchange would not fit into the memory. */
const booksMax = 256

type Replayed = {
  readonly book: Level3Book
  /** Live orders that were changed, for the cancel ratio. */
  readonly touched: Set<number>
  events: number
  lastNs: number | null
}

export class MarketReplay {
  readonly sample = new FlowSample()
  readonly byAction = { created: 0, changed: 0, deleted: 0 }
  readonly unknown = { changed: 0, deleted: 0 }
  duplicates = 0
  crossed = 0
  liveOrdersMax = 0
  readonly #books = new Map<string, Replayed>()
  readonly #bookless = new Map<string, number>()

  take(row: MarketRow, atNs: number | null): void {
    this.byAction[row.action] += 1
    const replayed = this.#of(row.symbol)
    if (replayed === null) {
      this.#bookless.set(row.symbol, (this.#bookless.get(row.symbol) ?? 0) + 1)
      return
    }
    const { book } = replayed
    this.#sampleTime(replayed, atNs)
    const applied = book.apply(row)
    if (applied === 'applied') this.#sample(row, replayed)
    else if (applied === 'duplicate') this.duplicates += 1
    else if (applied === 'unknown' && row.action !== 'created') this.unknown[row.action] += 1
    if (book.crossed) this.crossed += 1
    else if (book.bestBid !== 0 && book.bestAsk !== 0) this.sample.spreads.add(book.bestAsk - book.bestBid)
    if (book.liveOrders > this.liveOrdersMax) this.liveOrdersMax = book.liveOrders
  }

  get symbolCount(): number {
    return this.#books.size + this.#bookless.size
  }
  get symbolsWithoutBook(): number {
    return this.#bookless.size
  }

  /** Best prices and quantities of a symbol, as the rows of a LOBSTER book file begin: ask, its size, bid, its size. */
  topOf(symbol: string): readonly [number, number, number, number] {
    const book = this.#books.get(symbol)?.book
    return book === undefined ? [0, 0, 0, 0] : [book.bestAsk, book.askQuantity, book.bestBid, book.bidQuantity]
  }

  /** The books as they are, the most active symbol first. */
  figures(priceDecimals: number): SymbolFigures[] {
    const price = (ticks: number) => (ticks === 0 ? null : formatDecimal(ticks, priceDecimals))
    const figures = [...this.#books].map(([symbol, { book, events }]) => ({
      symbol,
      events,
      liveOrders: book.liveOrders,
      bidOrders: book.bidOrders,
      askOrders: book.liveOrders - book.bidOrders,
      bidLevels: book.bidLevels,
      askLevels: book.askLevels,
      bestBid: price(book.bestBid),
      bestAsk: price(book.bestAsk),
    }))
    return figures.sort((a, b) => b.events - a.events)
  }

  #sampleTime(replayed: Replayed, atNs: number | null): void {
    replayed.events += 1
    if (atNs !== null && replayed.lastNs !== null) this.sample.interArrivalsNs.add(atNs - replayed.lastNs)
    replayed.lastNs = atNs
  }

  #sample({ action, orderId, qty }: MarketRow, { touched }: Replayed): void {
    if (action === 'created') this.sample.sizes.add(qty)
    else if (action === 'changed') touched.add(orderId)
    else {
      this.sample.deleted += 1
      if (!touched.delete(orderId)) this.sample.deletedUntouched += 1
    }
  }

  #of(symbol: string): Replayed | null {
    const known = this.#books.get(symbol)
    if (known !== undefined) return known
    if (this.#books.size >= booksMax) return null
    const made: Replayed = { book: new Level3Book(ordersMax), touched: new Set(), events: 0, lastNs: null }
    this.#books.set(symbol, made)
    return made
  }
}
