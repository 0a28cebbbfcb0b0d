import fc from 'fast-check'
import { expect, test } from 'vitest'
import { present } from '../../core/assert.js'
import { Random } from '../../core/random.js'
import { at, centreColumns, dot } from './columns.js'
import { type Backend, backends } from './kernel-backends.js'
import { createOrthogonaliser, type Orthogonaliser } from './kernels.js'
import { createWorkspace, factorise, type OrthogonalMethod, orthogonalMethods, type Shape } from './orthogonalise.js'

const desk: Shape = { rows: 60, columns: 6 }

test('Householder keeps the columns of the Läuchli matrix orthogonal where Gram-Schmidt does not', () => {
  const shape = { rows: 4, columns: 3 }
  const x = new Float64Array(12)
  for (let column = 0; column < 3; column += 1) {
    x[column * 4] = 1
    x[column * 4 + column + 1] = 1e-8
  }
  const workspace = createWorkspace(4, 3)
  expect(factorise(workspace, x, shape)).toBe(3)
  expect(orthogonalityError(workspace.q, shape)).toBeLessThan(1e-15)
  expect(orthogonalityError(gramSchmidt(x, shape, 'classical'), shape)).toBeCloseTo(0.5, 6)
  const modified = orthogonalityError(gramSchmidt(x, shape, 'modified'), shape)
  expect(modified).toBeGreaterThan(1e-9)
  expect(modified).toBeLessThan(1e-7)
})

test('Q times R is the matrix, and the diagonal of R is positive', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 7, max: 60 }), (seed, columns, rows) => {
      const shape = { rows, columns }
      const workspace = createWorkspace(rows, columns)
      const x = correlatedSignals(seed, shape)
      expect(factorise(workspace, x, shape)).toBe(columns)
      for (let column = 0; column < columns; column += 1) {
        expect(at(workspace.r, column * columns + column)).toBeGreaterThan(0)
        for (let row = 0; row < rows; row += 1) {
          let sum = 0
          for (let k = 0; k <= column; k += 1)
            sum += at(workspace.q, k * rows + row) * at(workspace.r, column * columns + k)
          expect(sum).toBeCloseTo(at(x, column * rows + row), 10)
        }
      }
    }),
    { numRuns: 50 },
  )
})

test.each<{ method: OrthogonalMethod }>([{ method: 'qr' }, { method: 'symmetric' }])(
  '$method gives orthonormal centred columns',
  ({ method }) => {
    const out = run(method, correlatedSignals(7, desk), desk)
    expect(orthogonalityError(out, desk)).toBeLessThan(1e-13)
    const centred = out.slice()
    centreColumns(centred, desk.rows, desk.columns)
    expect(distance(centred, out)).toBeLessThan(1e-14)
  },
)

test('the symmetric form does not depend on the order of the columns, the triangular form does', () => {
  const order = [3, 0, 5, 1, 4, 2]
  const x = correlatedSignals(11, desk)
  const turned = permuted(x, desk, order)
  const difference = (method: OrthogonalMethod): number =>
    distance(permuted(run(method, x, desk), desk, order), run(method, turned, desk))
  expect(difference('symmetric')).toBeLessThan(1e-12)
  expect(difference('residual')).toBeLessThan(1e-12)
  expect(difference('qr')).toBeGreaterThan(0.01)
})

test('the symmetric form is nearest to the signals among orthonormal ones', () => {
  const x = correlatedSignals(13, desk)
  const centred = x.slice()
  centreColumns(centred, desk.rows, desk.columns)
  const squaredDistance = (out: Float64Array): number => centred.reduce((sum, v, i) => sum + (v - at(out, i)) ** 2, 0)
  expect(squaredDistance(run('symmetric', x, desk))).toBeLessThan(squaredDistance(run('qr', x, desk)))
})

test('leave-one-out equals the residuals of each column regressed on all others', () => {
  const x = correlatedSignals(17, desk)
  const centred = x.slice()
  centreColumns(centred, desk.rows, desk.columns)
  expect(distance(run('residual', x, desk), residualsByRegression(centred, desk))).toBeLessThan(1e-12)
})

