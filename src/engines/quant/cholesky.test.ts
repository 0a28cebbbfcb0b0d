import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Random } from '../../core/random.js'
import { cholesky } from './cholesky.js'

test('the factor of a matrix that is known by hand', () => {
  // After the first pivot the third row has more left than the second: 11 - 1 against 18 - 9.
  const { lower, order, rank } = cholesky(Float64Array.of(25, 15, -5, 15, 18, 0, -5, 0, 11), 3)
  expect([...order]).toEqual([0, 2, 1])
  expect(rank).toBe(3)
  const expected = [5, 0, 0, -1, Math.sqrt(10), 0, 3, 3 / Math.sqrt(10), Math.sqrt(8.1)]
  for (const [index, element] of expected.entries()) expect(lower[index]).toBeCloseTo(element, 14)
})

test('a lower triangle times its transpose is the matrix in its order, also where it has not full rank', () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 25 }),
      (seed, size, dimensions) => {
        const matrix = gramMatrix({ seed, size, dimensions })
        const { lower, order, rank } = cholesky(matrix, size)
        expect(rank).toBeLessThanOrEqual(Math.min(size, dimensions))
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, index) => index))
        for (let row = 0; row < size; row += 1) {
          for (let column = 0; column < size; column += 1) {
            if (column > row || column >= rank) expect(lower[row * size + column]).toBe(0)
            let product = 0
            for (let index = 0; index < size; index += 1) {
              product += (lower[row * size + index] ?? 0) * (lower[column * size + index] ?? 0)
            }
            expect(product).toBeCloseTo(matrix[(order[row] ?? 0) * size + (order[column] ?? 0)] ?? Number.NaN, 10)
          }
        }
      },
    ),
    { numRuns: 300 },
  )
})

test.each([
  { name: 'correlations that contradict each other', matrix: [1, 0.9, -0.9, 0.9, 1, 0.9, -0.9, 0.9, 1], size: 3 },
  { name: 'a correlation above one', matrix: [1, 1.01, 1.01, 1], size: 2 },
  { name: 'a zero on the diagonal beside something', matrix: [0, 0.5, 0.5, 1], size: 2 },
  { name: 'what is no number', matrix: [1, Number.NaN, Number.NaN, 1], size: 2 },
  { name: 'no number on the diagonal', matrix: [Number.NaN], size: 1 },
  { name: 'an infinite variance', matrix: [1, 0, 0, Number.POSITIVE_INFINITY], size: 2 },
  { name: 'an infinite covariance', matrix: [1, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 1], size: 2 },
])('$name: an error', ({ matrix, size }) => {
  expect(() => cholesky(Float64Array.from(matrix), size)).toThrow('is not positive semidefinite')
})

/** Inner products of `size` random vectors of some dimensions, each of length one. */
function gramMatrix({ seed, size, dimensions }: { seed: number; size: number; dimensions: number }): Float64Array {
  const random = new Random(seed)
  const vectors = Array.from({ length: size }, () => {
    const vector = Array.from({ length: dimensions }, () => random.normal())
    const length = Math.hypot(...vector)
    return vector.map((value) => value / length)
  })
  return Float64Array.from({ length: size * size }, (_, index) =>
    (vectors[Math.floor(index / size)] ?? []).reduce(
      (sum, value, at) => sum + value * (vectors[index % size]?.[at] ?? Number.NaN),
      0,
    ),
  )
}
