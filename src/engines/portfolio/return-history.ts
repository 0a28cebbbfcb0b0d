import { assert } from '../../core/assert.js'
import { type DurationNs, durationNs, elapsed, type InstantNs, later } from '../../core/units.js'

type Series = { readonly marks: Float64Array; readonly firstRow: number; last: number }

/** What symbols were marked at when each of the last periods ended. All of them end at the same instants. */
export class ReturnHistory {
  readonly #everyNs: DurationNs
  readonly #rowsMax: number
  readonly #series = new Map<string, Series>()
  #rows = 0
  #endsAt: InstantNs | null = null

  constructor({ everyNs, returnsMax }: { readonly everyNs: DurationNs; readonly returnsMax: number }) {
    assert(everyNs > 0 && returnsMax >= 2, 'a history has periods, and two returns at least')
    this.#everyNs = everyNs
    this.#rowsMax = returnsMax + 1
  }

  /** A symbol has this mark from `at` on; time that runs back counts as standing still. Hot path: a period's end costs O(symbols). */
  mark(symbol: string, mark: number, at: InstantNs): void {
    assert(mark > 0, 'a mark is a price')
    this.#endsAt ??= later(at, this.#everyNs)
    if (at >= this.#endsAt) this.#endPeriods(this.#endsAt, at)
    const series = this.#series.get(symbol)
    if (series === undefined) {
      this.#series.set(symbol, { marks: new Float64Array(this.#rowsMax), firstRow: this.#rows, last: mark })
    } else series.last = mark
  }

  has(symbol: string): boolean {
    return this.#series.has(symbol)
  }

  /** Simple returns of the periods in which all of these symbols were marked, one series after another, the oldest first. */
  returnsOf(symbols: readonly string[]): { readonly returns: Float64Array; readonly periods: number } {
    const all = symbols.map((symbol) => this.#series.get(symbol)).filter((series) => series !== undefined)
    assert(all.length === symbols.length, 'only marked symbols have returns')
    const oldest = Math.max(0, this.#rows - this.#rowsMax)
    const from = all.reduce((latest, { firstRow }) => Math.max(latest, firstRow), oldest)
    const periods = Math.max(0, this.#rows - from - 1)
    const returns = new Float64Array(all.length * periods)
    all.forEach(({ marks }, index) => {
      for (let period = 0; period < periods; period += 1) {
        const before = marks[(from + period) % this.#rowsMax] as number
        const after = marks[(from + period + 1) % this.#rowsMax] as number
        returns[index * periods + period] = after / before - 1
      }
    })
    return { returns, periods }
  }

  /** In periods without a tick nothing moved; of a long silence only as many are kept as there is room for. */
  #endPeriods(first: InstantNs, at: InstantNs): void {
    const count = Math.floor(elapsed(first, at) / this.#everyNs) + 1
    for (let row = 0; row < Math.min(count, this.#rowsMax); row += 1) {
      for (const { marks, last } of this.#series.values()) marks[(this.#rows + row) % this.#rowsMax] = last
    }
    this.#rows += Math.min(count, this.#rowsMax)
    this.#endsAt = later(first, durationNs(count * this.#everyNs))
  }
}
