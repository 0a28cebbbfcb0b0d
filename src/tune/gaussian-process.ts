import { assert } from '../core/assert.js'
import { factorise, inverseOf, solveLower, solveUpper } from './cholesky.js'
import { minimise } from './quasi-newton.js'

// Regression by a Gaussian process (Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, chapters 2,
// 4 and 5): Matérn 5/2 with a length scale for each parameter, a constant mean, noise of one variance. Hyperparameters
// are the most probable ones under priors, for ten runs alone do not tell six length scales. Runs of the same settings
// are one row whose noise is divided by their count; what they say of the noise is kept by their squares, so that the
// likelihood is that of all runs (Binois et al., "Practical heteroscedastic Gaussian process modeling", 2018, §2.2).

export type Observations = {
  /** One a row; values are those of `standardised` responses: around 0, of spread 1. */
  readonly features: readonly Float64Array[]
  readonly means: Float64Array
  readonly counts: Float64Array
  /** Squared distances of runs to the mean of their row, over all rows. */
  readonly squaresWithin: number
}

/** In logarithms: a length scale for each group of features, then signal variance, then noise variance. */
export type Hyperparameters = Float64Array

/** Normal priors of the logarithms. */
type Prior = { readonly mean: number; readonly deviation: number }

const rootFive = Math.sqrt(5)
/** Added to the diagonal, as a share of the signal: rows may lie so close that rounding makes the matrix indefinite. */
const jitter = 1e-8

/**
 * Length scales grow with the root of the number of dimensions, as distances in the cube do (Hvarfner et al., "Vanilla
 * Bayesian optimization performs great in high dimensions", 2024), with less freedom than theirs.
 */
const lengthPrior = (groupCount: number): Prior => ({ mean: Math.log(0.5) + Math.log(groupCount) / 2, deviation: 1 })
const signalPrior: Prior = { mean: 0, deviation: 1 }
const noisePrior: Prior = { mean: Math.log(0.01), deviation: 2.5 }

export const hyperparameterStarts = (groupCount: number): readonly Hyperparameters[] => {
  const length = lengthPrior(groupCount).mean
  return [
    [length, 0, Math.log(0.01)],
    [length - 1, 0, Math.log(0.2)],
    [length, 0.5, Math.log(1e-5)],
  ].map(([one = 0, signal = 0, noise = 0]) =>
    Float64Array.of(...Array.from({ length: groupCount }, () => one), signal, noise),
  )
}

/** Squared distances of rows, by group: computed once for the many evaluations of a fit. */
type Distances = { readonly size: number; readonly groupCount: number; readonly squares: readonly Float64Array[] }

export function distancesOf(features: readonly Float64Array[], groups: readonly number[]): Distances {
  const size = features.length
  const groupCount = Math.max(...groups) + 1
  const squares = Array.from({ length: groupCount }, () => new Float64Array((size * (size - 1)) / 2))
  let pair = 0
  for (let row = 1; row < size; row += 1) {
    for (let column = 0; column < row; column += 1, pair += 1) {
      const one = features[row] as Float64Array
      const other = features[column] as Float64Array
      for (let feature = 0; feature < groups.length; feature += 1) {
        const gap = (one[feature] as number) - (other[feature] as number)
        const square = squares[groups[feature] as number] as Float64Array
        square[pair] = (square[pair] as number) + gap * gap
      }
    }
  }
  return { size, groupCount, squares }
}

/** The most probable hyperparameters from these starts, and the logarithm of their posterior density. */
export function fitHyperparameters(
  { observations, groups }: { readonly observations: Observations; readonly groups: readonly number[] },
  starts: readonly Hyperparameters[],
  evaluationsMax: number,
): { readonly hyperparameters: Hyperparameters; readonly logPosterior: number } {
  const distances = distancesOf(observations.features, groups)
  const smooth = (x: Float64Array, gradient: Float64Array): number =>
    negativeLogPosterior({ observations, distances }, x, gradient)
  const fits = starts.map((start) => minimise(smooth, start, evaluationsMax))
  const best = fits.reduce((one, other) => (other.value < one.value ? other : one))
  return { hyperparameters: best.x, logPosterior: -best.value }
}

type Rows = { readonly observations: Observations; readonly distances: Distances }

