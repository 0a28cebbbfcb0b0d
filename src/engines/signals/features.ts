import { assert } from '../../core/assert.js'
import type { Tick } from '../model/messages.js'
import { at } from '../quant/columns.js'

// The raw signals of each symbol, kept incrementally: a tick touches only the row of its own symbol. Averages are
// exponential, so that no window of prices has to be stored.

/** The columns of the cross-section, in order. Positive always means: buy. */
export const featureNames = [
  'momentumShort',
  'momentumLong',
  'reversal',
  'bookImbalance',
  'scaledReturn',
  'micropriceDeviation',
] as const

const fastPart = 12

/** A row counts from its second quote on: then it has a return. */
const quotesMin = 2

export class Features {
  /** Column-major, `rowsMax` rows: the newest value of each signal of each symbol. */
  readonly values: Float64Array
  readonly #rowsMax: number
  readonly #fast: number
  readonly #slow: number
  readonly #quotes: Int32Array
  readonly #logMid: Float64Array
  readonly #level: Float64Array
  readonly #variance: Float64Array

  constructor(options: { readonly rowsMax: number; readonly lookback: number }) {
    this.#rowsMax = options.rowsMax
    this.#fast = 2 / (options.lookback / fastPart + 1)
    this.#slow = 2 / (options.lookback + 1)
    this.values = new Float64Array(options.rowsMax * featureNames.length)
    this.#quotes = new Int32Array(options.rowsMax)
    this.#logMid = new Float64Array(options.rowsMax)
    this.#level = new Float64Array(options.rowsMax)
    this.#variance = new Float64Array(options.rowsMax)
  }

  /**
   * Takes in the quote of one tick; returns whether the row has values. One-sided and crossed books are skipped: their
   * middle is no price. Hot path: guarded by `npm run bench:orthogonalise` together with the cross-section.
   */
  update(row: number, tick: Tick): boolean {
    assert(row >= 0 && row < this.#rowsMax, 'the row was allocated')
    const quoted = tick.bid > 0 && tick.ask > tick.bid && tick.bidQty > 0 && tick.askQty > 0
    if (quoted) this.#take(row, tick)
    return (this.#quotes[row] ?? 0) >= quotesMin
  }

  #take(row: number, tick: Tick): void {
    const middle = (tick.bid + tick.ask) / 2
    const logMid = Math.log(middle)
    const quotes = this.#quotes[row] ?? 0
    this.#quotes[row] = quotes + 1
    if (quotes === 0) {
      this.#logMid[row] = logMid
      this.#level[row] = logMid
      return
    }
    const change = logMid - at(this.#logMid, row)
    this.#logMid[row] = logMid
    const level = average(this.#level, row, logMid, this.#fast)
    const variance =
      quotes === 1
        ? change * change
        : at(this.#variance, row) + this.#slow * (change * change - at(this.#variance, row))
    this.#variance[row] = variance
    const imbalance = (tick.bidQty - tick.askQty) / (tick.bidQty + tick.askQty)
    const micropriceDeviation = ((tick.ask - tick.bid) / 2 / middle) * imbalance
    const { values } = this
    const rows = this.#rowsMax
    average(values, row, change, this.#fast)
    average(values, rows + row, change, this.#slow)
    values[2 * rows + row] = level - logMid
    values[3 * rows + row] = imbalance
    values[4 * rows + row] = variance > 0 ? change / Math.sqrt(variance) : 0
    average(values, 5 * rows + row, micropriceDeviation, this.#fast)
  }
}

function average(values: Float64Array, index: number, newest: number, weight: number): number {
  const moved = at(values, index) + weight * (newest - at(values, index))
  values[index] = moved
  return moved
}
