import { assert } from '../core/assert.js'
import { incompleteBeta, inverseIncompleteBeta } from './special-functions.js'

export type Bounds = { readonly lower: number; readonly upper: number }

/**
 * One-sided Clopper-Pearson bounds of a share, each of which holds with `confidence` (Clopper and Pearson, "The use of
 * confidence or fiducial limits illustrated in the case of the binomial", Biometrika 1934). Counts may be fractions, as an
 * effective sample size makes them.
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
 * The shares of exceedance at which the bounds of `clopperPearson` meet `share`: with more than `failsAbove` the lower bound is above it,
 * with less than `passesBelow` the upper bound is below it; null where no count is small enough.
 */
export function decidingShares(share: number, count: number, confidence: number) {
  assert(share > 0 && share < 1, 'a share lies between 0 and 1')
  const failing = (over: number): number => incompleteBeta(share, { a: over, b: count - over + 1 }) - (1 - confidence)
  const passing = (over: number): number => incompleteBeta(share, { a: over + 1, b: count - over }) - confidence
  return {
    failsAbove: root(failing, count) / count,
    passesBelow: passing(0) > 0 ? root(passing, count) / count : null,
  }
}

/** Root of a falling function between 0 and `high`, by bisection: 60 halvings leave nothing a count could show. */
function root(falling: (x: number) => number, high: number): number {
  let low = 0
  let top = high
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + top) / 2
    if (falling(middle) > 0) low = middle
    else top = middle
  }
  return (low + top) / 2
}
