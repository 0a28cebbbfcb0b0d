import { addScaled, centreColumns, dot, scaleColumn } from './columns'
import { polarFactor } from './polar'

// The three methods of `orthogonalise.ts` of the parent folder, step by step the same: one Householder factorisation, and what each
// method makes of Q and R.

const epsilon: f64 = 2.220446049250313e-16

const qr: i32 = 0
const symmetric: i32 = 1

const at = (values: usize, index: i32): f64 => load<f64>(values + (<usize>index << 3))
const put = (values: usize, index: i32, value: f64): void => store<f64>(values + (<usize>index << 3), value)

/**
 * Centres the columns of `x` and writes their orthogonalisation to `out`, which may be `x`. `work` has room for 2 (rows + 1) columns + 4
 * columns^2 values. Returns the rank, or -1 where a value is not finite.
 */
export function orthogonalise(method: i32, x: usize, out: usize, rows: i32, columns: i32, work: usize): i32 {
  const matrixBytes = <usize>(rows * columns) << 3
  const squareBytes = <usize>(columns * columns) << 3
  const q = work + matrixBytes
  const r = q + matrixBytes
  const factor = r + squareBytes
  const signs = factor + 3 * squareBytes
  const kept = signs + (<usize>columns << 3)
  centreColumns(x, rows, columns)
  const rank = factorise(x, rows, columns, work, q, r, signs, kept)
  if (rank < 0) return rank
  memory.fill(out, 0, matrixBytes)
  if (method == qr) {
    for (let index = 0; index < rank; index += 1) {
      const target = columnOf(out, load<i32>(kept + (<usize>index << 2)), rows)
      memory.copy(target, columnOf(q, index, rows), <usize>rows << 3)
    }
    return rank
  }
  if (method == symmetric) polarFactor(r, factor, factor + squareBytes, factor + 2 * squareBytes, columns, rank)
  else residualFactor(r, factor, columns, rank)
  for (let column = 0; column < rank; column += 1) {
    const target = columnOf(out, load<i32>(kept + (<usize>column << 2)), rows)
    // The factor of the residuals is lower triangular.
    for (let index = method == symmetric ? 0 : column; index < rank; index += 1) {
      addScaled(target, columnOf(q, index, rows), rows, at(factor, column * columns + index))
    }
  }
  return rank
}

function columnOf(values: usize, column: i32, rows: i32): usize {
  return values + (<usize>(column * rows) << 3)
}

function factorise(
  x: usize,
  rows: i32,
  columns: i32,
  reflectors: usize,
  q: usize,
  r: usize,
  signs: usize,
  kept: usize,
): i32 {
  let rank = 0
  let first: f64 = 0
  for (let column = 0; column < columns; column += 1) {
    const slot = columnOf(reflectors, rank, rows)
    memory.copy(slot, columnOf(x, column, rows), <usize>rows << 3)
    for (let index = 0; index < rank; index += 1) {
      const from = columnOf(reflectors, index, rows) + (<usize>index << 3)
      const target = slot + (<usize>index << 3)
      addScaled(target, from, rows - index, -dot(from, target, rows - index))
    }
    const tail = slot + (<usize>rank << 3)
    const length = Math.sqrt(dot(tail, tail, rows - rank))
    if (!isFinite(length)) return -1
    if (length <= <f64>rows * epsilon * first) continue
    if (rank == 0) first = length
    for (let row = 0; row < rank; row += 1) put(r, rank * columns + row, at(slot, row) * at(signs, row))
    put(r, rank * columns + rank, length)
    store<i32>(kept + (<usize>rank << 2), column)
    const head = load<f64>(tail)
    put(signs, rank, head < 0 ? 1 : -1)
    store<f64>(tail, head + (head < 0 ? -length : length))
    scaleColumn(tail, rows - rank, 1 / Math.sqrt(length * (length + Math.abs(head))))
    rank += 1
  }
  memory.fill(q, 0, <usize>(rows * rank) << 3)
  for (let column = 0; column < rank; column += 1) {
    const slot = columnOf(q, column, rows)
    put(slot, column, at(signs, column))
    for (let index = column; index >= 0; index -= 1) {
      const from = columnOf(reflectors, index, rows) + (<usize>index << 3)
      const target = slot + (<usize>index << 3)
      addScaled(target, from, rows - index, -dot(from, target, rows - index))
    }
  }
  return rank
}

/** Column j of the factor is row j of the inverse of R over its squared length. */
function residualFactor(r: usize, factor: usize, columns: i32, rank: i32): void {
  for (let column = 0; column < rank; column += 1) {
    for (let row = column; row >= 0; row -= 1) {
      let sum: f64 = row == column ? 1 : 0
      for (let index = row + 1; index <= column; index += 1) {
        sum -= at(r, index * columns + row) * at(factor, index * columns + column)
      }
      put(factor, row * columns + column, sum / at(r, row * columns + row))
    }
  }
  for (let row = 0; row < rank; row += 1) {
    let square: f64 = 0
    for (let index = row; index < rank; index += 1) square += at(factor, row * columns + index) ** 2
    for (let index = row; index < rank; index += 1) {
      put(factor, row * columns + index, at(factor, row * columns + index) / square)
    }
  }
}
