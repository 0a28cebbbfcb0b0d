import type { FeatureSet, Prediction } from '../model/observer-messages.js'
import { at } from '../quant/columns.js'
import type { MlConfig } from './config.js'
import { Inputs, type LastMove, moved } from './inputs.js'
import type { ModelFile } from './model-file.js'
import { type Predictor, predictorOf } from './predictor.js'

// Whether the middle of a symbol will be higher or lower some quotes on, after each of its quotes: the answer of a small model
// that was trained before (model-file.ts), from what the features engine says of the quote (inputs.ts).
//
//   probabilityUp   of the middle being higher after the quotes of the model's horizon, if it is not the same, 0 to 1
//   live            how often predictions of this run came true so far, beside the guess that the last move goes on
//
// Three kinds of models: logistic regression, gradient-boosted trees, a network of dense layers. Several rows at once give the
// same numbers to the last bit as one by one; the component case `ml.predict-256` times both.
//
// Units: prices and their changes in ticks, spans in quotes of the symbol.
//
// Cost: a quote takes each weight of the model once, of trees the nodes on one way down each. The models are flat typed arrays.
//
// Source: boosting as in Friedman (2001) with the leaves of Chen and Guestrin (2016); Adam by Kingma and Ba (2015); that the
// touch leans before it moves, as in Cont, Kukanov and Stoikov, The price impact of order book events (2014).
// Known limits: the shipped models were trained on the generator of nautilus, and their stated accuracy holds there: on another
// market look at `live`, and train on it. A move may be one of half a tick, which no order can earn. A model whose windows the
// features engine does not compute predicts nothing (`missing`).

type SymbolState = {
  last: LastMove | null
  newest: Prediction | null
  quotes: number
  /** Of the last quotes, as many as the horizon: the middle, the direction before it, and what was said, or 0. */
  readonly middles: Float64Array
  readonly lastSigns: Int8Array
  readonly said: Int8Array
}

/** Why features had no prediction. */
type NoPrediction = 'warmingUp' | 'missing' | 'overflow'

export class NextMoves {
  readonly live = { scored: 0, right: 0, lastSignRight: 0 }
  readonly #settings: MlConfig
  readonly #model: ModelFile
  readonly #predictor: Predictor
  readonly #inputs: Inputs
  readonly #row: Float64Array
  readonly #symbols = new Map<string, SymbolState>()

  constructor(settings: MlConfig, model: ModelFile) {
    this.#settings = settings
    this.#model = model
    this.#predictor = predictorOf(model)
    this.#inputs = new Inputs(model.inputs)
    this.#row = new Float64Array(model.inputs.length)
  }

  get symbolCount(): number {
    return this.#symbols.size
  }

  /** Hot path: once a quote; the component case `ml.update` guards it. */
  update(features: FeatureSet): Prediction | NoPrediction {
    const state = this.#symbols.get(features.symbol) ?? this.#open(features.symbol)
    if (state === null) return 'overflow'
    const place = state.quotes % this.#model.horizon
    if (state.quotes >= this.#model.horizon) this.#score(state, place, features.middle)
    const last = moved(state.last, features.middle)
    state.last = last
    state.quotes += 1
    state.middles[place] = features.middle
    state.lastSigns[place] = Math.sign(last.move)
    state.said[place] = 0
    const ready = this.#inputs.stateOf(features, last)
    if (ready !== 'ready') return ready
    this.#inputs.fill(this.#row, 0, features, last)
    const probabilityUp = this.#predictor.predict(this.#row, 0)
    state.said[place] = probabilityUp >= 0.5 ? 1 : -1
    state.newest = { symbol: features.symbol, quotes: features.quotes, model: this.#model.name, probabilityUp }
    return state.newest
  }

  /** Probabilities for rows of inputs in the order of the model. */
  predictAll(rows: readonly (readonly number[])[]): number[] {
    const flat = Float64Array.from(rows.flat())
    const probabilities = new Float64Array(rows.length)
    this.#predictor.predictAll(flat, rows.length, probabilities)
    return Array.from(probabilities)
  }

  /** The newest prediction of each symbol. */
  all(): Prediction[] {
    return [...this.#symbols.values()].flatMap(({ newest }) => (newest === null ? [] : [newest]))
  }

  /** What was said as many quotes ago as the horizon has. */
  #score({ middles, lastSigns, said }: SymbolState, place: number, middle: number): void {
    const change = Math.sign(middle - at(middles, place))
    if (said[place] === 0 || change === 0) return
    this.live.scored += 1
    if (said[place] === change) this.live.right += 1
    if (lastSigns[place] === change) this.live.lastSignRight += 1
  }

  #open(symbol: string): SymbolState | null {
    if (this.#symbols.size >= this.#settings.symbolsMax) return null
    const { horizon } = this.#model
    const state: SymbolState = {
      last: null,
      newest: null,
      quotes: 0,
      middles: new Float64Array(horizon),
      lastSigns: new Int8Array(horizon),
      said: new Int8Array(horizon),
    }
    this.#symbols.set(symbol, state)
    return state
  }
}
