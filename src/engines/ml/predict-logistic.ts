import { at } from '../quant/columns.js'
import type { ModelFile } from './model-file.js'
import { sigmoid } from './sigmoid.js'

/** Logistic regression; the standard scores are folded into weights and bias. */
export class LogisticPredictor {
  readonly #weights: Float64Array
  readonly #bias: number

  constructor({ weights, bias, mean, deviation }: Extract<ModelFile, { kind: 'logistic' }>) {
    this.#weights = Float64Array.from(weights, (weight, index) => weight / (deviation[index] ?? 1))
    this.#bias = this.#weights.reduce((sum, weight, index) => sum - weight * (mean[index] ?? 0), bias)
  }

  predict(rows: Float64Array, from: number): number {
    let sum = this.#bias
    for (let index = 0; index < this.#weights.length; index += 1)
      sum += at(this.#weights, index) * at(rows, from + index)
    return sigmoid(sum)
  }

  predictAll(rows: Float64Array, count: number, probabilities: Float64Array): void {
    const width = this.#weights.length
    for (let row = 0; row < count; row += 1) probabilities[row] = this.predict(rows, row * width)
  }
}
