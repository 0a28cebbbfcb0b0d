import type { Engine, EngineContext, Input } from '../kit/define.js'
import { defineEngine } from '../kit/define.js'
import { Level3Book, tickOf } from '../model/level-3-book.js'
import { type MarketEvent, topics } from '../model/messages.js'
import { type MarketDataConfig, marketDataConfig } from './config.js'

// The book of each symbol from its level-3 events, and after each of them a tick: best bid and ask with their quantities, and
// whether they cross. What the venue says is shown as it is said; see model/level-3-book.ts.
//
// Units: prices in ticks, quantities in lots, integers.
//
// Source: level-3 feeds such as those of Bitstamp, NASDAQ ITCH 5.0 and Databento, which `nautilus data convert` reads.
// Known limits: orders that a feed entered before it was joined are unknown: their events are counted and change nothing.

export const marketDataEngine = defineEngine({
  name: 'market-data',
  consumes: [topics.marketEvent],
  produces: [topics.tick],
  config: marketDataConfig,
  create: (settings, context) => new MarketData(settings, context),
})

class MarketData implements Engine {
  readonly #settings: MarketDataConfig
  readonly #context: EngineContext
  readonly #books = new Map<string, Level3Book>()
  #liveOrders = 0

  constructor(settings: MarketDataConfig, context: EngineContext) {
    this.#settings = settings
    this.#context = context
  }

  /** Hot path: each event becomes one tick, also where it did not change the book, so that every event has its outcome. */
  handle(input: Input): void {
    const event = input.envelope.body as MarketEvent
    const book = this.#books.get(event.symbol) ?? this.#open(event.symbol)
    if (book === null) {
      this.#context.count('symbolsRefused')
      this.#context.finish(input, 'failed', 'too many symbols')
      return
    }
    const liveBefore = book.liveOrders
    const applied = book.apply(event)
    this.#count(applied, book.liveOrders - liveBefore)
    const tick = tickOf(event.symbol, book)
    if (tick.crossed) this.#context.count('crossed')
    this.#context.emit(input, topics.tick, tick)
  }

  status(): Readonly<Record<string, number>> {
    return { symbols: this.#books.size, liveOrders: this.#liveOrders }
  }

  #open(symbol: string): Level3Book | null {
    if (this.#books.size >= this.#settings.symbolsMax) return null
    const book = new Level3Book(this.#settings.ordersMax)
    this.#books.set(symbol, book)
    return book
  }

  #count(applied: string, liveChange: number): void {
    this.#context.count('events')
    if (applied !== 'applied') this.#context.count(applied)
    if (liveChange === 0) return
    this.#liveOrders += liveChange
    this.#context.count('liveOrders', liveChange)
  }
}
