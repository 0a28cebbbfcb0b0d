import { assert, assertNever } from '../../core/assert.js'
import { addScaled, at, centreColumns, dot, scaleColumn } from './columns.js'
import { polarFactor } from './polar.js'

// Orthogonalisation of the K signals of one date over N assets. All three methods start from one Householder factorisation
// X = QR with positive diagonal: Gram-Schmidt loses orthogonality with the condition of X (Läuchli's matrix in the test
// shows it), and normal equations square that condition.
//
//   qr         Q                          orthonormal; depends on the order of the columns
//   symmetric  Q polar(R) = X G^-1/2      orthonormal; free of order and nearest to X (Löwdin)
//   residual   Q R^-T = X G^-1, scaled    each column less its least-squares fit on all others; not mutually orthogonal
//
// Matrices are column-major. Columns that depend on earlier ones (|R_jj| <= N eps |R_11|) and constant ones are dropped:
// their column of the result is zero. Which of two dependent columns is dropped does depend on their order.

export const orthogonalMethods = ['qr', 'symmetric', 'residual'] as const
export type OrthogonalMethod = (typeof orthogonalMethods)[number]

/** Buffers for matrices of at most `rowsMax` x `columnsMax`; made once, used by every call. */
export type Workspace = {
  readonly rowsMax: number
  readonly columnsMax: number
  /** Householder vectors, column-major, each from its pivot row on; scaled so that H = I - v v'. */
  readonly reflectors: Float64Array
  /** What each row of R and column of Q is multiplied by, so that the diagonal of R is positive. */
  readonly signs: Float64Array
  readonly q: Float64Array
  /** R of the kept columns, upper triangular, column-major with `columnsMax` rows. */
  readonly r: Float64Array
  readonly inverse: Float64Array
  readonly turned: Float64Array
  readonly turns: Float64Array
  readonly polar: Float64Array
  /** For each kept column its place in the input; the first `rank` entries count. */
  readonly kept: Int32Array
}

export function createWorkspace(rowsMax: number, columnsMax: number): Workspace {
  assert(columnsMax >= 1 && rowsMax > columnsMax, 'a cross-section has more assets than signals')
  const square = (): Float64Array => new Float64Array(columnsMax * columnsMax)
  return {
    rowsMax,
    columnsMax,
    reflectors: new Float64Array(rowsMax * columnsMax),
    signs: new Float64Array(columnsMax),
    q: new Float64Array(rowsMax * columnsMax),
    r: square(),
    inverse: square(),
    turned: square(),
    turns: square(),
    polar: square(),
    kept: new Int32Array(columnsMax),
  }
}

export type Shape = { readonly rows: number; readonly columns: number }

/**
 * Centres the columns of `x` in place and writes their orthogonalisation to `out` (which may be `x`). Returns the rank.
 * Hot path: no allocation; guarded by `npm run bench:orthogonalise`.
 */
export function orthogonalise(
  workspace: Workspace,
  method: OrthogonalMethod,
  x: Float64Array,
  out: Float64Array,
  shape: Shape,
): number {
  assert(shape.rows > shape.columns, 'a cross-section has more assets than signals')
  centreColumns(x, shape.rows, shape.columns)
  const rank = factorise(workspace, x, shape)
  switch (method) {
    case 'qr':
      scatter(workspace, out, shape, rank)
      return rank
    case 'symmetric':
      symmetric(workspace, out, shape, rank)
      return rank
    case 'residual':
      residual(workspace, out, shape, rank)
      return rank
    default:
      return assertNever(method)
  }
}

