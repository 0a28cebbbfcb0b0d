import { Random } from '../../core/random.js'
import { at } from '../quant/columns.js'
import { sigmoid } from './sigmoid.js'
import { type DataSet, type Scales, scalesOf, standardised } from './training-data.js'

type NetworkOptions = { readonly hidden: number; readonly epochs: number; readonly rate: number; readonly seed: number }

/** Weights on standard scores, as in a model file. */
type TrainedNetwork = Scales & {
  readonly layers: { readonly outputs: number; readonly weights: number[]; readonly bias: number[] }[]
}

const batchRows = 64
// Adam (Kingma and Ba, 2015), with the constants of the paper.
const [meanDecay, squareDecay, floor] = [0.9, 0.999, 1e-8]

/** One hidden layer with tanh, trained in batches in an order that the seed draws; the rate falls to zero over the epochs. */
export function trainNetwork(data: DataSet, options: NetworkOptions): TrainedNetwork {
  const scales = scalesOf(data)
  const rows = standardised(data, scales)
  const network = new Network(data.inputs.length, options)
  const random = Random.stream(options.seed, 'order')
  const order = Int32Array.from({ length: data.count }, (_, index) => index)
  const batches = options.epochs * Math.ceil(data.count / batchRows)
  let batch = 0
  for (let epoch = 0; epoch < options.epochs; epoch += 1) {
    shuffle(order, random)
    for (let from = 0; from < data.count; from += batchRows) {
      const taken = order.subarray(from, from + batchRows)
      for (const row of taken) network.learn(rows, row, data.ups[row] ?? 0)
      network.step(taken.length, options.rate * (1 - batch / batches))
      batch += 1
    }
  }
  return { ...scales, layers: network.layers() }
}

class Network {
  readonly #inputs: number
  readonly #hidden: number
  /** Weights of the hidden layer, its bias, weights of the output, its bias. */
  readonly #weights: Float64Array
  readonly #gradients: Float64Array
  readonly #means: Float64Array
  readonly #squares: Float64Array
  readonly #activations: Float64Array
  #steps = 0

  constructor(inputs: number, { hidden, seed }: NetworkOptions) {
    const random = Random.stream(seed, 'weights')
    const count = hidden * inputs + 2 * hidden + 1
    this.#inputs = inputs
    this.#hidden = hidden
    this.#weights = Float64Array.from({ length: count }, (_, index) => {
      if (index < hidden * inputs) return random.normal() / Math.sqrt(inputs)
      return index >= hidden * (inputs + 1) && index < count - 1 ? random.normal() / Math.sqrt(hidden) : 0
    })
    this.#gradients = new Float64Array(count)
    this.#means = new Float64Array(count)
    this.#squares = new Float64Array(count)
    this.#activations = new Float64Array(hidden)
  }

  /** Adds the gradient of one row. */
  learn(rows: Float64Array, row: number, up: number): void {
    const [inputs, hidden, weights, gradients] = [this.#inputs, this.#hidden, this.#weights, this.#gradients]
    const biasAt = hidden * inputs
    const outputAt = biasAt + hidden
    let logOdds = at(weights, outputAt + hidden)
    for (let unit = 0; unit < hidden; unit += 1) {
      let sum = at(weights, biasAt + unit)
      for (let input = 0; input < inputs; input += 1) {
        sum += at(weights, unit * inputs + input) * at(rows, row * inputs + input)
      }
      const activation = Math.tanh(sum)
      this.#activations[unit] = activation
      logOdds += at(weights, outputAt + unit) * activation
    }
    const missing = up - sigmoid(logOdds)
    gradients[outputAt + hidden] = at(gradients, outputAt + hidden) + missing
    for (let unit = 0; unit < hidden; unit += 1) {
      const activation = at(this.#activations, unit)
      gradients[outputAt + unit] = at(gradients, outputAt + unit) + missing * activation
      const slope = missing * at(weights, outputAt + unit) * (1 - activation * activation)
      gradients[biasAt + unit] = at(gradients, biasAt + unit) + slope
      for (let input = 0; input < inputs; input += 1) {
        const weight = unit * inputs + input
        gradients[weight] = at(gradients, weight) + slope * at(rows, row * inputs + input)
      }
    }
  }

  step(rows: number, rate: number): void {
    this.#steps += 1
    const meanShare = 1 - meanDecay ** this.#steps
    const squareShare = 1 - squareDecay ** this.#steps
    for (let index = 0; index < this.#weights.length; index += 1) {
      const gradient = at(this.#gradients, index) / rows
      const mean = meanDecay * at(this.#means, index) + (1 - meanDecay) * gradient
      const square = squareDecay * at(this.#squares, index) + (1 - squareDecay) * gradient * gradient
      this.#means[index] = mean
      this.#squares[index] = square
      this.#gradients[index] = 0
      const change = (rate * (mean / meanShare)) / (Math.sqrt(square / squareShare) + floor)
      this.#weights[index] = at(this.#weights, index) + change
    }
  }

  layers(): TrainedNetwork['layers'] {
    const biasAt = this.#hidden * this.#inputs
    const outputAt = biasAt + this.#hidden
    const part = (from: number, to: number): number[] => Array.from(this.#weights.subarray(from, to))
    return [
      { outputs: this.#hidden, weights: part(0, biasAt), bias: part(biasAt, outputAt) },
      {
        outputs: 1,
        weights: part(outputAt, outputAt + this.#hidden),
        bias: part(outputAt + this.#hidden, outputAt + this.#hidden + 1),
      },
    ]
  }
}

/** Fisher and Yates. */
function shuffle(order: Int32Array, random: Random): void {
  for (let index = order.length - 1; index > 0; index -= 1) {
    const other = random.below(index + 1)
    const kept = order[index] ?? 0
    order[index] = order[other] ?? 0
    order[other] = kept
  }
}
