import { assert } from '../../core/assert.js'
import { normalCdf } from '../../stats/special-functions.js'
import { at } from './columns.js'

/**
 * The share of a bar's volume that aggressive buyers took, by its change of price: Phi(dP / sigma). Half where the price stands
 * still, or where nothing is known of sigma (bulk volume classification of Easley, López de Prado and O'Hara, 2012).
 */
export function bulkBuyShare(priceChange: number, deviation: number): number {
  assert(deviation >= 0, 'a deviation is not negative')
  return priceChange === 0 || deviation === 0 ? 0.5 : normalCdf(priceChange / deviation)
}

/**
 * Classifies bars as they come. Sigma is the standard deviation (n - 1) of the last changes of price, that of the bar itself
 * among them, and never of later ones: what is told live is what could be known.
 */
export class BulkClassifier {
  readonly #changes: Float64Array
  #count = 0
  #price = Number.NaN

  constructor(changesMax: number) {
    assert(Number.isInteger(changesMax) && changesMax >= 2, 'a deviation needs two changes')
    this.#changes = new Float64Array(changesMax)
  }

  /** The buy share of a bar that closed at `price`; undefined for the first, whose change is unknown. Hot path: no allocation. */
  classify(price: number): number | undefined {
    assert(Number.isFinite(price), 'a price is a finite number')
    const change = price - this.#price
    this.#price = price
    if (Number.isNaN(change)) return undefined
    this.#changes[this.#count % this.#changes.length] = change
    this.#count += 1
    return bulkBuyShare(change, this.deviation)
  }

  /** Zero before there are two changes. */
  get deviation(): number {
    const count = Math.min(this.#count, this.#changes.length)
    if (count < 2) return 0
    let sum = 0
    for (let index = 0; index < count; index += 1) sum += at(this.#changes, index)
    const mean = sum / count
    let squares = 0
    for (let index = 0; index < count; index += 1) squares += (at(this.#changes, index) - mean) ** 2
    return Math.sqrt(squares / (count - 1))
  }
}