test('leave-one-out residuals are not orthogonal to each other', () => {
  const out = run('residual', correlatedSignals(17, desk), desk)
  expect(orthogonalityError(out, desk)).toBeGreaterThan(0.05)
})

test('of independent signals of 60 assets x 6 the old loop, a regression for each column, leaves correlations up to 0.44', () => {
  const random = new Random(786)
  const x = Float64Array.from({ length: desk.rows * desk.columns }, () => random.normal())
  centreColumns(x, desk.rows, desk.columns)
  const correlation = (out: Float64Array): number => orthogonalityError(unitColumns(out, desk), desk)
  expect(correlation(residualsByRegression(x, desk))).toBeCloseTo(0.44, 3)
  expect(correlation(run('residual', x, desk))).toBeCloseTo(0.44, 3)
  expect(correlation(run('qr', x, desk))).toBeLessThan(1e-13)
  expect(correlation(run('symmetric', x, desk))).toBeLessThan(1e-13)
})

test.each(backends.flatMap((backend) => orthogonalMethods.map((method) => ({ backend, method }))))(
  '$method on $backend drops a constant column and one that others explain',
  ({ backend, method }) => {
    const x = correlatedSignals(19, desk)
    x.fill(0.1, 0, desk.rows)
    for (let row = 0; row < desk.rows; row += 1) {
      x[4 * desk.rows + row] = 2 * at(x, desk.rows + row) - at(x, 2 * desk.rows + row)
    }
    const out = new Float64Array(x.length)
    expect(kernelOf(backend).orthogonalise(method, x, out, desk)).toBe(4)
    for (const dropped of [0, 4]) {
      expect(dot(out, dropped * desk.rows, out, dropped * desk.rows, desk.rows)).toBe(0)
    }
    for (const kept of [1, 2, 3, 5]) {
      expect(dot(out, kept * desk.rows, out, kept * desk.rows, desk.rows)).toBeGreaterThan(0)
    }
  },
)

test.each(backends)('fewer assets than signals are refused, and so is what is no number, on %s', (backend) => {
  const kernel = kernelOf(backend)
  const shape = { rows: 6, columns: 6 }
  expect(() => kernel.orthogonalise('qr', new Float64Array(36), new Float64Array(36), shape)).toThrow('more assets')
  const x = correlatedSignals(23, desk)
  x[100] = Number.NaN
  expect(() => kernel.orthogonalise('qr', x, x, desk)).toThrow('finite')
})

test('every backend gives the same for any shape, in its own buffer or in another', () => {
  const anyShape = fc
    .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 60 }))
    .map(([columns, more]) => ({ rows: columns + more, columns }))
  fc.assert(
    fc.property(fc.nat(), anyShape, fc.constantFrom(...orthogonalMethods), (seed, shape, method) => {
      const x = correlatedSignals(seed, shape)
      const expected = run(method, x, shape)
      for (const kernel of kernels) {
        kernel.signals.set(x)
        kernel.orthogonalise(method, kernel.signals, kernel.signals, shape)
        // Fewer degrees of freedom than signals leave little of each, and lose as many digits.
        expect(distance(expected, kernel.signals.subarray(0, x.length))).toBeLessThan(1e-9)
      }
    }),
    { numRuns: 300 },
  )
})

const kernels = backends.map((backend) => createOrthogonaliser({ rows: 70, columns: 9 }, backend))
const kernelOf = (backend: Backend): Orthogonaliser => present(kernels[backends.indexOf(backend)], 'each has one')

/** On every backend; they differ in the last digits. */
function run(method: OrthogonalMethod, x: Float64Array, shape: Shape): Float64Array {
  const [first, ...others] = kernels.map((kernel) => {
    const out = new Float64Array(x.length)
    expect(kernel.orthogonalise(method, x.slice(), out, shape)).toBe(shape.columns)
    return out
  })
  const expected = present(first, 'there is a backend')
  for (const found of others) expect(distance(expected, found)).toBeLessThan(1e-9)
  return expected
}