/** Householder QR of `x` as it is (not centred) into `workspace.q` and `workspace.r`, diagonal of R positive. Returns the rank. */
export function factorise(workspace: Workspace, x: Float64Array, shape: Shape): number {
  const { rows, columns } = shape
  assert(rows <= workspace.rowsMax && columns <= workspace.columnsMax, 'the workspace is large enough')
  assert(x.length >= rows * columns, 'the matrix has its stated shape')
  const { reflectors, signs, r, kept, columnsMax } = workspace
  let rank = 0
  let first = 0
  for (let column = 0; column < columns; column += 1) {
    // The next reflector's slot holds the column while the earlier reflections are applied to it.
    const slot = rank * rows
    for (let row = 0; row < rows; row += 1) reflectors[slot + row] = at(x, column * rows + row)
    for (let index = 0; index < rank; index += 1) {
      const from = index * rows + index
      const fit = dot(reflectors, from, reflectors, slot + index, rows - index)
      addScaled(reflectors, slot + index, reflectors, from, rows - index, -fit)
    }
    const length = Math.sqrt(dot(reflectors, slot + rank, reflectors, slot + rank, rows - rank))
    assert(Number.isFinite(length), 'every signal is a finite number')
    if (length <= rows * Number.EPSILON * first) continue
    if (rank === 0) first = length
    for (let row = 0; row < rank; row += 1) r[rank * columnsMax + row] = at(reflectors, slot + row) * at(signs, row)
    r[rank * columnsMax + rank] = length
    kept[rank] = column
    const head = at(reflectors, slot + rank)
    signs[rank] = head < 0 ? 1 : -1
    // v = (tail + sign(head) |tail| e1) / sqrt(|tail| (|tail| + |head|)): the sum, never the difference, loses no digits.
    reflectors[slot + rank] = head + (head < 0 ? -length : length)
    scaleColumn(reflectors, slot + rank, rows - rank, 1 / Math.sqrt(length * (length + Math.abs(head))))
    rank += 1
  }
  formQ(workspace, rows, rank)
  return rank
}

/** Applies the reflections, last first, to the first columns of the identity. */
function formQ(workspace: Workspace, rows: number, rank: number): void {
  const { reflectors, signs, q } = workspace
  q.fill(0, 0, rows * rank)
  for (let column = 0; column < rank; column += 1) {
    const slot = column * rows
    q[slot + column] = at(signs, column)
    for (let index = column; index >= 0; index -= 1) {
      const from = index * rows + index
      const fit = dot(reflectors, from, q, slot + index, rows - index)
      addScaled(q, slot + index, reflectors, from, rows - index, -fit)
    }
  }
}

function scatter(workspace: Workspace, out: Float64Array, shape: Shape, rank: number): void {
  const { q, kept } = workspace
  out.fill(0, 0, shape.rows * shape.columns)
  for (let index = 0; index < rank; index += 1) {
    addScaled(out, (kept[index] ?? 0) * shape.rows, q, index * shape.rows, shape.rows, 1)
  }
}

function symmetric(workspace: Workspace, out: Float64Array, shape: Shape, rank: number): void {
  const { q, polar, kept, columnsMax } = workspace
  polarFactor(workspace, rank)
  out.fill(0, 0, shape.rows * shape.columns)
  for (let column = 0; column < rank; column += 1) {
    const target = (kept[column] ?? 0) * shape.rows
    for (let index = 0; index < rank; index += 1) {
      addScaled(out, target, q, index * shape.rows, shape.rows, at(polar, column * columnsMax + index))
    }
  }
}

/** The residual of column j on all others is Q (row j of R^-1)' / |row j of R^-1|^2, because X G^-1 = Q R^-T. */
function residual(workspace: Workspace, out: Float64Array, shape: Shape, rank: number): void {
  const { q, inverse, kept, columnsMax } = workspace
  invertR(workspace, rank)
  out.fill(0, 0, shape.rows * shape.columns)
  for (let column = 0; column < rank; column += 1) {
    let square = 0
    for (let index = column; index < rank; index += 1) square += at(inverse, index * columnsMax + column) ** 2
    const target = (kept[column] ?? 0) * shape.rows
    for (let index = column; index < rank; index += 1) {
      const factor = at(inverse, index * columnsMax + column) / square
      addScaled(out, target, q, index * shape.rows, shape.rows, factor)
    }
  }
}

/** Back substitution, column by column of the upper triangular inverse. */
function invertR(workspace: Workspace, rank: number): void {
  const { r, inverse, columnsMax } = workspace
  for (let column = 0; column < rank; column += 1) {
    for (let row = column; row >= 0; row -= 1) {
      let sum = row === column ? 1 : 0
      for (let index = row + 1; index <= column; index += 1) {
        sum -= at(r, index * columnsMax + row) * at(inverse, column * columnsMax + index)
      }
      inverse[column * columnsMax + row] = sum / at(r, row * columnsMax + row)
    }
  }
}
