import { expect, test } from 'vitest'
import { Random } from '../core/random.js'
import { featuresOf, type Space } from './space.js'
import { type Measured, SurrogateFitter } from './surrogate.js'

const space: Space = {
  parameters: [
    { kind: 'int', name: 'pool', min: 1, max: 64, scale: 'log' },
    { kind: 'float', name: 'window', min: 0.1, max: 10, scale: 'log' },
  ],
  forbidden: [],
}

/** Latencies in ms with noise of 10 %: least at a pool of 8 and the smallest window. */
function latencies(count: number): Measured[] {
  const random = new Random(4)
  return Array.from({ length: count }, () => {
    const settings = { pool: 1 + random.below(64), window: 0.1 * 100 ** random.float() }
    const truth = 2 * (1 + Math.log(settings.pool / 8) ** 2) + settings.window
    return { settings, value: truth * Math.exp(0.1 * random.normal()) }
  })
}

const at = (pool: number, window: number) => featuresOf(space, { pool, window })

test('the model knows what it has seen, and gives it back on the scale it was measured on', () => {
  const { posterior, response } = new SurrogateFitter(space).model(latencies(60))
  const estimate = (pool: number, window: number) => response.inverse(posterior.predict(at(pool, window)).mean)
  expect(estimate(8, 0.3) / 2.3).toBeCloseTo(1, 0.8)
  expect(estimate(8, 8) / 10).toBeCloseTo(1, 0.5)
  expect(estimate(1, 0.3)).toBeGreaterThan(2 * estimate(8, 0.3))
})

test('a model follows from its values alone, not from those that were asked for before', () => {
  const all = latencies(40)
  const seasoned = new SurrogateFitter(space)
  for (let count = 1; count < all.length; count += 1) {
    const kept = seasoned.model(all.slice(0, count)).posterior.predict(at(20, 1))
    if (count % 7 === 0) {
      expect(new SurrogateFitter(space).model(all.slice(0, count)).posterior.predict(at(20, 1))).toEqual(kept)
    }
  }
})

test('replications make the model surer of where they are', () => {
  const all = latencies(30)
  const settings = { pool: 30, window: 1 }
  const repeated = Array.from({ length: 2 }, () => ({ settings, value: 6 }))
  const fitter = new SurrogateFitter(space)
  const before = fitter.model([...all, ...repeated.slice(0, 1)]).posterior.predict(at(30, 1)).deviation
  const after = fitter.model([...all, ...repeated]).posterior.predict(at(30, 1)).deviation
  expect(after).toBeLessThan(before)
})

test('equal values, or a single one, have a model too', () => {
  const settings = { pool: 4, window: 1 }
  for (const values of [[3], [3, 3, 3], [0], [-2, -2]]) {
    const { posterior, response } = new SurrogateFitter(space).model(values.map((value) => ({ settings, value })))
    expect(response.inverse(posterior.predict(at(4, 1)).mean)).toBeCloseTo(values[0] ?? Number.NaN, 1)
  }
})
