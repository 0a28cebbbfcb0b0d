import { assert } from '../../core/assert.js'
import { durationNs, elapsed, type InstantNs, later } from '../../core/units.js'
import type { Tick } from '../model/messages.js'
import type { FactorFigures, FactorReturn, SymbolFactors } from '../model/observer-messages.js'
import { at, centreColumns, standardiseColumns } from '../quant/columns.js'
import { WeightedLeastSquares } from '../quant/weighted-least-squares.js'
import { winsoriseColumn } from '../quant/winsorise.js'
import type { FactorConfig } from './config.js'
import { RawExposures, styleFactors } from './raw-exposures.js'

// A cross-sectional factor model. The log return of each symbol over a period is explained by its exposures at the start of
// that period, so that nothing of the period itself is used to explain it:
//
//   r_i = f_market + sum over styles of z_ik f_k + u_i,   by least squares with weights w_i
//
//   z         raw exposures (raw-exposures.ts), winsorised at the quantiles winsorShare and 1 - winsorShare, then centred and
//             scaled to a standard deviation of 1 (n - 1) over the symbols, all counting alike
//   w         root of the average depth at the top in ticks x lots, or 1: deep markets have less noise of their own
//   f         factor returns: log returns of the period, per standard deviation of exposure; they add up over periods
//   u         specific return, what the factors leave
//
// Periods follow each other on a grid from the first tick on, by the intended instants of ticks; they end with the first tick
// beyond them, before it is taken in. Periods without any tick pass over: the next return spans them. A tick is O(1) but for
// the one that ends a period, which is one Householder factorisation of symbols x factors.
//
// Units: log returns of a period; exposures in standard deviations over the symbols; prices in ticks, depth in ticks x lots.
//
// Source: Fama and MacBeth (1973); exposures and weights as in Grinold and Kahn, Active Portfolio Management, chapter 3.
// Known limits: a style in which all symbols are alike, or which others explain, is dropped for the period (estimated is
// false, return 0); a symbol without a quote in the period has return 0; styles come from quotes alone, as the model knows no
// fundamentals.

const factorNames = ['market', ...styleFactors] as const

/** The start of a period: who is in its cross-section, in the order of the rows of the matrices. */
type Opening = { readonly startedAt: InstantNs; readonly symbols: readonly string[] }

export class FactorModel {
  readonly #settings: FactorConfig
  readonly #raw: RawExposures
  readonly #rowOf = new Map<string, number>()
  readonly #regression: WeightedLeastSquares
  readonly #exposures: Float64Array
  readonly #weights: Float64Array
  readonly #startLogMiddles: Float64Array
  readonly #returns: Float64Array
  readonly #scratch: Float64Array
  readonly #cumulative = new Float64Array(factorNames.length)
  #opening: Opening | null = null
  #asOf: InstantNs | null = null
  #periods = 0
  #newest: FactorFigures | null = null

  constructor(settings: FactorConfig) {
    const { assets, lookback } = settings
    this.#settings = settings
    this.#raw = new RawExposures(assets, lookback)
    this.#regression = new WeightedLeastSquares(assets, factorNames.length)
    this.#exposures = new Float64Array(assets * factorNames.length)
    this.#weights = new Float64Array(assets)
    this.#startLogMiddles = new Float64Array(assets)
    this.#returns = new Float64Array(assets)
    this.#scratch = new Float64Array(assets)
  }

  /** Of the last period that was explained; null before the first. */
  get newest(): FactorFigures | null {
    return this.#newest
  }

  get symbolCount(): number {
    return this.#rowOf.size
  }

  /** Takes in one tick, after the end of a period that it lies beyond: then `ended` is what explains that period, or null. */
  update(
    tick: Tick,
    instant: InstantNs,
  ): { readonly state: 'quoted' | 'unquoted' | 'overflow'; readonly ended: FactorFigures | null } {
    const ended = this.#pass(instant)
    const quoted = tick.bid > 0 && tick.ask > tick.bid && tick.bidQty > 0 && tick.askQty > 0
    if (!quoted) return { state: 'unquoted', ended }
    const row = this.#row(tick.symbol)
    if (row < 0) return { state: 'overflow', ended }
    this.#raw.update(row, tick)
    return { state: 'quoted', ended }
  }

