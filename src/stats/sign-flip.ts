import { assert } from '../core/assert.js'

const countMax = 40

/**
 * Exact sign-flip test (Fisher's randomisation test of paired differences, 1935): the share of all 2^n ways to flip the
 * signs of the differences whose sum is at least the observed one. It assumes only that a difference is as likely above
 * its centre as below, no normal distribution.
 *
 * The sums are not listed one by one: those of each half of the differences are kept sorted and counted against each other
 * (Horowitz and Sahni, 1974; Pagano and Tritchler 1983 for permutation tests), so that twenty differences cost two
 * lists of 1,024.
 */
export function signFlip(differences: readonly number[]): number {
  const count = differences.length
  assert(count > 0 && count <= countMax, 'a sign-flip test has between one and forty differences')
  const observed = differences.reduce((sum, difference) => sum + difference, 0)
  // Sums of the same values in another order differ in their last bits, and ties must count.
  const tolerance = 1e-12 * differences.reduce((sum, difference) => sum + Math.abs(difference), 0)
  const half = count >> 1
  const left = flippedSums(differences.slice(0, half))
  const right = flippedSums(differences.slice(half))
  let reaching = 0
  let index = right.length
  for (const sum of left) {
    // `left` rises, so the first entry of `right` that reaches the observed sum moves down only.
    while (index > 0 && sum + (right[index - 1] ?? 0) >= observed - tolerance) index -= 1
    reaching += right.length - index
  }
  return reaching / 2 ** count
}

/** Sums under all flips, rising: with each difference, two rising lists that are one step apart are merged. */
function flippedSums(differences: readonly number[]): Float64Array {
  let sums = new Float64Array(1)
  for (const difference of differences) sums = mergedSteps(sums, Math.abs(difference))
  return sums
}

function mergedSteps(sums: Float64Array, step: number): Float64Array<ArrayBuffer> {
  const merged = new Float64Array(sums.length * 2)
  let [lower, upper] = [0, 0]
  for (let index = 0; index < merged.length; index += 1) {
    const down = (sums[lower] ?? Number.POSITIVE_INFINITY) - step
    const up = (sums[upper] ?? Number.POSITIVE_INFINITY) + step
    const takesDown = down <= up
    merged[index] = takesDown ? down : up
    if (takesDown) lower += 1
    else upper += 1
  }
  return merged
}
