import { assert } from '../core/assert.js'
import { type Bounds, binomialTails, clopperPearson, decidingShares } from './binomial-bounds.js'
import { type EffectiveSampleSize, type ExceedanceInterval, effectiveSampleSize } from './effective-sample-size.js'

export type GateResult = EffectiveSampleSize & {
  readonly status: 'pass' | 'fail' | 'inconclusive' | 'noData'
  /** One-sided confidence of each bound. */
  readonly confidence: number
  /** Bounds of the share of samples above the limit. */
  readonly exceedance: Bounds
  /**
   * Shares at which the histogram is read for bounds of the quantile itself; `upper` is null where only more samples
   * could tell.
   */
  readonly quantile: { readonly lower: number; readonly upper: number | null }
  /** How many more samples would decide, if they are like those seen; null where it is decided, or no number would. */
  readonly moreSamples: number | null
}

const confidenceUsual = 0.95
/**
 * Few samples above the quantile estimate their own correlation badly, so more certainty is asked of a run that should
 * have fewer than twenty independent ones: below an effective size of 400 at the p95, of 2,000 at the p99.
 */
const confidenceFew = 0.99
const overEffectiveFew = 20

const confidenceAt = (nEffective: number, allowed: number): number =>
  nEffective * Math.min(allowed, 1 - allowed) < overEffectiveFew ? confidenceFew : confidenceUsual

/**
 * Is the quantile within the limit? Asked as a rate: the quantile at `share` is at most the limit exactly when at most
 * 1 - `share` of all samples are above it. That needs no density and no assumption on the distribution, only how many
 * samples there effectively are.
 */
export function exceedanceGate(intervals: readonly ExceedanceInterval[], share: number): GateResult {
  assert(share > 0 && share < 1, 'a quantile lies between 0 and 1')
  const size = effectiveSampleSize(intervals)
  const allowed = 1 - share
  const confidence = confidenceAt(size.nEffective, allowed)
  if (size.count === 0) {
    const unknown = { exceedance: { lower: 0, upper: 1 }, quantile: { lower: 0, upper: null }, moreSamples: null }
    return { ...size, ...unknown, status: 'noData', confidence }
  }
  const over = (size.overCount / size.count) * size.nEffective
  const status = decide(over, size.nEffective, allowed)
  const { failsAbove, passesBelow } = decidingShares(allowed, size.nEffective, confidence)
  return {
    ...size,
    status,
    confidence,
    exceedance: clopperPearson(over, size.nEffective, confidence),
    quantile: { lower: 1 - failsAbove, upper: passesBelow === null ? null : 1 - passesBelow },
    moreSamples: status === 'inconclusive' ? moreSamples(size, allowed) : null,
  }
}

/** Whether the bounds of Clopper and Pearson leave the allowed share out: the tails say it without their inverse. */
function decide(over: number, nEffective: number, allowed: number): 'pass' | 'fail' | 'inconclusive' {
  const chance = 1 - confidenceAt(nEffective, allowed)
  const { atLeast, atMost } = binomialTails(over, nEffective, allowed)
  return atLeast < chance ? 'fail' : atMost < chance ? 'pass' : 'inconclusive'
}

/** Longer runs are not searched: a figure of months helps nobody. */
const growthMax = 1000

function moreSamples({ count, overCount, nEffective }: EffectiveSampleSize, allowed: number): number | null {
  const over = (overCount / count) * nEffective
  const decides = (growth: number): boolean => decide(over * growth, nEffective * growth, allowed) !== 'inconclusive'
  if (!decides(growthMax)) return null
  let low = 1
  let high = growthMax
  for (let step = 0; step < 30; step += 1) {
    const middle = Math.sqrt(low * high)
    if (decides(middle)) high = middle
    else low = middle
  }
  return Math.ceil(count * (high - 1))
}