  #pass(instant: InstantNs): FactorFigures | null {
    // Time never runs back: what comes late belongs to the newest instant.
    if (this.#asOf !== null && instant <= this.#asOf) return null
    this.#asOf = instant
    const opening = this.#opening
    if (opening === null) {
      this.#open(instant)
      return null
    }
    const passed = Math.floor(elapsed(opening.startedAt, instant) / this.#settings.period)
    if (passed === 0) return null
    const explained = this.#explain(opening.symbols)
    this.#open(later(opening.startedAt, durationNs(passed * this.#settings.period)))
    return explained
  }

  /** Keeps what is known at the start of a period: exposures, weights and prices. */
  #open(startedAt: InstantNs): void {
    const symbols: string[] = []
    const rows: number[] = []
    for (const [symbol, row] of this.#rowOf) {
      if (!this.#raw.isReady(row)) continue
      symbols.push(symbol)
      rows.push(row)
    }
    this.#opening = { startedAt, symbols }
    const count = rows.length
    this.#exposures.fill(1, 0, count)
    rows.forEach((row, place) => {
      this.#startLogMiddles[place] = this.#raw.logMiddle(row)
      this.#weights[place] = this.#settings.weights === 'depth' ? Math.sqrt(this.#raw.depthNotional(row)) : 1
      this.#raw.write(row, this.#exposures, count + place, count)
    })
    this.#standardise(count)
  }

  /** The styles stand behind the column of the market. */
  #standardise(count: number): void {
    if (count < 2) return
    const styles = this.#exposures.subarray(count, count * factorNames.length)
    for (let style = 0; style < styleFactors.length; style += 1) {
      winsoriseColumn(styles, { from: style * count, length: count }, this.#settings.winsorShare, this.#scratch)
    }
    centreColumns(styles, count, styleFactors.length)
    standardiseColumns(styles, count, styleFactors.length)
  }

  #explain(symbols: readonly string[]): FactorFigures | null {
    const shape = { rows: symbols.length, columns: factorNames.length }
    if (shape.rows <= shape.columns) return null
    symbols.forEach((symbol, place) => {
      const row = this.#rowOf.get(symbol) ?? -1
      assert(row >= 0, 'a symbol of the cross-section keeps its row')
      this.#returns[place] = this.#raw.logMiddle(row) - at(this.#startLogMiddles, place)
    })
    this.#regression.solve(this.#exposures, this.#returns, this.#weights, shape)
    this.#periods += 1
    this.#newest = {
      periods: this.#periods,
      rSquared: this.#regression.rSquared,
      factors: factorNames.map((name, column) => this.#returnOf(name, column)),
      symbols: symbols.map((symbol, place) => this.#symbolOf(symbol, place, symbols.length)),
    }
    return this.#newest
  }

  #returnOf(factor: string, column: number): FactorReturn {
    const { coefficients, standardErrors, kept } = this.#regression
    const periodReturn = at(coefficients, column)
    this.#cumulative[column] = at(this.#cumulative, column) + periodReturn
    return {
      factor,
      estimated: kept[column] === 1,
      periodReturn,
      standardError: at(standardErrors, column),
      cumulativeReturn: at(this.#cumulative, column),
    }
  }

  #symbolOf(symbol: string, place: number, count: number): SymbolFactors {
    const exposures: Record<string, number> = {}
    styleFactors.forEach((style, index) => {
      exposures[style] = at(this.#exposures, (index + 1) * count + place)
    })
    return {
      symbol,
      exposures,
      periodReturn: at(this.#returns, place),
      specificReturn: at(this.#regression.residuals, place),
    }
  }

  #row(symbol: string): number {
    const known = this.#rowOf.get(symbol)
    if (known !== undefined) return known
    if (this.#rowOf.size >= this.#settings.assets) return -1
    const row = this.#rowOf.size
    this.#rowOf.set(symbol, row)
    return row
  }
}
