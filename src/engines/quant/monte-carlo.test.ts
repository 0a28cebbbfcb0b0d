import { expect, test } from 'vitest'
import { present } from '../../core/assert.js'
import { normalDensity, normalQuantile } from '../../stats/special-functions.js'
import { pathsPerBlock } from './block-returns.js'
import { at } from './columns.js'
import { backends } from './kernel-backends.js'
import { createTailSelection } from './kernels.js'
import { sampleMoments } from './moments.js'
import { MonteCarlo, type Portfolio, quantileError } from './monte-carlo.js'
import { historicalRisk } from './var.js'

const seed = 20_261_120
const paths = 100_000

/** A year of 5 % drift and 20 % volatility. */
const asset: Portfolio = {
  weights: Float64Array.of(1),
  driftsPerYear: Float64Array.of(0.05),
  volatilitiesPerYear: Float64Array.of(0.2),
  correlation: Float64Array.of(1),
  horizonYears: 1,
}

/** Two held and one sold short, so that every correlation counts. */
const desk: Portfolio = {
  weights: Float64Array.of(0.7, 0.5, -0.4),
  driftsPerYear: Float64Array.of(0.05, 0.02, 0.08),
  volatilitiesPerYear: Float64Array.of(0.2, 0.3, 0.25),
  correlation: Float64Array.of(1, 0.6, -0.3, 0.6, 1, 0.2, -0.3, 0.2, 1),
  horizonYears: 0.5,
}

/** On every backend, which may differ by the last digits of the exponential. */
function simulated(portfolio: Portfolio, count = paths): Float64Array {
  const [first, ...others] = backends.map((backend) => {
    const out = new Float64Array(count)
    const simulation = new MonteCarlo(portfolio, seed, { backend })
    expect(simulation.backend).toBe(backend)
    simulation.simulate(out)
    return out
  })
  const expected = present(first, 'there is a backend')
  for (const found of others) {
    const errors = found.map((value, path) => Math.abs(value - at(expected, path)) / Math.max(1, Math.abs(value)))
    expect(errors.reduce((most, error) => Math.max(most, error), 0)).toBeLessThan(1e-14)
  }
  return expected
}

/** Mean and variance of the return of a portfolio of lognormal prices, exactly. */
function exactMoments(portfolio: Portfolio): { readonly mean: number; readonly variance: number } {
  const { weights, driftsPerYear, volatilitiesPerYear, correlation, horizonYears } = portfolio
  const growth = driftsPerYear.map((drift) => Math.exp(drift * horizonYears))
  const of = (values: Float64Array, index: number): number => values[index] ?? Number.NaN
  let variance = 0
  for (let row = 0; row < weights.length; row += 1) {
    for (let column = 0; column < weights.length; column += 1) {
      const covariance =
        of(correlation, row * weights.length + column) *
        of(volatilitiesPerYear, row) *
        of(volatilitiesPerYear, column) *
        horizonYears
      const both = of(growth, row) * of(growth, column) * Math.expm1(covariance)
      variance += of(weights, row) * of(weights, column) * both
    }
  }
  return { mean: weights.reduce((sum, weight, index) => sum + weight * (of(growth, index) - 1), 0), variance }
}

test.each([
  { name: 'one asset', portfolio: asset },
  { name: 'three correlated assets', portfolio: desk },
])('mean and variance of $name are the exact ones, but for chance', ({ portfolio }) => {
  const { mean, deviation, excessKurtosis } = sampleMoments(simulated(portfolio))
  const exact = exactMoments(portfolio)
  expect(Math.abs(mean - exact.mean)).toBeLessThan(4 * Math.sqrt(exact.variance / paths))
  const varianceError = exact.variance * Math.sqrt((excessKurtosis + 2) / paths)
  expect(Math.abs(deviation ** 2 - exact.variance)).toBeLessThan(4 * varianceError)
})

test('the standard error of the 5 % quantile of 100,000 normals is 0.0067', () => {
  const density = normalDensity(normalQuantile(0.05))
  expect(quantileError({ share: 0.05, count: 100_000, density })).toBeCloseTo(0.0067, 4)
})

test.each([0.95, 0.99])(
  'the simulated value at risk at %d is that of the lognormal distribution, but for chance',
  (confidence) => {
    const found = historicalRisk(createTailSelection(paths), simulated(asset), { confidence })
    const z = normalQuantile(1 - confidence)
    const price = Math.exp(0.05 - 0.2 ** 2 / 2 + 0.2 * z)
    const density = normalDensity(z) / (0.2 * price)
    const limit = 4 * quantileError({ share: 1 - confidence, count: paths, density })
    expect(limit).toBeLessThan(0.01)
    expect(Math.abs(found.valueAtRisk - (1 - price))).toBeLessThan(limit)
  },
)

