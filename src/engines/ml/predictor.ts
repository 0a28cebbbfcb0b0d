import { assertNever } from '../../core/assert.js'
import type { ModelFile } from './model-file.js'
import { LogisticPredictor } from './predict-logistic.js'
import { NetworkPredictor } from './predict-network.js'
import { TreesPredictor } from './predict-trees.js'

/** A model that is ready to predict: flat typed arrays, nothing allocated by a prediction. */
export type Predictor = {
  /** The probability for the row that begins at `from`. */
  predict(rows: Float64Array, from: number): number
  /** The same for `count` rows, one after the other: to the last bit what each would get by itself. */
  predictAll(rows: Float64Array, count: number, probabilities: Float64Array): void
}

export function predictorOf(model: ModelFile): Predictor {
  switch (model.kind) {
    case 'logistic':
      return new LogisticPredictor(model)
    case 'trees':
      return new TreesPredictor(model)
    case 'network':
      return new NetworkPredictor(model)
    default:
      return assertNever(model)
  }
}
