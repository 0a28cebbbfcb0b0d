import { assert } from '../core/assert.js'
import { normalQuantile, studentT } from './special-functions.js'

/** Samples of one interval of the window, and how many of them were above the limit. */
export type ExceedanceInterval = { readonly count: number; readonly over: number }

export type EffectiveSampleSize = {
  readonly count: number
  readonly overCount: number
  /** By how much less the samples know than as many independent ones would: Kish's design effect. */
  readonly designEffect: number
  readonly nEffective: number
}

const batchCount = 20
const nEffectiveMin = 8

/**
 * Size of an independent sample that would know the rate of exceedance as well as this series does: the count of samples over
 * their design effect, at least 8. Latencies follow each other: a stall puts a whole run of samples above the limit, and
 * intervals that treat them as independent are wrong most of the time at the boundary (`npm run bench:coverage`).
 *
 * The design effect is the largest of 1, of `correlationTime`, which sees what lasts longer than an interval, and of
 * `batchInflation`, which sees also what clusters within one. A series without exceedances gives no hint of clusters: its design effect is 1.
 */
export function effectiveSampleSize(intervals: readonly ExceedanceInterval[]): EffectiveSampleSize {
  const filled = intervals.filter(({ count }) => count > 0)
  const count = filled.reduce((sum, interval) => sum + interval.count, 0)
  const overCount = filled.reduce((sum, interval) => sum + interval.over, 0)
  assert(overCount <= count, 'an exceedance is one of the samples')
  if (overCount === 0 || overCount === count)
    return { count, overCount, designEffect: 1, nEffective: Math.max(count, 0) }
  const share = overCount / count
  const designEffect = Math.max(1, correlationTime(filled, share), batchInflation(filled, share))
  return { count, overCount, designEffect, nEffective: Math.min(count, Math.max(count / designEffect, nEffectiveMin)) }
}

/**
 * Integrated autocorrelation time of the exceedances per interval, 1 + 2 sum rho_k, summed over Geyer's initial positive sequence ("Practical
 * Markov chain Monte Carlo", Statistical Science 1992): pairs of neighbouring autocorrelations, until one is negative.
 */
function correlationTime(intervals: readonly ExceedanceInterval[], share: number): number {
  const residuals = intervals.map(({ count, over }) => over - share * count)
  const variance = autocovariance(residuals, 0)
  if (variance === 0) return 1
  let sum = 0
  for (let lag = 1; lag + 1 < residuals.length; lag += 2) {
    const pair = autocovariance(residuals, lag) + autocovariance(residuals, lag + 1)
    if (pair < 0) break
    sum += pair
  }
  return 1 + (2 * sum) / variance
}

function autocovariance(residuals: readonly number[], lag: number): number {
  let sum = 0
  for (let index = lag; index < residuals.length; index += 1)
    sum += (residuals[index] ?? 0) * (residuals[index - lag] ?? 0)
  return sum / residuals.length
}

/**
 * Variance of the rates of twenty batches over the variance that independent samples would have, inflated because twenty batches
 * tell a variance only roughly: by the square of Student's t over the normal quantile, at 95 %.
 */
function batchInflation(intervals: readonly ExceedanceInterval[], share: number): number {
  const batches = Math.min(batchCount, intervals.length)
  if (batches < 2) return 1
  let sumSquares = 0
  for (let batch = 0; batch < batches; batch += 1) {
    const from = Math.floor((batch * intervals.length) / batches)
    const to = Math.floor(((batch + 1) * intervals.length) / batches)
    const part = intervals.slice(from, to)
    const count = part.reduce((sum, interval) => sum + interval.count, 0)
    const over = part.reduce((sum, interval) => sum + interval.over, 0)
    // Batches may differ in size: each residual is measured against its own binomial variance.
    sumSquares += (over - share * count) ** 2 / (share * (1 - share) * count)
  }
  const inflation = (studentT(0.95, batches - 1) / normalQuantile(0.95)) ** 2
  return (sumSquares / (batches - 1)) * inflation
}
