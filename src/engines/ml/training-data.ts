import { BoundedQueue } from '../../platform/flow/bounded-queue.js'
import type { FeatureSet } from '../model/observer-messages.js'
import { at } from '../quant/columns.js'
import { Inputs, type LastMove, moved } from './inputs.js'
import type { ModelFile } from './model-file.js'
import { predictorOf } from './predictor.js'

/** Rows of inputs, and what came: 1 where the middle was higher `horizon` quotes on, 0 where it was lower. */
export type DataSet = {
  readonly inputs: readonly string[]
  readonly horizon: number
  readonly count: number
  readonly rows: Float64Array
  readonly ups: Uint8Array
  /** Direction of the move before each row, 1 or -1. */
  readonly lastSigns: Int8Array
}

/** A quote whose outcome is not known yet; without a row where the symbol had not all inputs. */
type Pending = { readonly row: Float64Array | null; readonly middle: number; readonly lastSign: number }
type SymbolQuotes = { last: LastMove | null; readonly pending: BoundedQueue<Pending> }

/** Takes in features in their order; where the middle comes to be the same again, there is no row. */
export class DataCollector {
  readonly #names: readonly string[]
  readonly #horizon: number
  readonly #inputs: Inputs
  readonly #symbols = new Map<string, SymbolQuotes>()
  readonly #rows: Float64Array
  readonly #ups: Uint8Array
  readonly #lastSigns: Int8Array
  #count = 0

  constructor({ inputs, horizon, rowsMax }: { inputs: readonly string[]; horizon: number; rowsMax: number }) {
    this.#names = inputs
    this.#horizon = horizon
    this.#inputs = new Inputs(inputs)
    this.#rows = new Float64Array(rowsMax * inputs.length)
    this.#ups = new Uint8Array(rowsMax)
    this.#lastSigns = new Int8Array(rowsMax)
  }

  get full(): boolean {
    return this.#count === this.#ups.length
  }

  add(features: FeatureSet): void {
    const symbol = this.#symbols.get(features.symbol) ?? { last: null, pending: new BoundedQueue(this.#horizon) }
    this.#symbols.set(features.symbol, symbol)
    const { middle } = features
    const last = moved(symbol.last, middle)
    symbol.last = last
    if (symbol.pending.length === this.#horizon) this.#settle(symbol.pending.shift(), middle)
    let row: Float64Array | null = null
    if (this.#inputs.stateOf(features, last) === 'ready') {
      row = new Float64Array(this.#names.length)
      this.#inputs.fill(row, 0, features, last)
    }
    symbol.pending.push({ row, middle, lastSign: Math.sign(last.move) })
  }

  finish(): DataSet {
    const count = this.#count
    return {
      inputs: this.#names,
      horizon: this.#horizon,
      count,
      rows: this.#rows.slice(0, count * this.#names.length),
      ups: this.#ups.slice(0, count),
      lastSigns: this.#lastSigns.slice(0, count),
    }
  }

  #settle(pending: Pending | undefined, middle: number): void {
    if (pending === undefined || pending.row === null || pending.middle === middle || this.full) return
    this.#rows.set(pending.row, this.#count * this.#names.length)
    this.#ups[this.#count] = middle > pending.middle ? 1 : 0
    this.#lastSigns[this.#count] = pending.lastSign
    this.#count += 1
  }
}

export type Scales = { readonly mean: number[]; readonly deviation: number[] }

export function scalesOf({ rows, count, inputs }: DataSet): Scales {
  const width = inputs.length
  const mean = inputs.map((_, input) => {
    let sum = 0
    for (let row = 0; row < count; row += 1) sum += at(rows, row * width + input)
    return sum / count
  })
  const deviation = mean.map((middle, input) => {
    let squares = 0
    for (let row = 0; row < count; row += 1) squares += (at(rows, row * width + input) - middle) ** 2
    // A constant input says nothing, and must not divide by zero.
    return Math.sqrt(squares / count) || 1
  })
  return { mean, deviation }
}

/** The rows as standard scores. */
export function standardised({ rows, count, inputs }: DataSet, { mean, deviation }: Scales): Float64Array {
  const width = inputs.length
  return Float64Array.from({ length: count * width }, (_, index) => {
    const input = index % width
    return (at(rows, index) - (mean[input] ?? 0)) / (deviation[input] ?? 1)
  })
}

type Accuracy = Omit<ModelFile['accuracy'], 'source'>

/** Share of the rows that a model gets right, beside the shares of what needs no model. */
export function accuracyOf(model: ModelFile, { rows, count, ups, lastSigns }: DataSet): Accuracy {
  const probabilities = new Float64Array(count)
  predictorOf(model).predictAll(rows, count, probabilities)
  const right = { model: 0, up: 0, lastSign: 0 }
  for (let row = 0; row < count; row += 1) {
    const up = ups[row] === 1
    if (at(probabilities, row) >= 0.5 === up) right.model += 1
    if (up) right.up += 1
    if ((lastSigns[row] ?? 0) > 0 === up) right.lastSign += 1
  }
  const share = (rightCount: number): number => Math.round((rightCount / count) * 1e6) / 1e6
  return {
    rows: count,
    model: share(right.model),
    majority: share(Math.max(right.up, count - right.up)),
    lastSign: share(right.lastSign),
    lastSignReversed: share(count - right.lastSign),
  }
}
