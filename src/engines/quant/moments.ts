import { NautilusError } from '../../core/errors.js'
import { at } from './columns.js'
import { invalidSample } from './invalid-sample.js'

/** Of a sample of returns. Skew and excess kurtosis are the biased ones (m3 / m2^1.5, m4 / m2^2 - 3): zero for a constant. */
export type Moments = {
  readonly mean: number
  /** Sample standard deviation, with n - 1. */
  readonly deviation: number
  readonly skew: number
  readonly excessKurtosis: number
}

/** In two passes: sums of powers about zero would lose the digits in which returns differ. Throws on fewer than two values. */
export function sampleMoments(values: Float64Array): Moments {
  const count = values.length
  if (count === 1) {
    throw new NautilusError('SOURCE_INVALID', 'returns: one value has no deviation', {
      hint: 'Give at least two values.',
    })
  }
  let sum = 0
  for (let index = 0; index < count; index += 1) sum += at(values, index)
  const mean = sum / count
  if (!Number.isFinite(mean)) throw invalidSample(values)
  let squares = 0
  let cubes = 0
  let fourths = 0
  let largest = 0
  for (let index = 0; index < count; index += 1) {
    const difference = at(values, index) - mean
    const square = difference * difference
    squares += square
    cubes += square * difference
    fourths += square * square
    if (Math.abs(difference) > largest) largest = Math.abs(difference)
  }
  // What is left of a constant is the rounding of its mean, and has no shape.
  if (largest <= count * Number.EPSILON * Math.abs(mean)) return { mean, deviation: 0, skew: 0, excessKurtosis: 0 }
  if (!Number.isFinite(fourths)) throw invalidSample(values)
  const variance = squares / count
  return {
    mean,
    deviation: Math.sqrt(squares / (count - 1)),
    skew: cubes / count / (variance * Math.sqrt(variance)),
    excessKurtosis: fourths / count / (variance * variance) - 3,
  }
}