test.each(backends)('any division of the blocks gives the same paths, on %s', (backend) => {
  const whole = new Float64Array(40 * pathsPerBlock + 17)
  const parts = new Float64Array(whole.length)
  new MonteCarlo(desk, seed, { backend }).simulate(whole)
  // Three workers, the last one with the rest.
  for (const [first, last] of [
    [27, 41],
    [0, 3],
    [3, 27],
  ] as const) {
    const part = parts.subarray(first * pathsPerBlock, last * pathsPerBlock)
    new MonteCarlo(desk, seed, { backend }).simulate(part, first)
  }
  expect(parts).toEqual(whole)
  const fewer = new Float64Array(300)
  new MonteCarlo(desk, seed, { backend }).simulate(fewer)
  expect(fewer).toEqual(whole.subarray(0, 300))
})

test('a price that grows beyond every bound is left to the backend that can tell', () => {
  const wild = { ...asset, volatilitiesPerYear: Float64Array.of(80) }
  const simulation = new MonteCarlo(wild, seed, { backend: 'wasm' })
  expect(simulation.backend).toBe('typescript')
})

test.each([650, 3, -3, -650])('growth by e to the power of %d is the same on every backend', (driftPerYear) => {
  simulated({ ...asset, driftsPerYear: Float64Array.of(driftPerYear), volatilitiesPerYear: Float64Array.of(4) }, 2_000)
})

test('any number of assets and paths gives the same on every backend', () => {
  for (const assets of [1, 2, 5, 17]) {
    const column = (value: number): Float64Array => new Float64Array(assets).fill(value)
    const portfolio: Portfolio = {
      weights: column(1 / assets),
      driftsPerYear: column(0.03),
      volatilitiesPerYear: Float64Array.from(column(0), (_, index) => 0.1 + 0.05 * index),
      correlation: Float64Array.from({ length: assets ** 2 }, (_, index) => (index % (assets + 1) === 0 ? 1 : 0.4)),
      horizonYears: 2,
    }
    for (const count of [1, 255, 257, 16 * pathsPerBlock, 33 * pathsPerBlock + 1]) simulated(portfolio, count)
  }
})

test('an asset without a weight changes nothing in the distribution', () => {
  const beside = { ...desk, weights: Float64Array.of(0, 1, 0) }
  const { variance } = exactMoments({
    ...asset,
    driftsPerYear: desk.driftsPerYear.subarray(1, 2),
    volatilitiesPerYear: desk.volatilitiesPerYear.subarray(1, 2),
    horizonYears: desk.horizonYears,
  })
  const { deviation } = sampleMoments(simulated(beside))
  expect(deviation / Math.sqrt(variance)).toBeGreaterThan(0.98)
  expect(deviation / Math.sqrt(variance)).toBeLessThan(1.02)
})

test('the return of a portfolio grows with its weight', () => {
  const twice = { ...asset, weights: Float64Array.of(2) }
  expect(simulated(twice, 500)).toEqual(simulated(asset, 500).map((value) => 2 * value))
})

test('two assets that move as one cancel each other where one is sold short', () => {
  const pair: Portfolio = {
    weights: Float64Array.of(1, -1),
    driftsPerYear: Float64Array.of(0.05, 0.05),
    volatilitiesPerYear: Float64Array.of(0.2, 0.2),
    correlation: Float64Array.of(1, 1, 1, 1),
    horizonYears: 1,
  }
  expect(simulated(pair, 1_000)).toEqual(new Float64Array(1_000))
})

test('a portfolio whose figures do not fit together is refused', () => {
  expect(() => new MonteCarlo({ ...desk, volatilitiesPerYear: Float64Array.of(0.2) }, seed)).toThrow('has its figures')
  expect(() => new MonteCarlo({ ...desk, correlation: Float64Array.of(1) }, seed)).toThrow('has a correlation')
  expect(() => new MonteCarlo({ ...asset, volatilitiesPerYear: Float64Array.of(-0.2) }, seed)).toThrow('not negative')
  expect(() => new MonteCarlo({ ...asset, driftsPerYear: Float64Array.of(Number.NaN) }, seed)).toThrow('finite number')
  // A covariance in its place.
  expect(() => new MonteCarlo({ ...asset, correlation: Float64Array.of(0.04) }, seed)).toThrow('with itself is one')
  const contradiction = Float64Array.of(1, 0.9, -0.9, 0.9, 1, 0.9, -0.9, 0.9, 1)
  expect(() => new MonteCarlo({ ...desk, correlation: contradiction }, seed)).toThrow('not positive semidefinite')
})
