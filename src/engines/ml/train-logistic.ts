import { at } from '../quant/columns.js'
import { sigmoid } from './sigmoid.js'
import { type DataSet, type Scales, scalesOf, standardised } from './training-data.js'

/** Weights on standard scores. */
type TrainedLogistic = Scales & { readonly bias: number; readonly weights: number[] }

const steps = 12
/** Pulls weights to zero as this many rows of contrary evidence would. */
const ridge = 1

/** Newton's method on the log likelihood: a small system of equations a step, and no rate of learning to choose. */
export function trainLogistic(data: DataSet): TrainedLogistic {
  const scales = scalesOf(data)
  const rows = standardised(data, scales)
  const width = data.inputs.length
  const size = width + 1
  const weights = new Float64Array(size)
  for (let step = 0; step < steps; step += 1) {
    const { gradient, curvature } = derivatives(rows, data, weights)
    for (let index = 0; index < width; index += 1) {
      gradient[index] = at(gradient, index) - ridge * at(weights, index)
      curvature[index * size + index] = at(curvature, index * size + index) + ridge
    }
    const change = solve(curvature, gradient, size)
    for (let index = 0; index < size; index += 1) weights[index] = at(weights, index) + at(change, index)
  }
  return { ...scales, bias: at(weights, width), weights: Array.from(weights.subarray(0, width)) }
}

/** The bias is the last weight, of an input that is always 1. */
function derivatives(rows: Float64Array, { count, inputs, ups }: DataSet, weights: Float64Array) {
  const width = inputs.length
  const size = width + 1
  const gradient = new Float64Array(size)
  const curvature = new Float64Array(size * size)
  const row = new Float64Array(size).fill(1)
  for (let index = 0; index < count; index += 1) {
    let sum = at(weights, width)
    for (let input = 0; input < width; input += 1) {
      row[input] = at(rows, index * width + input)
      sum += at(weights, input) * at(row, input)
    }
    const probability = sigmoid(sum)
    const missing = (ups[index] ?? 0) - probability
    const certainty = probability * (1 - probability)
    for (let a = 0; a < size; a += 1) {
      gradient[a] = at(gradient, a) + missing * at(row, a)
      for (let b = 0; b <= a; b += 1) {
        curvature[a * size + b] = at(curvature, a * size + b) + certainty * at(row, a) * at(row, b)
      }
    }
  }
  return { gradient, curvature }
}

/** Solves a positive definite system, given by its lower triangle, by Cholesky's factorisation in place. */
function solve(lower: Float64Array, right: Float64Array, size: number): Float64Array {
  const x = Float64Array.from(right)
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      let rest = at(lower, row * size + column)
      for (let before = 0; before < column; before += 1) {
        rest -= at(lower, row * size + before) * at(lower, column * size + before)
      }
      lower[row * size + column] = row === column ? Math.sqrt(rest) : rest / at(lower, column * size + column)
    }
  }
  for (let row = 0; row < size; row += 1) {
    for (let before = 0; before < row; before += 1) x[row] = at(x, row) - at(lower, row * size + before) * at(x, before)
    x[row] = at(x, row) / at(lower, row * size + row)
  }
  for (let row = size - 1; row >= 0; row -= 1) {
    for (let after = row + 1; after < size; after += 1)
      x[row] = at(x, row) - at(lower, after * size + row) * at(x, after)
    x[row] = at(x, row) / at(lower, row * size + row)
  }
  return x
}
