import { assert } from '../core/assert.js'
import { incompleteBeta, inverseIncompleteBeta } from './special-functions.js'

export type Bounds = { readonly lower: number; readonly upper: number }

/**
 * One-sided Clopper-Pearson bounds of a share, each of which holds with `confidence` (Clopper and Pearson, "The use of
 * confidence or fiducial limits illustrated in the case of the binomial", Biometrika 1934). Counts may be fractions, as
 * an effective sample size makes them.
 */
export function clopperPearson(over: number, count: number, confidence: number): Bounds {
  assert(over >= 0 && over <= count && count > 0, 'an exceedance is one of the samples')
  assert(confidence > 0.5 && confidence < 1, 'a confidence lies between one half and one')
  return {
    lower: over > 0 ? inverseIncompleteBeta(1 - confidence, { a: over, b: count - over + 1 }) : 0,
    upper: over < count ? inverseIncompleteBeta(confidence, { a: over + 1, b: count - over }) : 1,
  }
}

/**
 * Probability of at least, and of at most, so many exceedances when their share is `share`; counts may be fractions.
 */
export function binomialTails(over: number, count: number, share: number): { atLeast: number; atMost: number } {
  return {
    atLeast: over > 0 ? incompleteBeta(share, { a: over, b: count - over + 1 }) : 1,
    atMost: over < count ? incompleteBeta(1 - share, { a: count - over, b: over + 1 }) : 1,
  }
}

/**
 * The observed shares at which the bounds of `clopperPearson` meet `share`: above `failsAbove` the lower bound is above
 * it, below `passesBelow` the upper bound is below it; null where no observation is low enough.
 */
export function decidingShares(
  share: number,
  count: number,
  confidence: number,
): { readonly failsAbove: number; readonly passesBelow: number | null } {
  assert(share > 0 && share < 1, 'a share lies between 0 and 1')
  const tails = (over: number) => binomialTails(over, count, share)
  const chance = 1 - confidence
  return {
    failsAbove: root((over) => tails(over).atLeast - chance, count) / count,
    passesBelow: tails(0).atMost < chance ? root((over) => chance - tails(over).atMost, count) / count : null,
  }
}

/**
 * Root of a falling function between 0 and `top`: false position by the Illinois rule, which cannot leave its bracket.
 */
function root(falling: (x: number) => number, top: number): number {
  let [low, high] = [0, top]
  let [atLow, atHigh] = [falling(low), falling(high)]
  if (atHigh >= 0) return high
  let side = 0
  for (let step = 0; step < 200 && high - low > 1e-12 * top; step += 1) {
    // Every third step halves: a tail is flat over most of the bracket, where false position creeps.
    const x = step % 3 === 2 ? (low + high) / 2 : (low * atHigh - high * atLow) / (atHigh - atLow)
    const value = falling(x)
    if (value === 0) return x
    if (value > 0) {
      low = x
      atLow = value
      if (side === 1) atHigh /= 2
      side = 1
    } else {
      high = x
      atHigh = value
      if (side === -1) atLow /= 2
      side = -1
    }
  }
  return (low + high) / 2
}
