import { assert } from '../core/assert.js'
import { normalQuantile, studentT } from './special-functions.js'

/** Samples of one interval of the window, and how many of them were above the limit. */
export type ExceedanceInterval = {
  readonly count: number
  readonly over: number
  /** How many were above the quantile that the whole run shows, where that is known. */
  readonly overObserved?: number | undefined
}

export type EffectiveSampleSize = {
  readonly count: number
  readonly overCount: number
  /** By how much less the samples know than as many independent ones would: Kish's design effect. */
  readonly designEffect: number
  readonly nEffective: number
}

const batchCount = 20
const nEffectiveMin = 8
/** Five minutes of intervals: the work grows with their square, and a soak of a day has 345,600. */
const stretchesMax = 1200

/**
 * Size of an independent sample that would know the rate of exceedance as well as this series does: the count of
 * samples over their design effect, at least 8. Latencies follow each other: a stall puts a whole run of samples above
 * the limit, and intervals that treat them as independent are wrong most of the time at the boundary (`npm run
 * bench:coverage`).
 *
 * A run that by luck saw few stalls sees little correlation above the limit, and none when it saw no stall at all: it
 * would seem long just when it was too short. So the design effect is the larger of two: above the limit, and above the
 * quantile which the run itself shows, where as many samples lie as should. Without the second, the p99 of an
 * M/M/1 queue at 90 % passed wrongly in 48 % of runs of 30 s.
 */
export function effectiveSampleSize(intervals: readonly ExceedanceInterval[]): EffectiveSampleSize {
  const filled = merged(intervals.filter(({ count }) => count > 0))
  const counts = filled.map(({ count }) => count)
  const over = filled.map((interval) => interval.over)
  const observed = filled.map(({ overObserved }) => overObserved ?? 0)
  const designEffect = Math.max(designEffectOf(counts, over), designEffectOf(counts, observed))
  const count = sumOf(counts)
  const nEffective = Math.min(count, Math.max(count / designEffect, nEffectiveMin))
  return { count, overCount: sumOf(over), designEffect, nEffective }
}

/** Neighbours as one where there are many: what lasts longer than a run of them stays visible, the rest in their sums. */
function merged(intervals: readonly ExceedanceInterval[]): readonly ExceedanceInterval[] {
  const length = Math.ceil(intervals.length / stretchesMax)
  if (length <= 1) return intervals
  return Array.from({ length: Math.ceil(intervals.length / length) }, (_, index) => {
    const part = intervals.slice(index * length, (index + 1) * length)
    return {
      count: sumOf(part.map(({ count }) => count)),
      over: sumOf(part.map(({ over }) => over)),
      overObserved: sumOf(part.map(({ overObserved }) => overObserved ?? 0)),
    }
  })
}

/**
 * Variance of the rate of exceedance over that of independent samples: the largest of 1, of the spectral estimate, and
 * of that by twenty batches, which sees also what lies beyond the lags that the first one sums.
 */
function designEffectOf(counts: readonly number[], over: readonly number[]): number {
  const count = sumOf(counts)
  const overCount = sumOf(over)
  assert(overCount <= count, 'an exceedance is one of the samples')
  if (overCount === 0 || overCount === count) return 1
  const share = overCount / count
  const residuals = over.map((value, index) => value - share * (counts[index] ?? 0))
  const independent = share * (1 - share)
  return Math.max(
    1,
    spectralVariance(residuals) / (independent * (count / counts.length)),
    batchVariance(counts, residuals) / independent,
  )
}

/**
 * Variance that a long sum of such a series has per term: the autocovariances over all lags, by Geyer's initial
 * positive sequence ("Practical Markov chain Monte Carlo", Statistical Science 1992): pairs of neighbouring lags from
 * zero on, until one is not positive.
 */
function spectralVariance(residuals: readonly number[]): number {
  let sum = -autocovariance(residuals, 0)
  for (let lag = 0; lag + 1 < residuals.length; lag += 2) {
    const pair = autocovariance(residuals, lag) + autocovariance(residuals, lag + 1)
    if (pair <= 0) break
    sum += 2 * pair
  }
  return sum
}

function autocovariance(residuals: readonly number[], lag: number): number {
  let sum = 0
  for (let index = lag; index < residuals.length; index += 1)
    sum += (residuals[index] ?? 0) * (residuals[index - lag] ?? 0)
  return sum / residuals.length
}

/**
 * Variance of the rates of twenty batches, each times its count: the variance of one sample, if samples were
 * independent. Inflated because twenty batches tell a variance only roughly: by the square of Student's t over the
 * normal quantile, at 95 %.
 */
function batchVariance(counts: readonly number[], residuals: readonly number[]): number {
  const batches = Math.min(batchCount, counts.length)
  if (batches < 2) return 0
  let sumSquares = 0
  for (let batch = 0; batch < batches; batch += 1) {
    const from = Math.floor((batch * counts.length) / batches)
    const to = Math.floor(((batch + 1) * counts.length) / batches)
    sumSquares += sumOf(residuals.slice(from, to)) ** 2 / sumOf(counts.slice(from, to))
  }
  const inflation = (studentT(0.95, batches - 1) / normalQuantile(0.95)) ** 2
  return (sumSquares / (batches - 1)) * inflation
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)
