// Columns as in `columns.ts` of the parent folder, with sums of several parts: results differ in the last digits.

const epsilon: f64 = 2.220446049250313e-16

export function dot(a: usize, b: usize, length: i32): f64 {
  const end = a + (<usize>length << 3)
  const eightsEnd = a + (<usize>(length & ~7) << 3)
  const pairsEnd = a + (<usize>(length & ~1) << 3)
  let p = f64x2.splat(0)
  let q = p
  let r = p
  let s = p
  for (; a < eightsEnd; a += 64, b += 64) {
    p = f64x2.add(p, f64x2.mul(v128.load(a), v128.load(b)))
    q = f64x2.add(q, f64x2.mul(v128.load(a, 16), v128.load(b, 16)))
    r = f64x2.add(r, f64x2.mul(v128.load(a, 32), v128.load(b, 32)))
    s = f64x2.add(s, f64x2.mul(v128.load(a, 48), v128.load(b, 48)))
  }
  for (; a < pairsEnd; a += 16, b += 16) p = f64x2.add(p, f64x2.mul(v128.load(a), v128.load(b)))
  p = f64x2.add(f64x2.add(p, q), f64x2.add(r, s))
  const sum = f64x2.extract_lane(p, 0) + f64x2.extract_lane(p, 1)
  return a < end ? sum + load<f64>(a) * load<f64>(b) : sum
}

/** target += factor * source */
export function addScaled(target: usize, source: usize, length: i32, factor: f64): void {
  const end = target + (<usize>length << 3)
  const eightsEnd = target + (<usize>(length & ~7) << 3)
  const pairsEnd = target + (<usize>(length & ~1) << 3)
  const factors = f64x2.splat(factor)
  for (; target < eightsEnd; target += 64, source += 64) {
    v128.store(target, f64x2.add(v128.load(target), f64x2.mul(factors, v128.load(source))))
    v128.store(target, f64x2.add(v128.load(target, 16), f64x2.mul(factors, v128.load(source, 16))), 16)
    v128.store(target, f64x2.add(v128.load(target, 32), f64x2.mul(factors, v128.load(source, 32))), 32)
    v128.store(target, f64x2.add(v128.load(target, 48), f64x2.mul(factors, v128.load(source, 48))), 48)
  }
  for (; target < pairsEnd; target += 16, source += 16) {
    v128.store(target, f64x2.add(v128.load(target), f64x2.mul(factors, v128.load(source))))
  }
  if (target < end) store<f64>(target, load<f64>(target) + factor * load<f64>(source))
}

export function scaleColumn(values: usize, length: i32, factor: f64): void {
  const end = values + (<usize>length << 3)
  const pairsEnd = values + (<usize>(length & ~1) << 3)
  const factors = f64x2.splat(factor)
  for (; values < pairsEnd; values += 16) v128.store(values, f64x2.mul(v128.load(values), factors))
  if (values < end) store<f64>(values, load<f64>(values) * factor)
}

/** Takes the mean off each column; one that is constant but for rounding becomes zero. */
export function centreColumns(values: usize, rows: i32, columns: i32): void {
  const columnBytes = <usize>rows << 3
  const pairBytes = <usize>(rows & ~1) << 3
  for (let column = 0; column < columns; column += 1, values += columnBytes) {
    const end = values + columnBytes
    const pairsEnd = values + pairBytes
    let sums = f64x2.splat(0)
    let at = values
    for (; at < pairsEnd; at += 16) sums = f64x2.add(sums, v128.load(at))
    let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1)
    if (at < end) sum += load<f64>(at)
    const mean = sum / <f64>rows
    const means = f64x2.splat(mean)
    let largest = f64x2.splat(0)
    for (at = values; at < pairsEnd; at += 16) {
      const centred = f64x2.sub(v128.load(at), means)
      v128.store(at, centred)
      largest = f64x2.pmax(largest, f64x2.abs(centred))
    }
    let most = max(f64x2.extract_lane(largest, 0), f64x2.extract_lane(largest, 1))
    if (at < end) {
      const centred = load<f64>(at) - mean
      store<f64>(at, centred)
      most = max(most, Math.abs(centred))
    }
    if (most <= <f64>rows * epsilon * Math.abs(mean)) memory.fill(values, 0, columnBytes)
  }
}
