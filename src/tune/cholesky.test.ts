import fc from 'fast-check'
import { expect, test } from 'vitest'
import { factorise, inverseOf, solveLower, solveUpper } from './cholesky.js'

const entry = fc.double({ min: -2, max: 2, noNaN: true })
const squares = fc
  .integer({ min: 1, max: 7 })
  .chain((size) =>
    fc.record({ size: fc.constant(size), root: fc.array(entry, { minLength: size ** 2, maxLength: size ** 2 }) }),
  )

/** A Aᵀ + I, which always has a factor. */
function definite(root: readonly number[], size: number): Float64Array {
  const at = (row: number, column: number) => root[row * size + column] ?? 0
  return Float64Array.from({ length: size * size }, (_, index) => {
    const [row, column] = [Math.floor(index / size), index % size]
    return Array.from({ length: size }, (_, k) => at(row, k) * at(column, k)).reduce(
      (sum, one) => sum + one,
      row === column ? 1 : 0,
    )
  })
}

test('the solution by both triangles solves the system, and the inverse is one', () => {
  fc.assert(
    fc.property(squares, ({ size, root }) => {
      const matrix = definite(root, size)
      const factor = matrix.slice()
      expect(factorise(factor, size)).toBe(true)
      const b = Float64Array.from({ length: size }, (_, index) => index - 1)
      const x = b.slice()
      solveLower(factor, size, x)
      solveUpper(factor, size, x)
      const inverse = inverseOf(factor, size)
      for (let row = 0; row < size; row += 1) {
        const times = (other: (k: number) => number) =>
          Array.from({ length: size }, (_, k) => (matrix[row * size + k] ?? 0) * other(k)).reduce((a, c) => a + c, 0)
        expect(times((k) => x[k] ?? 0)).toBeCloseTo(b[row] ?? 0, 8)
        for (let column = 0; column < size; column += 1) {
          const product = times((k) => inverse[Math.max(k, column) * size + Math.min(k, column)] ?? 0)
          expect(product).toBeCloseTo(row === column ? 1 : 0, 8)
        }
      }
    }),
  )
})

test('a matrix that is not positive definite has no factor', () => {
  expect(factorise(Float64Array.of(1, 0, 2, 1), 2)).toBe(false)
  expect(factorise(Float64Array.of(0), 1)).toBe(false)
})
