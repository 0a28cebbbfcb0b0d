import { expect, test } from 'vitest'
import { minimise, type Smooth } from './quasi-newton.js'

const rosenbrock: Smooth = (point, gradient) => {
  const [x = 0, y = 0] = point
  gradient[0] = -400 * x * (y - x * x) - 2 * (1 - x)
  gradient[1] = 200 * (y - x * x)
  return 100 * (y - x * x) ** 2 + (1 - x) ** 2
}

test('the bottom of a bent valley is found', () => {
  const { x, value } = minimise(rosenbrock, Float64Array.of(-1.2, 1), 150)
  expect(value).toBeLessThan(1e-8)
  expect(x[0]).toBeCloseTo(1, 3)
})

test('evaluations are bounded', () => {
  let count = 0
  minimise(
    (x, gradient) => {
      count += 1
      return rosenbrock(x, gradient)
    },
    Float64Array.of(-1.2, 1),
    7,
  )
  expect(count).toBe(7)
})

test('where the function is not defined, it is stepped back from', () => {
  const logarithmic: Smooth = ([x = 0], gradient) => {
    gradient[0] = 1 - 1 / x
    return x > 0 ? x - Math.log(x) : Number.NaN
  }
  expect(minimise(logarithmic, Float64Array.of(5), 60).x[0]).toBeCloseTo(1, 3)
})
