import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Random } from '../core/random.js'
import {
  distancesOf,
  fitHyperparameters,
  hyperparameterStarts,
  negativeLogPosterior,
  type Observations,
  Posterior,
} from './gaussian-process.js'

const observations: Observations = {
  features: [0.1, 0.4, 0.45, 0.9].map((x) => Float64Array.of(x)),
  means: Float64Array.of(0.5, -1, -0.8, 1.2),
  counts: Float64Array.of(1, 2, 1, 3),
  squaresWithin: 0.07,
}
const hyperparameters = Float64Array.of(Math.log(0.3), Math.log(1.5), Math.log(0.05))

test.each([
  { x: 0.25, mean: -0.4079501952429211, deviation: 0.3901567475507145 },
  { x: 0.45, mean: -0.8607580697666608, deviation: 0.17299789756924805 },
  { x: 1, mean: 1.2107731571988478, deviation: 0.4930109629862463 },
])('the posterior at $x is that of dense algebra', ({ x, mean, deviation }) => {
  // numpy 2.4.6: K = 1.5 matern52(|x - x'| / 0.3) + diag(1.5e-8 + 0.05 / counts), m = 1ᵀK⁻¹y / (1ᵀK⁻¹1 + 1),
  // mean = m + kᵀK⁻¹(y - m), variance = 1.5 - kᵀK⁻¹k.
  const posterior = new Posterior(observations, [0], hyperparameters)
  const predicted = posterior.predict(Float64Array.of(x))
  expect(predicted.mean).toBeCloseTo(mean, 10)
  expect(predicted.deviation).toBeCloseTo(deviation, 10)
})

test('the likelihood counts every run, also those that were merged to rows', () => {
  // The same four rows as seven rows of their own: 0.07 of squares within them as ±√(0.01) and (+a, 0, -a) with 2a² = 0.05.
  const a = Math.sqrt(0.025)
  const apart: Observations = {
    features: [0.1, 0.4, 0.4, 0.45, 0.9, 0.9, 0.9].map((x) => Float64Array.of(x)),
    means: Float64Array.of(0.5, -1.1, -0.9, -0.8, 1.2 + a, 1.2, 1.2 - a),
    counts: new Float64Array(7).fill(1),
    squaresWithin: 0,
  }
  const at = (rows: Observations, noise: number): number =>
    negativeLogPosterior(
      { observations: rows, distances: distancesOf(rows.features, [0]) },
      Float64Array.of(Math.log(0.3), Math.log(1.5), noise),
      new Float64Array(3),
    )
  // They differ by ln(counts) / 2, which no hyperparameter changes.
  for (const noise of [-1, -3, -5]) {
    expect(at(observations, noise) - at(apart, noise)).toBeCloseTo(-Math.log(6) / 2, 4)
  }
})

test('the gradient is that of finite differences', () => {
  const parameter = fc.double({ min: -2, max: 1, noNaN: true })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.array(parameter, { minLength: 4, maxLength: 4 }), (seed, logs) => {
      const random = new Random(seed)
      const rows: Observations = {
        features: Array.from({ length: 9 }, () => Float64Array.from({ length: 3 }, () => random.float())),
        means: Float64Array.from({ length: 9 }, () => random.normal()),
        counts: Float64Array.from({ length: 9 }, () => 1 + random.below(3)),
        squaresWithin: 0.4,
      }
      const groups = [0, 0, 1]
      const distances = distancesOf(rows.features, groups)
      const at = (x: Float64Array) => negativeLogPosterior({ observations: rows, distances }, x, new Float64Array(4))
      const x = Float64Array.from(logs)
      const gradient = new Float64Array(4)
      negativeLogPosterior({ observations: rows, distances }, x, gradient)
      for (let index = 0; index < 4; index += 1) {
        const step = 1e-5
        const slope =
          (at(x.with(index, (x[index] ?? 0) + step)) - at(x.with(index, (x[index] ?? 0) - step))) / (2 * step)
        expect(Math.abs((gradient[index] ?? 0) - slope)).toBeLessThan(1e-5 * (1 + Math.abs(slope)))
      }
    }),
    { numRuns: 50 },
  )
})

test('noise, and which parameter matters, are found in data that were made with them', () => {
  const random = new Random(5)
  const features = Array.from({ length: 60 }, () => Float64Array.of(random.float(), random.float()))
  const made: Observations = {
    features,
    means: Float64Array.from(features, ([x = 0]) => Math.sqrt(2) * Math.sin(7 * x) + 0.3 * random.normal()),
    counts: new Float64Array(60).fill(1),
    squaresWithin: 0,
  }
  const { hyperparameters } = fitHyperparameters({ observations: made, groups: [0, 1] }, hyperparameterStarts(2), 60)
  const [first = 0, second = 0, , noise = 0] = hyperparameters.map(Math.exp)
  expect(second / first).toBeGreaterThan(3)
  expect(Math.sqrt(noise)).toBeGreaterThan(0.22)
  expect(Math.sqrt(noise)).toBeLessThan(0.38)
})

test('equal rows without noise have a model too', () => {
  const rows: Observations = {
    features: [0.5, 0.5, 0.5].map((x) => Float64Array.of(x)),
    means: Float64Array.of(1, 1, 1),
    counts: Float64Array.of(1, 1, 1),
    squaresWithin: 0,
  }
  const posterior = new Posterior(rows, [0], Float64Array.of(0, 0, -60))
  expect(posterior.predict(Float64Array.of(0.5)).deviation).toBeLessThan(0.01)
})

test('a model of noise explains nothing of rows that it is not shown, one of a line nearly all', () => {
  const random = new Random(9)
  const features = Array.from({ length: 30 }, () => Float64Array.of(random.float()))
  const explained = (means: Float64Array, noise: number): number =>
    new Posterior(
      { features, means, counts: new Float64Array(30).fill(1), squaresWithin: 0 },
      [0],
      Float64Array.of(Math.log(0.5), 0, Math.log(noise)),
    ).explainedShare
  expect(
    explained(
      Float64Array.from(features, () => random.normal()),
      1,
    ),
  ).toBeLessThan(0.2)
  expect(
    explained(
      Float64Array.from(features, ([x = 0]) => 3 * x),
      0.01,
    ),
  ).toBeGreaterThan(0.95)
})
