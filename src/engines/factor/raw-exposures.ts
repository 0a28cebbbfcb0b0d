import { assert } from '../../core/assert.js'
import type { Tick } from '../model/messages.js'
import { at } from '../quant/columns.js'

/** What sets symbols apart, in the order of the columns; a higher value is more of it. */
export const styleFactors = ['momentum', 'volatility', 'depth', 'imbalance'] as const

/** A symbol has exposures from its second quote on: then it has a return. */
const quotesMin = 2

/**
 * The raw exposures of each symbol, as exponential averages over its quotes: O(1) a quote, and no window to keep.
 *
 *   momentum    average one-quote log return
 *   volatility  root of the average squared one-quote log return
 *   depth       logarithm of the average lots at the top of the book, both sides
 *   imbalance   average of (bid lots - ask lots) / (bid lots + ask lots)
 */
export class RawExposures {
  readonly #weight: number
  readonly #quotes: Int32Array
  readonly #logMiddles: Float64Array
  readonly #middles: Float64Array
  readonly #returns: Float64Array
  readonly #squares: Float64Array
  readonly #depths: Float64Array
  readonly #imbalances: Float64Array

  constructor(rowsMax: number, lookback: number) {
    this.#weight = 2 / (lookback + 1)
    this.#quotes = new Int32Array(rowsMax)
    this.#logMiddles = new Float64Array(rowsMax)
    this.#middles = new Float64Array(rowsMax)
    this.#returns = new Float64Array(rowsMax)
    this.#squares = new Float64Array(rowsMax)
    this.#depths = new Float64Array(rowsMax)
    this.#imbalances = new Float64Array(rowsMax)
  }

  /** Takes in a quote of the symbol in that row. Hot path: the component case `factor.update` guards it. */
  update(row: number, { bid, bidQty, ask, askQty }: Tick): void {
    const middle = (bid + ask) / 2
    const logMiddle = Math.log(middle)
    const depth = bidQty + askQty
    const imbalance = (bidQty - askQty) / depth
    const quotes = this.#quotes[row] as number
    this.#quotes[row] = quotes + 1
    this.#middles[row] = middle
    const change = quotes === 0 ? 0 : logMiddle - at(this.#logMiddles, row)
    this.#logMiddles[row] = logMiddle
    // Averages begin at the first value they have: the first quote, and for returns the second.
    this.#average(this.#depths, row, depth, quotes === 0)
    this.#average(this.#imbalances, row, imbalance, quotes === 0)
    if (quotes === 0) return
    this.#average(this.#returns, row, change, quotes === 1)
    this.#average(this.#squares, row, change * change, quotes === 1)
  }

  isReady(row: number): boolean {
    return (this.#quotes[row] ?? 0) >= quotesMin
  }

  logMiddle(row: number): number {
    return at(this.#logMiddles, row)
  }

  /** Average depth at the top in ticks x lots. */
  depthNotional(row: number): number {
    return at(this.#depths, row) * at(this.#middles, row)
  }

  /** Writes the exposures of a row to `target`, one every `stride` from `from` on. */
  write(row: number, target: Float64Array, from: number, stride: number): void {
    assert(this.isReady(row), 'a symbol has exposures from its second quote on')
    target[from] = at(this.#returns, row)
    target[from + stride] = Math.sqrt(at(this.#squares, row))
    target[from + 2 * stride] = Math.log(at(this.#depths, row))
    target[from + 3 * stride] = at(this.#imbalances, row)
  }

  #average(values: Float64Array, row: number, newest: number, first: boolean): void {
    values[row] = first ? newest : at(values, row) + this.#weight * (newest - at(values, row))
  }
}
