import { expect, test } from 'vitest'
import { Random } from '../core/random.js'
import { highest } from './ascent.js'
import { featuresOf, type Space } from './space.js'

const space: Space = {
  parameters: [
    { kind: 'float', name: 'x', min: 0, max: 1, scale: 'linear' },
    { kind: 'float', name: 'y', min: 0, max: 1, scale: 'linear' },
    { kind: 'choice', name: 'codec', choices: ['none', 'lz4', 'zstd'] },
  ],
  forbidden: [],
}
const reach = Float64Array.of(0.5, 0.5, 1)

/** Highest, 0, at x = 0.731 and y = 0.118 with the second choice. */
const score = ([x = 0, y = 0, , second = 0]: Float64Array): number =>
  -((x - 0.731) ** 2) - (y - 0.118) ** 2 + (second > 0 ? 0 : -1)

test('the highest point of numbers and a choice is found closely', () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const found = highest(space, { score, known: [], reach }, new Random(seed))
    expect(found?.settings['codec']).toBe('lz4')
    expect(found?.score).toBeGreaterThan(-1e-5)
    expect(found?.score).toBe(score(featuresOf(space, found?.settings ?? {})))
  }
})

test('a peak too narrow to be met by chance is found from settings that are known', () => {
  const narrow = (features: Float64Array): number => -Math.sqrt(-score(features))
  const known = [{ x: 0.73, y: 0.12, codec: 'lz4' }]
  const found = highest(space, { score: narrow, known, reach }, new Random(1))
  expect(found?.score).toBeGreaterThan(-1e-3)
})

test('what is forbidden is never the answer, and where all is, there is none', () => {
  const barred = { ...space, forbidden: [{ codec: ['lz4'], x: { min: 0.5 } }] }
  const found = highest(barred, { score, known: [{ x: 0.731, y: 0.118, codec: 'lz4' }], reach }, new Random(1))
  expect(Number(found?.settings['x'])).toBeLessThan(0.5)
  const closed = { ...space, forbidden: [{ x: { min: 0 } }] }
  expect(highest(closed, { score, known: [], reach }, new Random(1))).toBeNull()
})
