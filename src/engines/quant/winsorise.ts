import { assert } from '../../core/assert.js'
import { at } from './columns.js'

/**
 * Sets the values of a column that lie below its quantile `share`, or above the quantile 1 - share, to that quantile (linear
 * between the order statistics, type 7 of Hyndman and Fan). Unlike cutting off, it keeps every row; unlike clipping at a
 * number of standard deviations, the bounds do not move with the outliers. `scratch` holds at least `length` numbers.
 */
export function winsoriseColumn(
  values: Float64Array,
  column: { readonly from: number; readonly length: number },
  share: number,
  scratch: Float64Array,
): void {
  assert(share >= 0 && share < 0.5, 'the two ends of a column do not meet')
  const { from, length } = column
  if (length === 0) return
  const sorted = scratch.subarray(0, length)
  sorted.set(values.subarray(from, from + length))
  sorted.sort()
  const lowest = quantileOf(sorted, share)
  const highest = quantileOf(sorted, 1 - share)
  for (let index = from; index < from + length; index += 1) {
    values[index] = Math.max(lowest, Math.min(highest, at(values, index)))
  }
}

function quantileOf(sorted: Float64Array, share: number): number {
  const place = (sorted.length - 1) * share
  const below = Math.floor(place)
  const low = at(sorted, below)
  if (below + 1 === sorted.length) return low
  const high = at(sorted, below + 1)
  // Rounding must not lead beyond what there is.
  return Math.min(high, low + (place - below) * (high - low))
}
