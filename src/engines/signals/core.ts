import { present } from '../../core/assert.js'
import type { Tick } from '../model/messages.js'
import { at, centreColumns, dot, standardiseColumns } from '../quant/columns.js'
import { createOrthogonaliser, type Orthogonaliser } from '../quant/kernels.js'
import type { OrthogonalMethod } from '../quant/orthogonalise.js'
import { Features } from './features.js'

// The cross-section: one row a symbol, one column a signal, and after each tick one orthogonalisation of the newest date
// (operation `signal_orthogonalization`). Alpha is the equally weighted sum of the orthogonal signals, in
// cross-sectional standard deviations; over all symbols it has mean 0, so buys and sells balance.
//
// Units: prices in ticks; what comes of them, in standard deviations over the symbols, has none.
//
// Source: factorisation by Householder (1958), the symmetric one by Löwdin (1950); see quant/orthogonalise.ts.
// Known limits: the signals are of quotes alone; symbols beyond the size of the cross-section have alpha 0; an instance knows the
// ticks that it was given, so one of them serves a system.

/** Standardised raw signals are cut off here: one wild symbol must not squeeze all others together. */
const scoreMax = 3

export type CrossSectionOptions = {
  readonly assets: number
  readonly signals: number
  readonly lookback: number
  readonly method: OrthogonalMethod
}

type Score = {
  readonly alpha: number
  /** `warmingUp`: too few symbols have quotes; `overflow`: the cross-section is full and the symbol is not in it. */
  readonly state: 'ready' | 'warmingUp' | 'overflow'
}

const warmingUp: Score = { alpha: 0, state: 'warmingUp' }
const overflow: Score = { alpha: 0, state: 'overflow' }

export class CrossSection {
  readonly #options: CrossSectionOptions
  readonly #features: Features
  readonly #rowOf = new Map<string, number>()
  /** Rows with values, in the order in which they got them, and the place of each row among them or -1. */
  readonly #active: Int32Array
  readonly #placeOf: Int32Array
  #activeCount = 0
  readonly #orthogonaliser: Orthogonaliser
  readonly #combined: Float64Array

  constructor(options: CrossSectionOptions) {
    const { assets, signals, lookback } = options
    this.#options = options
    this.#features = new Features({ rowsMax: assets, lookback })
    this.#active = new Int32Array(assets)
    this.#placeOf = new Int32Array(assets).fill(-1)
    this.#orthogonaliser = createOrthogonaliser({ rows: assets, columns: signals })
    this.#combined = new Float64Array(assets)
  }

  get activeCount(): number {
    return this.#activeCount
  }

  /** Takes in one tick and scores its symbol. Hot path: the component case `signals.update` guards it. */
  update(tick: Tick): Score {
    const row = this.#allocate(tick.symbol)
    if (row < 0) return overflow
    const place = this.#place(row, this.#features.update(row, tick))
    if (place < 0 || this.#activeCount <= this.#options.signals) return warmingUp
    this.#combine()
    return { alpha: at(this.#combined, place), state: 'ready' }
  }

  #allocate(symbol: string): number {
    const known = this.#rowOf.get(symbol)
    if (known !== undefined) return known
    if (this.#rowOf.size === this.#options.assets) return -1
    const row = this.#rowOf.size
    this.#rowOf.set(symbol, row)
    return row
  }

  #place(row: number, hasValues: boolean): number {
    const place = present(this.#placeOf[row], 'the row was allocated')
    if (place >= 0 || !hasValues) return place
    this.#active[this.#activeCount] = row
    this.#placeOf[row] = this.#activeCount
    this.#activeCount += 1
    return this.#activeCount - 1
  }

  /** Standardise, cut off, orthogonalise, add up, and scale the sum to a standard deviation of one. */
  #combine(): void {
    const { assets, signals, method } = this.#options
    const rows = this.#activeCount
    const x = this.#orthogonaliser.signals
    for (let column = 0; column < signals; column += 1) {
      for (let place = 0; place < rows; place += 1) {
        x[column * rows + place] = at(this.#features.values, column * assets + (this.#active[place] ?? 0))
      }
    }
    centreColumns(x, rows, signals)
    standardiseColumns(x, rows, signals)
    const count = rows * signals
    for (let index = 0; index < count; index += 1) {
      x[index] = Math.max(-scoreMax, Math.min(scoreMax, at(x, index)))
    }
    this.#orthogonaliser.orthogonalise(method, x, x, { rows, columns: signals })
    // The residuals of `residual` have lengths of their own; the columns of the others all have length one already.
    if (method === 'residual') standardiseColumns(x, rows, signals)
    const sums = this.#combined
    sums.fill(0)
    for (let column = 0; column < signals; column += 1) {
      for (let place = 0; place < rows; place += 1) sums[place] = at(sums, place) + at(x, column * rows + place)
    }
    const square = dot(sums, 0, sums, 0, rows)
    const scale = square > 0 ? Math.sqrt((rows - 1) / square) : 0
    for (let place = 0; place < rows; place += 1) sums[place] = at(sums, place) * scale
  }
}
