import { at } from '../quant/columns.js'
import type { ModelFile } from './model-file.js'
import { sigmoid } from './sigmoid.js'

/** Rows that go through a layer together: their weights are read once for all of them. */
const together = 4

type Layer = {
  readonly inputs: number
  readonly outputs: number
  readonly weights: Float64Array
  readonly bias: Float64Array
}

/** A network of dense layers with tanh between them; the standard scores are folded into the first. */
export class NetworkPredictor {
  readonly #inputs: number
  readonly #layers: readonly Layer[]
  /** Activations of `together` rows, of the layer before and of the one that is computed. */
  readonly #before: Float64Array
  readonly #after: Float64Array

  constructor({ inputs, layers, mean, deviation }: Extract<ModelFile, { kind: 'network' }>) {
    this.#inputs = inputs.length
    let width = inputs.length
    let widest = width
    this.#layers = layers.map(({ outputs, weights, bias }, index) => {
      const layer = { inputs: width, outputs, weights: Float64Array.from(weights), bias: Float64Array.from(bias) }
      if (index === 0) fold(layer, mean, deviation)
      width = outputs
      widest = Math.max(widest, width)
      return layer
    })
    this.#before = new Float64Array(widest * together)
    this.#after = new Float64Array(widest * together)
  }

  predict(rows: Float64Array, from: number): number {
    for (let index = 0; index < this.#inputs; index += 1) this.#before[index] = at(rows, from + index)
    return sigmoid(at(this.#through(1), 0))
  }

  predictAll(rows: Float64Array, count: number, probabilities: Float64Array): void {
    for (let row = 0; row < count; row += together) {
      const taken = Math.min(together, count - row)
      for (let index = 0; index < taken * this.#inputs; index += 1) {
        this.#before[index] = at(rows, row * this.#inputs + index)
      }
      const outputs = this.#through(taken)
      for (let index = 0; index < taken; index += 1) probabilities[row + index] = sigmoid(at(outputs, index))
    }
  }

  /** The log odds of the rows in `#before`. */
  #through(count: number): Float64Array {
    let before = this.#before
    let after = this.#after
    for (let index = 0; index < this.#layers.length; index += 1) {
      const layer = this.#layers[index] as Layer
      const last = index === this.#layers.length - 1
      if (count === together) passFour(layer, before, after, last)
      else for (let row = 0; row < count; row += 1) passOne(layer, before, after, row, last)
      const swapped = before
      before = after
      after = swapped
    }
    return before
  }
}

function fold({ inputs, outputs, weights, bias }: Layer, mean: readonly number[], deviation: readonly number[]): void {
  for (let output = 0; output < outputs; output += 1) {
    for (let index = 0; index < inputs; index += 1) {
      const weight = at(weights, output * inputs + index) / (deviation[index] ?? 1)
      weights[output * inputs + index] = weight
      bias[output] = at(bias, output) - weight * (mean[index] ?? 0)
    }
  }
}

function passOne(layer: Layer, before: Float64Array, after: Float64Array, row: number, last: boolean): void {
  const { inputs, outputs, weights, bias } = layer
  for (let output = 0; output < outputs; output += 1) {
    let sum = at(bias, output)
    for (let index = 0; index < inputs; index += 1) {
      sum += at(weights, output * inputs + index) * at(before, row * inputs + index)
    }
    after[row * outputs + output] = last ? sum : Math.tanh(sum)
  }
}

/** As `passOne` for four rows: each sum adds in the same order, so that its value is the same to the last bit. */
function passFour(layer: Layer, before: Float64Array, after: Float64Array, last: boolean): void {
  const { inputs, outputs, weights, bias } = layer
  for (let output = 0; output < outputs; output += 1) {
    const start = at(bias, output)
    let [a, b, c, d] = [start, start, start, start]
    for (let index = 0; index < inputs; index += 1) {
      const weight = at(weights, output * inputs + index)
      a += weight * at(before, index)
      b += weight * at(before, inputs + index)
      c += weight * at(before, 2 * inputs + index)
      d += weight * at(before, 3 * inputs + index)
    }
    after[output] = last ? a : Math.tanh(a)
    after[outputs + output] = last ? b : Math.tanh(b)
    after[2 * outputs + output] = last ? c : Math.tanh(c)
    after[3 * outputs + output] = last ? d : Math.tanh(d)
  }
}
