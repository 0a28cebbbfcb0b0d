import { at, dot, scaleColumn } from './columns.js'

/** The buffers of a `Workspace` that this file uses, all `columnsMax` x `columnsMax`, column-major. */
type PolarBuffers = {
  readonly columnsMax: number
  readonly r: Float64Array
  readonly turned: Float64Array
  readonly turns: Float64Array
  readonly polar: Float64Array
}

// Six signals need five to eight sweeps; convergence is quadratic at the end.
const sweepsMax = 40

/**
 * The orthogonal polar factor U V' of the leading `rank` x `rank` block R = U S V', by one-sided Jacobi rotations: they
 * find also small singular values to full relative accuracy, which an eigenvalue decomposition of R'R does not.
 */
export function polarFactor(buffers: PolarBuffers, rank: number): void {
  const { columnsMax, r, turned, turns, polar } = buffers
  for (let column = 0; column < rank; column += 1) {
    for (let row = 0; row < rank; row += 1) {
      turned[column * columnsMax + row] = row <= column ? at(r, column * columnsMax + row) : 0
      turns[column * columnsMax + row] = row === column ? 1 : 0
    }
  }
  for (let sweep = 0; sweep < sweepsMax && !sweepOnce(buffers, rank); sweep += 1);
  for (let column = 0; column < rank; column += 1) {
    const from = column * columnsMax
    scaleColumn(turned, from, rank, 1 / Math.sqrt(dot(turned, from, turned, from, rank)))
  }
  for (let column = 0; column < rank; column += 1) {
    for (let row = 0; row < rank; row += 1) {
      let sum = 0
      for (let index = 0; index < rank; index += 1) {
        sum += at(turned, index * columnsMax + row) * at(turns, index * columnsMax + column)
      }
      polar[column * columnsMax + row] = sum
    }
  }
}

/** Rotates each pair of columns once; true when none of them needed it. */
function sweepOnce(buffers: PolarBuffers, rank: number): boolean {
  const { columnsMax, turned, turns } = buffers
  let settled = true
  for (let left = 0; left < rank - 1; left += 1) {
    for (let right = left + 1; right < rank; right += 1) {
      const a = dot(turned, left * columnsMax, turned, left * columnsMax, rank)
      const b = dot(turned, right * columnsMax, turned, right * columnsMax, rank)
      const c = dot(turned, left * columnsMax, turned, right * columnsMax, rank)
      if (Math.abs(c) <= Number.EPSILON * Math.sqrt(a * b)) continue
      settled = false
      const cotangent = (b - a) / (2 * c)
      const tangent = (cotangent < 0 ? -1 : 1) / (Math.abs(cotangent) + Math.sqrt(1 + cotangent * cotangent))
      const cosine = 1 / Math.sqrt(1 + tangent * tangent)
      rotate(turned, left * columnsMax, right * columnsMax, rank, cosine, cosine * tangent)
      rotate(turns, left * columnsMax, right * columnsMax, rank, cosine, cosine * tangent)
    }
  }
  return settled
}

function rotate(values: Float64Array, left: number, right: number, length: number, cosine: number, sine: number): void {
  for (let index = 0; index < length; index += 1) {
    const a = at(values, left + index)
    const b = at(values, right + index)
    values[left + index] = cosine * a - sine * b
    values[right + index] = sine * a + cosine * b
  }
}
