import { assert } from '../core/assert.js'

/**
 * Kolmogorov-Smirnov distance of two samples: the largest difference of their empirical distribution functions, 0 for the
 * same values in the same shares and 1 for samples that do not overlap. Both sorted; ties are stepped over together.
 */
export function kolmogorovSmirnov(a: Float64Array, b: Float64Array): number {
  assert(a.length > 0 && b.length > 0, 'both samples hold values')
  let atA = 0
  let atB = 0
  let largest = 0
  while (atA < a.length && atB < b.length) {
    const value = Math.min(a[atA] as number, b[atB] as number)
    while (atA < a.length && (a[atA] as number) <= value) atA += 1
    while (atB < b.length && (b[atB] as number) <= value) atB += 1
    largest = Math.max(largest, Math.abs(atA / a.length - atB / b.length))
  }
  return largest
}