/** Minus the logarithm of the marginal likelihood of all runs and of the priors, and its gradient. */
export function negativeLogPosterior(rows: Rows, hyperparameters: Hyperparameters, gradient: Float64Array): number {
  const { observations, distances } = rows
  const { size, groupCount, squares } = distances
  const inverseLengths = Float64Array.from({ length: groupCount }, (_, group) =>
    Math.exp(-2 * (hyperparameters[group] as number)),
  )
  const signal = Math.exp(hyperparameters[groupCount] as number)
  const noise = Math.exp(hyperparameters[groupCount + 1] as number)
  const kernel = new Float64Array(size * size)
  const slopes = new Float64Array((size * (size - 1)) / 2)
  for (let row = 0, pair = 0; row < size; row += 1) {
    for (let column = 0; column < row; column += 1, pair += 1) {
      let square = 0
      for (let group = 0; group < groupCount; group += 1) {
        square += ((squares[group] as Float64Array)[pair] as number) * (inverseLengths[group] as number)
      }
      const distance = rootFive * Math.sqrt(square)
      const decay = signal * Math.exp(-distance)
      kernel[row * size + column] = decay * (1 + distance + (distance * distance) / 3)
      slopes[pair] = (5 / 3) * decay * (1 + distance)
    }
    kernel[row * size + row] = signal * (1 + jitter) + noise / (observations.counts[row] as number)
  }
  const factor = kernel.slice()
  if (!factorise(factor, size)) return Number.POSITIVE_INFINITY
  const { weights, fit, logDeterminant } = centred(factor, observations.means)
  const inverse = inverseOf(factor, size)
  gradient.fill(0)
  let trace = 0
  let noiseTrace = 0
  for (let row = 0, pair = 0; row < size; row += 1) {
    const weight = weights[row] as number
    for (let column = 0; column < row; column += 1, pair += 1) {
      const share = (inverse[row * size + column] as number) - weight * (weights[column] as number)
      trace += 2 * share * (kernel[row * size + column] as number)
      const slope = share * (slopes[pair] as number)
      for (let group = 0; group < groupCount; group += 1) {
        gradient[group] = (gradient[group] as number) + slope * ((squares[group] as Float64Array)[pair] as number)
      }
    }
    const share = (inverse[row * size + row] as number) - weight * weight
    trace += share * signal * (1 + jitter)
    noiseTrace += (share * noise) / (observations.counts[row] as number)
  }
  for (let group = 0; group < groupCount; group += 1) {
    gradient[group] = (gradient[group] as number) * (inverseLengths[group] as number)
  }
  const extra = observations.counts.reduce((sum, count) => sum + count - 1, 0)
  gradient[groupCount] = trace / 2
  gradient[groupCount + 1] = (noiseTrace + extra - observations.squaresWithin / noise) / 2
  const within = (extra * Math.log(noise) + observations.squaresWithin / noise) / 2
  return fit / 2 + logDeterminant / 2 + within + priorTerms(groupCount, hyperparameters, gradient)
}

/** Adds the priors' part of the gradient and returns their part of the value. */
function priorTerms(groupCount: number, hyperparameters: Hyperparameters, gradient: Float64Array): number {
  const length = lengthPrior(groupCount)
  let sum = 0
  for (let index = 0; index < groupCount + 2; index += 1) {
    const prior = index < groupCount ? length : index === groupCount ? signalPrior : noisePrior
    const score = ((hyperparameters[index] as number) - prior.mean) / prior.deviation
    gradient[index] = (gradient[index] as number) + score / prior.deviation
    sum += (score * score) / 2
  }
  return sum
}

/**
 * The constant mean at its most probable value under a standard normal prior, for which the gradient above needs no term
 * of its own, and K⁻¹ (y - mean).
 */
function centred(factor: Float64Array, means: Float64Array) {
  const size = means.length
  const ones = new Float64Array(size).fill(1)
  solveLower(factor, size, ones)
  const whitened = means.slice()
  solveLower(factor, size, whitened)
  let cross = 0
  let square = 0
  let logDeterminant = 0
  for (let row = 0; row < size; row += 1) {
    cross += (ones[row] as number) * (whitened[row] as number)
    square += (ones[row] as number) ** 2
    logDeterminant += 2 * Math.log(factor[row * size + row] as number)
  }
  const mean = cross / (square + 1)
  let fit = mean * mean
  const weights = whitened.map((one, row) => one - mean * (ones[row] as number))
  for (let row = 0; row < size; row += 1) fit += (weights[row] as number) ** 2
  solveUpper(factor, size, weights)
  return { mean, weights, fit, logDeterminant }
}

