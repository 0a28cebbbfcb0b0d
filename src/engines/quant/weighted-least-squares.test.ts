import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Random } from '../../core/random.js'
import { at } from './columns.js'
import { WeightedLeastSquares } from './weighted-least-squares.js'

const ones = (count: number): Float64Array => new Float64Array(count).fill(1)

test('a line through points has the coefficients and errors of the textbook formulas', () => {
  // x 1 to 5, y 2 4 5 4 5: Sxx 10, Sxy 6, Syy 6; slope 0.6, intercept 2.2, residual sum 2.4.
  const x = Float64Array.from([1, 1, 1, 1, 1, 1, 2, 3, 4, 5])
  const fit = new WeightedLeastSquares(5, 2)
  expect(fit.solve(x, Float64Array.from([2, 4, 5, 4, 5]), ones(5), { rows: 5, columns: 2 })).toBe(2)
  expect([...fit.coefficients]).toEqual([expect.closeTo(2.2, 12), expect.closeTo(0.6, 12)])
  expect(fit.rSquared).toBeCloseTo(0.6, 12)
  expect([...fit.residuals]).toEqual([-0.8, 0.6, 1, -0.6, -0.2].map((value) => expect.closeTo(value, 12)))
  // s^2 = 2.4 / 3 = 0.8; slope sqrt(0.8 / 10), intercept sqrt(0.8 (1 / 5 + 9 / 10)).
  expect([...fit.standardErrors]).toEqual([expect.closeTo(Math.sqrt(0.88), 12), expect.closeTo(Math.sqrt(0.08), 12)])
})

test('a weighted mean is the regression on a constant', () => {
  const fit = new WeightedLeastSquares(3, 1)
  fit.solve(ones(3), Float64Array.from([1, 2, 6]), Float64Array.from([1, 1, 2]), { rows: 3, columns: 1 })
  expect(fit.coefficients[0]).toBeCloseTo(15 / 4, 12)
})

const problems = fc.record({
  seed: fc.nat(),
  columns: fc.integer({ min: 1, max: 5 }),
  rows: fc.integer({ min: 7, max: 40 }),
})

test('coefficients are those of the normal equations by elimination', () => {
  fc.assert(
    fc.property(problems, ({ seed, columns, rows }) => {
      const { x, y, weights } = draw(seed, rows, columns)
      const fit = new WeightedLeastSquares(40, 5)
      expect(fit.solve(x, y, weights, { rows, columns })).toBe(columns)
      normalEquations(x, y, weights, rows).forEach((coefficient, column) => {
        expect(fit.coefficients[column]).toBeCloseTo(coefficient, 7)
      })
    }),
  )
})

test('weighted residuals have nothing left of any column, and a row of weight 3 is that row three times', () => {
  fc.assert(
    fc.property(problems, ({ seed, columns, rows }) => {
      const { x, y, weights } = draw(seed, rows, columns)
      const fit = new WeightedLeastSquares(40, 5)
      fit.solve(x, y, weights, { rows, columns })
      for (let column = 0; column < columns; column += 1) {
        let left = 0
        for (let row = 0; row < rows; row += 1) {
          left += at(weights, row) * at(x, column * rows + row) * at(fit.residuals, row)
        }
        expect(Math.abs(left)).toBeLessThan(1e-9)
      }
      const thrice = ones(rows)
      thrice[2] = 3
      fit.solve(x, y, thrice, { rows, columns })
      const again = new WeightedLeastSquares(42, 5)
      const places = [...Array.from({ length: rows }, (_, row) => row), 2, 2]
      const longX = Float64Array.from({ length: columns * places.length }, (_, index) => {
        return at(x, Math.floor(index / places.length) * rows + (places[index % places.length] ?? 0))
      })
      const longY = Float64Array.from(places, (row) => at(y, row))
      again.solve(longX, longY, ones(places.length), { rows: places.length, columns })
      for (let column = 0; column < columns; column += 1) {
        expect(fit.coefficients[column]).toBeCloseTo(at(again.coefficients, column), 9)
      }
      expect(fit.rSquared).toBeCloseTo(again.rSquared, 9)
    }),
  )
})

test('a column that others explain is dropped, and the fit is that without it', () => {
  const rows = 12
  const { x, y, weights } = draw(5, rows, 3)
  const doubled = new Float64Array(rows * 4)
  for (let row = 0; row < rows; row += 1) {
    const [first, second, third] = [at(x, row), at(x, rows + row), at(x, 2 * rows + row)]
    doubled.set([first], row)
    doubled.set([second], rows + row)
    doubled.set([2 * second - first], 2 * rows + row)
    doubled.set([third], 3 * rows + row)
  }
  const fit = new WeightedLeastSquares(rows, 4)
  expect(fit.solve(doubled, y, weights, { rows, columns: 4 })).toBe(3)
  const plain = new WeightedLeastSquares(rows, 4)
  plain.solve(x, y, weights, { rows, columns: 3 })
  const expected = [plain.coefficients[0], plain.coefficients[1], 0, plain.coefficients[2]]
  expected.forEach((value, column) => {
    expect(fit.coefficients[column]).toBeCloseTo(value ?? Number.NaN, 10)
  })
  expect([...fit.kept]).toEqual([1, 1, 0, 1])
  expect(fit.standardErrors[2]).toBe(0)
  expect(fit.standardErrors[3]).toBeCloseTo(at(plain.standardErrors, 2), 10)
})

test('a weight of nothing and too few rows are refused', () => {
  const fit = new WeightedLeastSquares(5, 2)
  const x = Float64Array.from([1, 1, 1, 1, 2, 3])
  expect(() => fit.solve(x, ones(3), new Float64Array(3), { rows: 3, columns: 2 })).toThrow('above 0')
  expect(() => fit.solve(x, ones(2), ones(2), { rows: 2, columns: 2 })).toThrow('more rows')
})

function draw(seed: number, rows: number, columns: number) {
  const random = new Random(seed)
  const normals = (count: number): Float64Array => Float64Array.from({ length: count }, () => random.normal())
  const x = normals(rows * columns)
  x.fill(1, 0, rows)
  return { x, y: normals(rows), weights: normals(rows).map((value) => 0.1 + value * value) }
}

/** X'WX b = X'Wy by Gauss and Jordan with pivots. */
function normalEquations(x: Float64Array, y: Float64Array, weights: Float64Array, rows: number): number[] {
  const columns = x.length / rows
  const sum = (term: (row: number) => number): number =>
    Array.from({ length: rows }, (_, row) => at(weights, row) * term(row)).reduce((total, value) => total + value, 0)
  const matrix = Array.from({ length: columns }, (_, a) => [
    ...Array.from({ length: columns }, (_, b) => sum((row) => at(x, a * rows + row) * at(x, b * rows + row))),
    sum((row) => at(x, a * rows + row) * at(y, row)),
  ])
  for (let pivot = 0; pivot < columns; pivot += 1) {
    const from = matrix.slice(pivot).sort((a, b) => Math.abs(b[pivot] ?? 0) - Math.abs(a[pivot] ?? 0))
    matrix.splice(pivot, from.length, ...from)
    matrix.forEach((line, index) => {
      if (index === pivot) return
      const factor = (line[pivot] ?? 0) / (matrix[pivot]?.[pivot] ?? 1)
      matrix[index] = line.map((value, column) => value - factor * (matrix[pivot]?.[column] ?? 0))
    })
  }
  return matrix.map((line, index) => (line[columns] ?? 0) / (line[index] ?? 1))
}
