import fc from 'fast-check'
import { expect, test } from 'vitest'
import { kolmogorovSmirnov } from './kolmogorov-smirnov.js'

const sorted = (values: readonly number[]): Float64Array => Float64Array.from(values).sort()

test.each([
  { name: 'the same values', a: [1, 2, 3], b: [1, 2, 3], distance: 0 },
  { name: 'the same shares of other counts', a: [1, 2], b: [1, 1, 2, 2], distance: 0 },
  { name: 'nothing in common', a: [1, 2], b: [3, 4, 5], distance: 1 },
  { name: 'half of it above', a: [1, 2, 3, 4], b: [3, 4, 5, 6], distance: 0.5 },
  { name: 'ties', a: [1, 1, 1, 2], b: [1, 2, 2, 2], distance: 0.5 },
])('$name: $distance', ({ a, b, distance }) => {
  expect(kolmogorovSmirnov(sorted(a), sorted(b))).toBe(distance)
})

test('is the largest difference over all values, either way round', () => {
  const sample = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 30 })
  fc.assert(
    fc.property(sample, sample, (a, b) => {
      const shareUpTo = (values: readonly number[], limit: number) =>
        values.filter((value) => value <= limit).length / values.length
      const differences = [...a, ...b].map((value) => Math.abs(shareUpTo(a, value) - shareUpTo(b, value)))
      expect(kolmogorovSmirnov(sorted(a), sorted(b))).toBe(Math.max(...differences))
      expect(kolmogorovSmirnov(sorted(b), sorted(a))).toBe(Math.max(...differences))
    }),
  )
})
