import { addGrowth } from './exp'

// The paths of one block, two in a vector. Normals lie asset by asset, so that what belongs to neighbouring paths is loaded at once.

const paths: i32 = 256
const columnBytes: usize = 2048

/**
 * Writes the portfolio's returns over the paths of a block. `factor` has `assets` x `assets` elements in rows, of which the first `rank`
 * columns count; `normals` has a column of 256 for each asset; `logs` is room for 256 values.
 */
export function blockReturns(
  assets: i32,
  rank: i32,
  weights: usize,
  shifts: usize,
  factor: usize,
  normals: usize,
  logs: usize,
  returns: usize,
): void {
  memory.fill(returns, 0, columnBytes)
  for (let asset = 0; asset < assets; asset += 1) {
    const columns = min(asset + 1, rank)
    const row = factor + (<usize>(asset * assets) << 3)
    const at = <usize>asset << 3
    logReturns(shifts + at, row, row + (<usize>columns << 3), normals, logs)
    addGrowth(logs, returns, paths, load<f64>(weights + at))
  }
}

/** logs = shift + the row of the factor times the normals. Each element of the row is read once for sixteen paths. */
function logReturns(shift: usize, row: usize, rowEnd: usize, normals: usize, logs: usize): void {
  const end = logs + columnBytes
  for (; logs < end; logs += 128, normals += 128) {
    let a = v128.load64_splat(shift)
    let b = a
    let c = a
    let d = a
    let e = a
    let f = a
    let g = a
    let h = a
    let from = normals
    for (let element = row; element < rowEnd; element += 8) {
      const factor = v128.load64_splat(element)
      a = f64x2.add(a, f64x2.mul(factor, v128.load(from)))
      b = f64x2.add(b, f64x2.mul(factor, v128.load(from, 16)))
      c = f64x2.add(c, f64x2.mul(factor, v128.load(from, 32)))
      d = f64x2.add(d, f64x2.mul(factor, v128.load(from, 48)))
      e = f64x2.add(e, f64x2.mul(factor, v128.load(from, 64)))
      f = f64x2.add(f, f64x2.mul(factor, v128.load(from, 80)))
      g = f64x2.add(g, f64x2.mul(factor, v128.load(from, 96)))
      h = f64x2.add(h, f64x2.mul(factor, v128.load(from, 112)))
      from += columnBytes
    }
    v128.store(logs, a)
    v128.store(logs, b, 16)
    v128.store(logs, c, 32)
    v128.store(logs, d, 48)
    v128.store(logs, e, 64)
    v128.store(logs, f, 80)
    v128.store(logs, g, 96)
    v128.store(logs, h, 112)
  }
}