function explainedShareOf(factor: Float64Array, means: Float64Array, weights: Float64Array): number {
  const size = means.length
  if (size < 2) return 0
  const inverse = inverseOf(factor, size)
  const mean = means.reduce((sum, one) => sum + one, 0) / size
  let unexplained = 0
  let all = 0
  for (let row = 0; row < size; row += 1) {
    unexplained += ((weights[row] as number) / (inverse[row * size + row] as number)) ** 2
    all += (((means[row] as number) - mean) * (size / (size - 1))) ** 2
  }
  return all > 0 ? 1 - unexplained / all : 0
}

export type Prediction = { readonly mean: number; readonly deviation: number }

/** What the model says of settings: of the response itself, without the noise of a run. */
export class Posterior {
  readonly noiseDeviation: number
  readonly lengths: Float64Array
  /**
   * Share of the squares about the mean that the model explains of rows which it is not shown (leave one out; Rasmussen and
   * Williams, §5.4.2): none or less where it knows nothing.
   */
  readonly explainedShare: number
  readonly #features: readonly Float64Array[]
  readonly #inverseLengths: Float64Array
  readonly #signal: number
  readonly #factor: Float64Array
  readonly #mean: number
  readonly #weights: Float64Array
  readonly #scratch: Float64Array

  constructor(observations: Observations, groups: readonly number[], hyperparameters: Hyperparameters) {
    const groupCount = hyperparameters.length - 2
    const size = observations.features.length
    this.#features = observations.features
    this.lengths = hyperparameters.slice(0, groupCount).map(Math.exp)
    this.#inverseLengths = Float64Array.from(groups, (group) => (this.lengths[group] as number) ** -2)
    this.#signal = Math.exp(hyperparameters[groupCount] as number)
    const noise = Math.exp(hyperparameters[groupCount + 1] as number)
    this.noiseDeviation = Math.sqrt(noise)
    this.#scratch = new Float64Array(size)
    this.#factor = new Float64Array(size * size)
    let added = jitter
    while (!this.#factorised(observations, { noise, added })) {
      added *= 10
      assert(added < 1, 'a covariance matrix with a tenth of its signal on the diagonal has a factor')
    }
    const { mean, weights } = centred(this.#factor, observations.means)
    this.#mean = mean
    this.#weights = weights
    this.explainedShare = explainedShareOf(this.#factor, observations.means, weights)
  }

  // Hot path of a proposal: thousands of candidates each (`npm run bench:tune`).
  predict(features: Float64Array): Prediction {
    const size = this.#features.length
    const scratch = this.#scratch
    this.#covariances(features, size)
    let mean = this.#mean
    for (let row = 0; row < size; row += 1) mean += (scratch[row] as number) * (this.#weights[row] as number)
    solveLower(this.#factor, size, scratch)
    let variance = this.#signal
    for (let row = 0; row < size; row += 1) variance -= (scratch[row] as number) ** 2
    return { mean, deviation: Math.sqrt(Math.max(variance, 1e-12 * this.#signal)) }
  }

  #factorised({ features, counts }: Observations, { noise, added }: { noise: number; added: number }): boolean {
    const size = features.length
    for (let row = 0; row < size; row += 1) {
      this.#covariances(features[row] as Float64Array, row)
      this.#factor.set(this.#scratch.subarray(0, row), row * size)
      this.#factor[row * size + row] = this.#signal * (1 + added) + noise / (counts[row] as number)
    }
    return factorise(this.#factor, size)
  }

  /** Covariances with the first `count` rows, in scratch. */
  #covariances(features: Float64Array, count: number): void {
    const inverseLengths = this.#inverseLengths
    for (let row = 0; row < count; row += 1) {
      const other = this.#features[row] as Float64Array
      let square = 0
      for (let feature = 0; feature < features.length; feature += 1) {
        const gap = (features[feature] as number) - (other[feature] as number)
        square += gap * gap * (inverseLengths[feature] as number)
      }
      const distance = rootFive * Math.sqrt(square)
      this.#scratch[row] = this.#signal * Math.exp(-distance) * (1 + distance + (distance * distance) / 3)
    }
  }
}
