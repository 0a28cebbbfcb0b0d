import fc from 'fast-check'
import { expect, test } from 'vitest'
import { present } from '../../core/assert.js'
import { Random } from '../../core/random.js'
import { cholesky } from './cholesky.js'
import type { SeriesShape } from './correlation.js'
import { type Backend, backends } from './kernel-backends.js'
import { type Correlation, createCorrelation } from './kernels.js'

const someShape = fc.record({ series: fc.integer({ min: 1, max: 23 }), observations: fc.integer({ min: 2, max: 40 }) })

test('two series whose correlation is known by hand', () => {
  // Sums of products about the means 3 and 4: 6 / sqrt(10 x 6).
  const found = matrixOf(Float64Array.of(1, 2, 3, 4, 5, 2, 4, 5, 4, 5), { series: 2, observations: 5 })
  expect(found[0]).toBe(1)
  expect(found[1]).toBeCloseTo(6 / Math.sqrt(60), 15)
})

test('every correlation is that of the two series alone, as the definition gives it', () => {
  fc.assert(
    fc.property(fc.nat(), someShape, (seed, shape) => {
      const values = drawn(seed, shape)
      const found = matrixOf(values, shape)
      for (let row = 0; row < shape.series; row += 1) {
        for (let column = 0; column < shape.series; column += 1) {
          expect(found[row * shape.series + column]).toBeCloseTo(pearson(values, row, column, shape), 12)
        }
      }
    }),
    { numRuns: 60 },
  )
})

test('the matrix is symmetric with a diagonal of ones, within -1 and 1, and positive semidefinite', () => {
  fc.assert(
    // More series than observations too: then the matrix has not full rank.
    fc.property(fc.nat(), someShape, (seed, shape) => {
      const { series } = shape
      const found = matrixOf(drawn(seed, shape), shape)
      for (let row = 0; row < series; row += 1) {
        expect(found[row * series + row]).toBe(1)
        for (let column = 0; column < series; column += 1) {
          const value = found[row * series + column] ?? Number.NaN
          expect(value).toBe(found[column * series + row])
          expect(Math.abs(value)).toBeLessThanOrEqual(1)
        }
      }
      expect(() => cholesky(found, series)).not.toThrow()
    }),
    { numRuns: 200 },
  )
})

test('place and scale of a series do not matter, its sign does', () => {
  const shape = { series: 3, observations: 100 }
  const values = drawn(3, shape)
  for (let time = 0; time < 100; time += 1) values[200 + time] = 1e6 - 1e3 * (values[time] ?? 0)
  const found = matrixOf(values, shape)
  expect(found[2]).toBeCloseTo(-1, 11)
  expect(found[5]).toBeCloseTo(-(found[1] ?? Number.NaN), 9)
})

test.each(backends)('%s keeps nothing of a larger matrix', (backend) => {
  const [large, small] = [
    { series: 23, observations: 40 },
    { series: 5, observations: 7 },
  ]
  const kernel = createCorrelation(large, backend)
  expect(kernel.backend).toBe(backend)
  kernel.correlate(drawn(1, large), new Float64Array(23 * 23), large)
  const out = new Float64Array(25)
  kernel.correlate(drawn(2, small), out, small)
  expect(out).toEqual(matrixOn(backend, drawn(2, small), small))
  // In its own buffers.
  kernel.values.set(drawn(2, small))
  kernel.correlate(kernel.values, kernel.matrix, small)
  expect(kernel.matrix.subarray(0, 25)).toEqual(out)
})

test.each(backends)('a constant series, one that is no number, and one observation are errors on %s', (backend) => {
  const shape = { series: 2, observations: 3 }
  const of =
    (...values: number[]) =>
    () =>
      matrixOn(backend, Float64Array.from(values), shape)
  expect(of(1, 2, 3, 0.1, 0.1, 0.1)).toThrow('series 1 is constant')
  expect(of(0, 0, 0, 1, 2, 3)).toThrow('series 0 is constant')
  expect(of(1, 2, 3, 1, Number.NaN, 2)).toThrow('series 1: value 1 of 3 is NaN')
  expect(() => matrixOn(backend, Float64Array.of(1, 2), { series: 2, observations: 1 })).toThrow(
    'at least two observations',
  )
})

/** The matrix of the first backend; that of the others holds the same properties, and differs in the last digits. */
function matrixOf(values: Float64Array, shape: SeriesShape): Float64Array {
  const [first, ...others] = backends.map((backend) => matrixOn(backend, values, shape))
  const expected = present(first, 'there is a backend')
  for (const found of others) {
    found.forEach((value, index) => {
      expect(Math.abs(value - (expected[index] ?? Number.NaN))).toBeLessThan(1e-13)
      const [row, column] = [Math.floor(index / shape.series), index % shape.series]
      expect(value).toBe(row === column ? 1 : found[column * shape.series + row])
      expect(Math.abs(value)).toBeLessThanOrEqual(1)
    })
  }
  return expected
}

function matrixOn(backend: Backend, values: Float64Array, shape: SeriesShape): Float64Array {
  const out = new Float64Array(shape.series * shape.series)
  kernelOf(backend).correlate(values, out, shape)
  return out
}

const shapeMax = { series: 23, observations: 100 }
const kernels = backends.map((backend) => createCorrelation(shapeMax, backend))
const kernelOf = (backend: Backend): Correlation => present(kernels[backends.indexOf(backend)], 'each has one')

/** Series that share a part. */
function drawn(seed: number, { series, observations }: SeriesShape): Float64Array {
  const random = new Random(seed)
  const shared = Array.from({ length: observations }, () => random.normal())
  return Float64Array.from(
    { length: series * observations },
    (_, index) => 0.01 + random.normal() + 0.7 * (shared[index % observations] ?? 0),
  )
}

function pearson(values: Float64Array, left: number, right: number, { observations }: SeriesShape): number {
  const series = (index: number): number[] => [...values.subarray(index * observations, (index + 1) * observations)]
  const centred = (drawnValues: number[]): number[] => {
    const mean = drawnValues.reduce((sum, value) => sum + value, 0) / observations
    return drawnValues.map((value) => value - mean)
  }
  const [x, y] = [centred(series(left)), centred(series(right))]
  const inner = (a: number[], b: number[]): number => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0)
  return inner(x, y) / Math.sqrt(inner(x, x) * inner(y, y))
}