/** Signals that share a common factor, as trading signals do. */
function correlatedSignals(seed: number, { rows, columns }: Shape): Float64Array {
  const random = new Random(seed)
  const x = new Float64Array(rows * columns)
  for (let row = 0; row < rows; row += 1) {
    const common = random.normal()
    for (let column = 0; column < columns; column += 1) {
      x[column * rows + row] = 0.5 + column + common + random.normal() * (1 + column / 2)
    }
  }
  return x
}

function orthogonalityError(q: Float64Array, { rows, columns }: Shape): number {
  let largest = 0
  for (let left = 0; left < columns; left += 1) {
    for (let right = 0; right < columns; right += 1) {
      const error = Math.abs(dot(q, left * rows, q, right * rows, rows) - (left === right ? 1 : 0))
      largest = Math.max(largest, error)
    }
  }
  return largest
}

function unitColumns(x: Float64Array, { rows, columns }: Shape): Float64Array {
  const out = x.slice()
  for (let column = 0; column < columns; column += 1) {
    const length = Math.sqrt(dot(x, column * rows, x, column * rows, rows))
    for (let row = 0; row < rows; row += 1) out[column * rows + row] = at(x, column * rows + row) / length
  }
  return out
}

function gramSchmidt(x: Float64Array, { rows, columns }: Shape, kind: 'classical' | 'modified'): Float64Array {
  const q = x.slice()
  for (let column = 0; column < columns; column += 1) {
    const source = kind === 'classical' ? x : q
    for (let earlier = 0; earlier < column; earlier += 1) {
      const fit = dot(q, earlier * rows, source, column * rows, rows)
      for (let row = 0; row < rows; row += 1) {
        q[column * rows + row] = at(q, column * rows + row) - fit * at(q, earlier * rows + row)
      }
    }
    const length = Math.sqrt(dot(q, column * rows, q, column * rows, rows))
    for (let row = 0; row < rows; row += 1) q[column * rows + row] = at(q, column * rows + row) / length
  }
  return q
}

/** The plain way: for each column the normal equations of its regression on the others, by Gaussian elimination. */
function residualsByRegression(x: Float64Array, { rows, columns }: Shape): Float64Array {
  const out = x.slice()
  for (let column = 0; column < columns; column += 1) {
    const others = Array.from({ length: columns }, (_, index) => index).filter((index) => index !== column)
    const gram = others.map((a) => others.map((b) => dot(x, a * rows, x, b * rows, rows)))
    const right = others.map((a) => dot(x, a * rows, x, column * rows, rows))
    const fit = solve(gram, right)
    others.forEach((other, index) => {
      for (let row = 0; row < rows; row += 1) {
        out[column * rows + row] = at(out, column * rows + row) - (fit[index] ?? 0) * at(x, other * rows + row)
      }
    })
  }
  return out
}

function solve(matrix: number[][], right: number[]): number[] {
  const a = matrix.map((row, index) => [...row, right[index] ?? 0])
  const n = a.length
  const value = (row: number, column: number): number => a[row]?.[column] ?? 0
  for (let pivot = 0; pivot < n; pivot += 1) {
    for (let row = 0; row < n; row += 1) {
      if (row === pivot) continue
      const factor = value(row, pivot) / value(pivot, pivot)
      a[row] = (a[row] ?? []).map((entry, column) => entry - factor * value(pivot, column))
    }
  }
  return a.map((row, index) => (row[n] ?? 0) / value(index, index))
}

function permuted(x: Float64Array, { rows }: Shape, order: readonly number[]): Float64Array {
  const out = new Float64Array(x.length)
  order.forEach((from, to) => {
    out.set(x.subarray(from * rows, (from + 1) * rows), to * rows)
  })
  return out
}

function distance(a: Float64Array, b: Float64Array): number {
  return a.reduce((largest, value, index) => Math.max(largest, Math.abs(value - at(b, index))), 0)
}
