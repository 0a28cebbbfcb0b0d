import type { Tick } from '../model/messages.js'
import type { FeatureSet, RollingFigures } from '../model/observer-messages.js'
import type { FeaturesConfig } from './config.js'

// What one symbol's quotes say by themselves. With bid b, ask a and their quantities B and A (ticks, lots):
//
//   middle      m = (b + a) / 2                       ticks
//   spread      a - b                                 ticks
//   imbalance   (B - A) / (B + A)                     -1 (only sellers) to 1 (only buyers)
//   microprice  (b A + a B) / (A + B)                 ticks; the middle, leaning to the side with less depth
//   return      ln(m_t / m_t-w)                       over w quotes
//   volatility  sqrt(sum of the last w squared one-quote log returns), the realised volatility of the window
//
// A quote is a tick with both sides, not crossed: the middle of any other is no price. A window that is not yet full tells of
// the quotes there are, as not ready.
//
// Units: prices in ticks, quantities in lots. Windows count quotes, not time, so volatilities are of the window and not
// annualised; divide by sqrt(w) for one quote.
//
// Cost: O(1) a quote for each window, whatever its length. A running sum that adds the newest square and takes off the
// oldest keeps the rounding of every value that ever passed: after one wild return all later volatilities are wrong in
// their last digits. So beside it grows a sum that only adds; when it holds exactly the window, it takes the other's place.
// What a wild return leaves behind is thus gone at most one window after it has left.
//
// Source: microprice as in Gatheral and Oomen, Zero-intelligence realized variance estimation (2010); realised volatility
// as in Andersen and Bollerslev, Answering the skeptics (1998).
// Known limits: one-quote returns of a tick-sized market bounce between bid and ask, which volatility of short windows shows.

export class RollingFeatures {
  readonly #settings: FeaturesConfig
  readonly #symbols = new Map<string, SymbolFeatures>()

  constructor(settings: FeaturesConfig) {
    this.#settings = settings
  }

  get symbolCount(): number {
    return this.#symbols.size
  }

  /** The features after one tick, or why it has none. Hot path: the component case `features.update` guards it. */
  update(tick: Tick): FeatureSet | 'unquoted' | 'overflow' {
    const quoted = tick.bid > 0 && tick.ask > tick.bid && tick.bidQty > 0 && tick.askQty > 0
    if (!quoted) return 'unquoted'
    const symbol = this.#symbols.get(tick.symbol) ?? this.#open(tick.symbol)
    return symbol === null ? 'overflow' : symbol.update(tick)
  }

  /** The newest features of each symbol, in the order of their first quotes. */
  all(): FeatureSet[] {
    return [...this.#symbols.values()].flatMap(({ newest }) => (newest === null ? [] : [newest]))
  }

  #open(name: string): SymbolFeatures | null {
    if (this.#symbols.size >= this.#settings.symbolsMax) return null
    const symbol = new SymbolFeatures(this.#settings.windows)
    this.#symbols.set(name, symbol)
    return symbol
  }
}

class SymbolFeatures {
  newest: FeatureSet | null = null
  readonly #windows: readonly number[]
  /** The last logarithms of the middle, enough to name the return that leaves the longest window. */
  readonly #logMiddles: Float64Array
  readonly #running: Float64Array
  /** Sums that only add, and how many squares each of them holds. */
  readonly #growing: Float64Array
  readonly #grown: Int32Array
  #quotes = 0

  constructor(windows: readonly number[]) {
    this.#windows = windows
    this.#logMiddles = new Float64Array(Math.max(...windows) + 2)
    this.#running = new Float64Array(windows.length)
    this.#growing = new Float64Array(windows.length)
    this.#grown = new Int32Array(windows.length)
  }

  update(tick: Tick): FeatureSet {
    const { symbol, bid, bidQty, ask, askQty } = tick
    const middle = (bid + ask) / 2
    this.#logMiddles[this.#quotes % this.#logMiddles.length] = Math.log(middle)
    this.#quotes += 1
    const rolling: RollingFigures[] = []
    for (let index = 0; index < this.#windows.length; index += 1) rolling.push(this.#roll(index))
    this.newest = {
      symbol,
      quotes: this.#quotes,
      middle,
      spread: ask - bid,
      imbalance: (bidQty - askQty) / (bidQty + askQty),
      microprice: (bid * askQty + ask * bidQty) / (bidQty + askQty),
      rolling,
    }
    return this.newest
  }

  #roll(index: number): RollingFigures {
    const window = this.#windows[index] as number
    const returns = this.#quotes - 1
    if (returns > 0) this.#addNewest(index, window)
    const ready = returns >= window
    return {
      window,
      ready,
      logReturn: this.#logMiddle(0) - this.#logMiddle(Math.min(returns, window)),
      // What remains of a difference of sums may lie below zero by its rounding.
      volatility: Math.sqrt(Math.max(0, this.#running[index] as number)),
    }
  }

  #addNewest(index: number, window: number): void {
    const square = this.#squareAgo(0)
    const leaving = this.#quotes - 1 > window ? this.#squareAgo(window) : 0
    this.#running[index] = (this.#running[index] as number) + square - leaving
    this.#growing[index] = (this.#growing[index] as number) + square
    this.#grown[index] = (this.#grown[index] as number) + 1
    if (this.#grown[index] !== window) return
    this.#running[index] = this.#growing[index] as number
    this.#growing[index] = 0
    this.#grown[index] = 0
  }

  /** Of the one-quote return that ended `ago` quotes before the newest: the same number each time it is asked for. */
  #squareAgo(ago: number): number {
    const change = this.#logMiddle(ago) - this.#logMiddle(ago + 1)
    return change * change
  }

  #logMiddle(ago: number): number {
    return this.#logMiddles[(this.#quotes - 1 - ago) % this.#logMiddles.length] as number
  }
}
