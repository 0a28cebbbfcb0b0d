// The selection of `tail-selection.ts` of the parent folder; the steps are the same.

const probeCount: i32 = 256
const probedMin: i32 = 2048
const probeMargin: f64 = 2.5
const roundsMax: i32 = 64

/** What `selectSmallest` answers beside a count. */
const done: i32 = 0
const notFinite: i32 = -1

/**
 * Leaves the `wanted` smallest of `count` values in the first places of `tail`, the largest of them last. `tail` has room for one value
 * more than there are, `probe` for 256. Returns 0; or -1 where a value is not finite; or how many values of `tail` are to be sorted,
 * where their order defeats the choice of pivots.
 */
export function selectSmallest(values: usize, count: i32, wanted: i32, tail: usize, probe: usize): i32 {
  const threshold = thresholdOf(values, count, wanted, probe)
  let kept = keepUpTo(values, count, threshold, tail)
  if (kept >= 0 && kept < wanted) kept = keepUpTo(values, count, f64.MAX_VALUE, tail)
  if (kept < 0) return notFinite
  return select(tail, kept, wanted - 1) ? done : kept
}

function thresholdOf(values: usize, count: i32, wanted: i32, probe: usize): f64 {
  if (count < probedMin) return f64.MAX_VALUE
  const share = <f64>wanted / <f64>count
  const rank = <i32>Math.ceil(<f64>probeCount * share + probeMargin * Math.sqrt(<f64>probeCount * share * (1 - share)))
  if (rank >= probeCount) return f64.MAX_VALUE
  const stride = <usize>(count / probeCount) << 3
  for (let index: usize = 0; index < <usize>probeCount; index += 1) {
    const value = load<f64>(values + index * stride)
    if (isNaN(value)) return f64.MAX_VALUE
    store<f64>(probe + (index << 3), value)
  }
  if (!select(probe, probeCount, rank)) return f64.MAX_VALUE
  return min(load<f64>(probe + (<usize>rank << 3)), f64.MAX_VALUE)
}

/** Without a branch on the values: each is stored, and the place moves on where it belongs to the tail. */
function keepUpTo(values: usize, count: i32, threshold: f64, kept: usize): i32 {
  const start = kept
  const limit = f64x2.splat(threshold)
  const zero = f64x2.splat(0)
  // Zero times what is not finite is NaN, which has bits beside its sign.
  let invalid = zero
  const end = values + (<usize>count << 3)
  const pairsEnd = values + (<usize>(count & ~3) << 3)
  for (; values < pairsEnd; values += 32) {
    const pair = v128.load(values)
    const other = v128.load(values, 16)
    invalid = v128.or(v128.or(invalid, f64x2.mul(pair, zero)), f64x2.mul(other, zero))
    let mask = <usize>i64x2.bitmask(f64x2.le(pair, limit))
    v128.store64_lane(kept, pair, 0)
    kept += (mask & 1) << 3
    v128.store64_lane(kept, pair, 1)
    kept += (mask & 2) << 2
    mask = <usize>i64x2.bitmask(f64x2.le(other, limit))
    v128.store64_lane(kept, other, 0)
    kept += (mask & 1) << 3
    v128.store64_lane(kept, other, 1)
    kept += (mask & 2) << 2
  }
  for (; values < end; values += 8) {
    const value = load<f64>(values)
    invalid = v128.or(invalid, f64x2.splat(value * 0))
    store<f64>(kept, value)
    kept += <usize>(value <= threshold) << 3
  }
  if (v128.any_true(i64x2.shl(invalid, 1))) return notFinite
  return <i32>((kept - start) >> 3)
}

/** False where the pivots were chosen in vain for too long; all values are still there then. */
function select(values: usize, count: i32, target: i32): bool {
  let low = values
  let high = values + (<usize>(count - 1) << 3)
  const wanted = values + (<usize>target << 3)
  for (let round = 0; low < high; round += 1) {
    if (round == roundsMax) return false
    const pivot = medianOf(load<f64>(low), load<f64>(low + ((((high - low) >> 4)) << 3)), load<f64>(high))
    let left = low
    let right = high
    while (left <= right) {
      let a = load<f64>(left)
      while (a < pivot) {
        left += 8
        a = load<f64>(left)
      }
      let b = load<f64>(right)
      while (b > pivot) {
        right -= 8
        b = load<f64>(right)
      }
      if (left > right) break
      store<f64>(left, b)
      store<f64>(right, a)
      left += 8
      right -= 8
    }
    if (wanted <= right) high = right
    else if (wanted >= left) low = left
    else return true
  }
  return true
}

function medianOf(a: f64, b: f64, c: f64): f64 {
  return max(min(a, b), min(max(a, b), c))
}
