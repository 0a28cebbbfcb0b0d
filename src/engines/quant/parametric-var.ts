import { assert } from '../../core/assert.js'
import { NautilusError } from '../../core/errors.js'
import { normalDensity, normalQuantile } from '../../stats/special-functions.js'
import { at } from './columns.js'
import { invalidSample } from './invalid-sample.js'
import type { Moments } from './moments.js'

// Value at risk by the form of a distribution. Losses are positive, a is one less the confidence, z the a-quantile of N(0, 1).

type GaussianRisk = {
  readonly convention: 'gaussian'
  readonly confidence: number
  readonly valueAtRisk: number
  readonly expectedShortfall: number
}

/** -(mean + z s), and the mean loss beyond it, -mean + s phi(z) / a. */
export function gaussianRisk({ mean, deviation }: Moments, confidence: number): GaussianRisk {
  const { share, z } = tailOf(confidence)
  return {
    convention: 'gaussian',
    confidence,
    valueAtRisk: -(mean + z * deviation),
    expectedShortfall: -mean + (deviation * normalDensity(z)) / share,
  }
}

type CornishFisherRisk = {
  readonly convention: 'cornish-fisher'
  readonly confidence: number
  readonly valueAtRisk: number
  /** Whether the expansion is a quantile function at all: for heavy tails it may rise in the tail alone. */
  readonly monotoneEverywhere: boolean
}

/**
 * The Gaussian quantile corrected by skew S and excess kurtosis K (Cornish and Fisher, 1938):
 * z + (z^2 - 1) S / 6 + (z^3 - 3 z) K / 24 - (2 z^3 - 5 z) S^2 / 36. Throws where that does not rise all the way up to z: the loss
 * would shrink with the confidence (Maillard, "A user's guide to the Cornish Fisher expansion", 2012, has the domain).
 */
export function cornishFisherRisk(
  { mean, deviation, skew, excessKurtosis }: Moments,
  confidence: number,
): CornishFisherRisk {
  const { z } = tailOf(confidence)
  if (!risesUpTo(z, skew, excessKurtosis)) {
    const shape = `skew ${skew.toFixed(2)} and excess kurtosis ${excessKurtosis.toFixed(2)}`
    throw new NautilusError('SOURCE_INVALID', `returns: with ${shape} the Cornish-Fisher quantile does not rise`, {
      hint: 'Ask for a historical value at risk: these returns are too far from normal for a correction.',
    })
  }
  const corrected =
    z + ((z * z - 1) * skew) / 6 + ((z ** 3 - 3 * z) * excessKurtosis) / 24 - ((2 * z ** 3 - 5 * z) * skew * skew) / 36
  return {
    convention: 'cornish-fisher',
    confidence,
    valueAtRisk: -(mean + corrected * deviation),
    monotoneEverywhere: risesUpTo(Number.POSITIVE_INFINITY, skew, excessKurtosis),
  }
}

/** Whether the derivative of the expansion, a quadratic in z, is positive from minus infinity up to z. */
function risesUpTo(z: number, skew: number, excessKurtosis: number): boolean {
  const square = excessKurtosis / 8 - (skew * skew) / 6
  const slope = skew / 3
  const constant = 1 - excessKurtosis / 8 + (5 * skew * skew) / 36
  if (square === 0 && slope === 0) return constant > 0
  if (square <= 0) return square === 0 && slope < 0 && slope * z + constant > 0
  const lowest = Math.min(z, -slope / (2 * square))
  return (square * lowest + slope) * lowest + constant > 0
}

/** RiskMetrics, "Technical Document" (1996): daily decay, and the days that hold 99 % of its weight. */
const dailyDecay = 0.94
const firstDays = 75

type EwmaRisk = {
  readonly convention: 'ewma'
  readonly confidence: number
  readonly decay: number
  readonly valueAtRisk: number
}

/**
 * -z times the root of v' = decay v + (1 - decay) r^2, with zero mean, over returns from the oldest to the newest. It begins
 * with the mean of the first 75 squares, or of all where there are fewer.
 */
export function ewmaRisk(returns: Float64Array, confidence: number, decay = dailyDecay): EwmaRisk {
  assert(decay > 0 && decay < 1, 'a decay lies between 0 and 1')
  const { z } = tailOf(confidence)
  const first = Math.min(firstDays, returns.length)
  let variance = 0
  for (let index = 0; index < first; index += 1) variance += at(returns, index) ** 2 / first
  for (let index = first; index < returns.length; index += 1) {
    variance = decay * variance + (1 - decay) * at(returns, index) ** 2
  }
  if (returns.length === 0 || !Number.isFinite(variance)) throw invalidSample(returns)
  return { convention: 'ewma', confidence, decay, valueAtRisk: -z * Math.sqrt(variance) }
}

function tailOf(confidence: number): { readonly share: number; readonly z: number } {
  assert(confidence > 0 && confidence < 1, 'a confidence lies between 0 and 1')
  const share = 1 - confidence
  return { share, z: normalQuantile(share) }
}
