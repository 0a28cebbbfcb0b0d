import { assert } from '../../core/assert.js'
import { at } from './columns.js'
import { invalidSample } from './invalid-sample.js'

// The smallest values of a sample, without sorting it. Of a large one a probe of 256 values tells where the tail ends, one pass
// keeps what may belong to it, and the selection works on those few. The answer is exact: where the probe misled, all is kept.

/** Buffers for samples of at most `valuesMax` values; made once, used by every call. */
type TailWorkspace = {
  /** What was selected last. */
  readonly tail: Float64Array
  readonly probe: Float64Array
}

const probeCount = 256
/** Of fewer values all are kept: the probe would cost more than it saves. */
const probedMin = 2_048
/** How far above its expected place the end of the tail is looked for in the probe, in its standard deviations. */
const probeMargin = 2.5
/** Halvings expected are twice the logarithm of the count; an order made to defeat the choice of pivots is sorted instead. */
const roundsMax = 64

export const createTailWorkspace = (valuesMax: number): TailWorkspace => ({
  tail: new Float64Array(valuesMax),
  probe: new Float64Array(probeCount),
})

/**
 * Leaves the `count` smallest values in the first places of `workspace.tail`, the largest of them last, the others in no order.
 * Throws where a value is not finite. Hot path: no allocation; guarded by the component case `var.historical`.
 */
export function selectSmallest(workspace: TailWorkspace, values: Float64Array, count: number): void {
  assert(count >= 1 && count <= values.length, 'no more values are selected than there are')
  assert(values.length <= workspace.tail.length, 'the workspace is large enough')
  let kept = keepUpTo(thresholdOf(workspace, values, count), values, workspace.tail)
  if (kept < count) kept = keepUpTo(Number.MAX_VALUE, values, workspace.tail)
  select(workspace.tail, kept, count - 1)
}

/** A value which most probably has at least `count` values up to it, and not many more. */
function thresholdOf({ probe }: TailWorkspace, values: Float64Array, count: number): number {
  if (values.length < probedMin) return Number.MAX_VALUE
  const share = count / values.length
  const rank = Math.ceil(probeCount * share + probeMargin * Math.sqrt(probeCount * share * (1 - share)))
  if (rank >= probeCount) return Number.MAX_VALUE
  const stride = Math.floor(values.length / probeCount)
  for (let index = 0; index < probeCount; index += 1) {
    const value = at(values, index * stride)
    // An order with NaN in it is none; the pass over all values names it.
    if (Number.isNaN(value)) return Number.MAX_VALUE
    probe[index] = value
  }
  select(probe, probeCount, rank)
  return Math.min(at(probe, rank), Number.MAX_VALUE)
}

function keepUpTo(threshold: number, values: Float64Array, kept: Float64Array): number {
  let count = 0
  for (let index = 0; index < values.length; index += 1) {
    const value = at(values, index)
    if (value <= threshold) {
      if (value < -Number.MAX_VALUE) throw invalidSample(values)
      kept[count] = value
      count += 1
    } else if (!(value <= Number.MAX_VALUE)) {
      throw invalidSample(values)
    }
  }
  return count
}

/** Hoare's selection with the median of three as pivot: equal values are parted evenly, sorted ones in the middle. */
function select(values: Float64Array, count: number, target: number): void {
  let low = 0
  let high = count - 1
  for (let round = 0; low < high; round += 1) {
    if (round === roundsMax) {
      values.subarray(low, high + 1).sort()
      return
    }
    const pivot = medianOf(at(values, low), at(values, (low + high) >> 1), at(values, high))
    let left = low
    let right = high
    while (left <= right) {
      while (at(values, left) < pivot) left += 1
      while (at(values, right) > pivot) right -= 1
      if (left > right) break
      const value = at(values, left)
      values[left] = at(values, right)
      values[right] = value
      left += 1
      right -= 1
    }
    if (target <= right) high = right
    else if (target >= left) low = left
    else return
  }
}

const medianOf = (a: number, b: number, c: number): number => Math.max(Math.min(a, b), Math.min(Math.max(a, b), c))
