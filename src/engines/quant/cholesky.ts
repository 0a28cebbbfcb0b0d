import { assert } from '../../core/assert.js'
import { NautilusError } from '../../core/errors.js'
import { at } from './columns.js'

// Cholesky's factorisation with pivots on the diagonal (Higham, "Accuracy and Stability of Numerical Algorithms", §10.3; LAPACK's
// dpstrf). A correlation matrix often has not full rank: one asset copies another, or there were fewer observations than assets.
// Without pivots a small early pivot, right to half its digits, then spoils all that follows.

/** L with L L' = P M P', where row i of P M P' is row `order[i]` of the matrix M. */
type CholeskyFactor = {
  /** Lower triangular, in rows; from column `rank` on all zero. */
  readonly lower: Float64Array
  readonly order: Int32Array
  readonly rank: number
}

/** A remainder of this share of the diagonal is a contradiction in the matrix; what rounding leaves is far below. */
const contradictionMin = 1e-9

/** Factorises a symmetric matrix of `size` x `size`. Throws where it is not positive semidefinite, or not finite. */
export function cholesky(matrix: Float64Array, size: number): CholeskyFactor {
  assert(matrix.length === size * size, 'the matrix has its stated shape')
  const lower = new Float64Array(size * size)
  const order = Int32Array.from({ length: size }, (_, index) => index)
  const rest = Float64Array.from({ length: size }, (_, index) => at(matrix, index * size + index))
  const largest = rest.reduce((most, value) => Math.max(most, value), 0)
  if (!Number.isFinite(largest)) throw notSemidefinite(rest.findIndex((value) => !Number.isFinite(value)))
  const tolerance = size * Number.EPSILON * largest
  let rank = 0
  for (; rank < size; rank += 1) {
    const pivot = largestFrom(rest, rank)
    // Asked so that NaN does not pass, here and below.
    if (!(at(rest, pivot) > tolerance)) break
    swap({ lower, order, rest }, size, rank, pivot)
    const root = Math.sqrt(at(rest, rank))
    lower[rank * size + rank] = root
    for (let row = rank + 1; row < size; row += 1) {
      const element = remainder({ matrix, lower, order }, size, row, rank) / root
      lower[row * size + rank] = element
      rest[row] = at(rest, row) - element * element
    }
  }
  for (let row = rank; row < size; row += 1) {
    for (let column = rank; column <= row; column += 1) {
      const left = remainder({ matrix, lower, order }, size, row, column)
      if (!(Math.abs(left) <= contradictionMin * largest)) throw notSemidefinite(order[row] ?? row)
    }
  }
  return { lower, order, rank }
}

/** NaN, wherever there is one, is taken for the largest, and so is met at once. */
function largestFrom(values: Float64Array, from: number): number {
  let largest = from
  for (let index = from + 1; index < values.length; index += 1) {
    if (!(at(values, index) <= at(values, largest))) largest = index
  }
  return largest
}

type Parts = { readonly lower: Float64Array; readonly order: Int32Array }

function swap(
  { lower, order, rest }: Parts & { readonly rest: Float64Array },
  size: number,
  a: number,
  b: number,
): void {
  for (let column = 0; column < a; column += 1) {
    const element = at(lower, a * size + column)
    lower[a * size + column] = at(lower, b * size + column)
    lower[b * size + column] = element
  }
  ;[order[a], order[b]] = [order[b] ?? 0, order[a] ?? 0]
  ;[rest[a], rest[b]] = [at(rest, b), at(rest, a)]
}

/** What is left of an element after the columns of L so far. */
function remainder(
  { matrix, lower, order }: Parts & { readonly matrix: Float64Array },
  size: number,
  row: number,
  column: number,
): number {
  let rest = at(matrix, (order[row] ?? 0) * size + (order[column] ?? 0))
  for (let index = 0; index < column; index += 1) {
    rest -= at(lower, row * size + index) * at(lower, column * size + index)
  }
  return rest
}

const notSemidefinite = (row: number): NautilusError =>
  new NautilusError('SOURCE_INVALID', `correlation: with row ${row} the matrix is not positive semidefinite`, {
    hint: 'Take all correlations from the same observations; rounded or patched ones may contradict each other.',
  })
