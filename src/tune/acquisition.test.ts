import { expect, test } from 'vitest'
import { expectedImprovement, incumbentOf, logFeasibilityOf, logPromise, type Models, standing } from './acquisition.js'
import { featuresOf, type Settings, type Space } from './space.js'
import { type Measured, SurrogateFitter } from './surrogate.js'

const space: Space = {
  parameters: [{ kind: 'float', name: 'x', min: 0, max: 1, scale: 'linear' }],
  forbidden: [],
}
const at = (x: number): Settings => ({ x })
const modelOf = (measured: readonly Measured[], limit: number | null = null) =>
  new SurrogateFitter(space, limit).model(measured)
const measuredBy = (of: (x: number) => number): Measured[] =>
  Array.from({ length: 11 }, (_, index) => ({ settings: at(index / 10), value: of(index / 10) }))

test.each([
  // mpmath with 40 digits: log(npdf(z) + z ncdf(z)).
  { z: -3, log: -7.869686059603029 },
  { z: -7, log: -29.3681071831413 },
  { z: -12, log: -77.90910054500735 },
])('the expected improvement upon a level $z deviations below the mean', ({ z, log }) => {
  expect(Math.log(expectedImprovement({ mean: 0, deviation: 1 }, z))).toBeCloseTo(log, 2)
  expect(Math.log(expectedImprovement({ mean: 5, deviation: 2 }, 5 + 2 * z))).toBeCloseTo(log + Math.log(2), 2)
})

test('the incumbent is the best of the model, not a lucky run', () => {
  const smooth = measuredBy((x) => 1 + (x - 0.5) ** 2)
  const lucky = [...smooth, { settings: at(0.9), value: 0.99 }, { settings: at(0.9), value: 1.3 }]
  const models: Models = { objective: modelOf([...lucky, ...smooth, ...smooth]), limited: [] }
  const incumbent = incumbentOf(
    space,
    models,
    smooth.map(({ settings }) => settings),
  )
  expect(incumbent?.settings).toEqual(at(0.5))
})

test('a constraint keeps the incumbent and promises on its side', () => {
  const objective = modelOf(measuredBy((x) => 2 - x))
  const limited = [
    {
      surrogate: modelOf(
        measuredBy((x) => x),
        0.55,
      ),
      limit: 0.55,
    },
  ]
  const models: Models = { objective, limited }
  const tried = measuredBy(() => 0).map(({ settings }) => settings)
  const incumbent = incumbentOf(space, models, tried)
  expect(incumbent?.settings).toEqual(at(0.5))
  const promise = (x: number) => logPromise(models, incumbent, featuresOf(space, at(x)))
  expect(promise(0.54)).toBeGreaterThan(promise(0.8))
  expect(promise(0.54)).toBeGreaterThan(promise(0.2))
  const standingAt = (x: number) => standing(models, featuresOf(space, at(x)))
  expect(standingAt(0.5)).toBeGreaterThan(standingAt(0.2))
  expect(standingAt(0.2)).toBeGreaterThan(standingAt(0.9))
})

test('where nothing is feasible, what is nearest to it promises most, however far', () => {
  const limited = [
    {
      surrogate: modelOf(
        measuredBy((x) => 100 + x),
        1,
      ),
      limit: 1,
    },
  ]
  const objective = modelOf(measuredBy((x) => 2 - x))
  const incumbent = incumbentOf(space, { objective, limited }, [at(0), at(1)])
  expect(incumbent?.settings).toEqual(at(0))
  // Equally far from the ends, so that the model is equally sure of both.
  const [near = 0, far = 0] = [0.25, 0.75].map((x) =>
    logPromise({ objective, limited }, incumbent, featuresOf(space, at(x))),
  )
  expect(near).toBeGreaterThan(far)
  expect(Number.isFinite(far)).toBe(true)
  expect(logFeasibilityOf(limited, featuresOf(space, at(0.5)))).toBeLessThan(-100)
})
