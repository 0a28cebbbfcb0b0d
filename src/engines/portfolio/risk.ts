import type { InstantNs } from '../../core/units.js'
import { type Correlation, createCorrelation, createTailSelection, type TailSelection } from '../quant/kernels.js'
import { type HistoricalRisk, historicalRisk } from '../quant/var.js'
import type { PortfolioConfig } from './config.js'
import { ReturnHistory } from './return-history.js'

// What the present positions would have gained or lost in each of the last periods, and by that their value at risk and expected
// shortfall (quant/var.ts, convention acerbi-tasche): losses positive, in ticks x lots, for one period. Beside it how the returns of the
// largest positions are correlated. Both name the backend that computed them, chosen by its measured break-even size (quant/break-even.ts).

/** Correlations are shown of the largest positions alone: the matrix grows with their square. */
const correlatedMax = 32

type CorrelationFigures = {
  readonly backend: Correlation['backend']
  readonly symbols: readonly string[]
  /** Row by row. */
  readonly matrix: readonly (readonly number[])[]
}

export type RiskFigures = {
  readonly periodNs: number
  /** Periods in which all of the positions had a mark. */
  readonly periods: number
  /** Null before there are two periods, and without a position. */
  readonly risk: HistoricalRisk | null
  /** Null where less than two positions have moved. */
  readonly correlation: CorrelationFigures | null
  /** Symbols that are held, and were never quoted: they are no part of the figures. */
  readonly unquoted: readonly string[]
}

export class PortfolioRisk {
  readonly #settings: PortfolioConfig
  readonly #history: ReturnHistory
  readonly #selection: TailSelection
  /** Made with the first request: a run that nobody asks for risk pays for none. */
  #correlation: Correlation | null = null

  constructor(settings: PortfolioConfig) {
    this.#settings = settings
    this.#history = new ReturnHistory({ everyNs: settings.returnEvery, returnsMax: settings.returnsMax })
    this.#selection = createTailSelection(settings.returnsMax)
  }

  mark(symbol: string, mark: number, at: InstantNs): void {
    this.#history.mark(symbol, mark, at)
  }

  /** Costs O(symbols x periods), and for the correlations O(32 x 32 x periods); `exposures` by symbol. */
  figures(exposures: ReadonlyMap<string, number>): RiskFigures {
    const held = [...exposures].filter(([, exposure]) => exposure !== 0).sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]))
    const quoted = held.filter(([symbol]) => this.#history.has(symbol))
    const { returns, periods } = this.#history.returnsOf(quoted.map(([symbol]) => symbol))
    const unquoted = held.map(([symbol]) => symbol).filter((symbol) => !this.#history.has(symbol))
    const known = { periodNs: this.#settings.returnEvery, periods, unquoted }
    if (quoted.length === 0 || periods < 2) return { ...known, risk: null, correlation: null }
    const gains = new Float64Array(periods)
    quoted.forEach(([, exposure], index) => {
      for (let period = 0; period < periods; period += 1) {
        gains[period] = (gains[period] as number) + exposure * (returns[index * periods + period] as number)
      }
    })
    const risk = historicalRisk(this.#selection, gains, { confidence: this.#settings.confidence })
    return {
      ...known,
      risk,
      correlation: this.#correlationOf(
        quoted.map(([symbol]) => symbol),
        { returns, periods },
      ),
    }
  }

  #correlationOf(
    symbols: readonly string[],
    { returns, periods }: { readonly returns: Float64Array; readonly periods: number },
  ): CorrelationFigures | null {
    const seriesOf = (index: number) => returns.subarray(index * periods, (index + 1) * periods)
    // A symbol that has not moved is correlated with nothing.
    const moved = symbols
      .map((symbol, index) => ({ symbol, series: seriesOf(index) }))
      .filter(({ series }) => series.some((value) => value !== series[0]))
      .slice(0, correlatedMax)
    if (moved.length < 2) return null
    this.#correlation ??= createCorrelation({ series: correlatedMax, observations: this.#settings.returnsMax })
    const kernel = this.#correlation
    moved.forEach(({ series }, index) => {
      kernel.values.set(series, index * periods)
    })
    kernel.correlate(kernel.values, kernel.matrix, { series: moved.length, observations: periods })
    const rows = moved.map((_, row) => [...kernel.matrix.subarray(row * moved.length, (row + 1) * moved.length)])
    return { backend: kernel.backend, symbols: moved.map(({ symbol }) => symbol), matrix: rows }
  }
}
