import { expect, test } from 'vitest'
import { SobolSequence } from './sobol.js'

test.each([
  { index: 0, point: [0, 0, 0, 0, 0] },
  { index: 1, point: [0.5, 0.5, 0.5, 0.5, 0.5] },
  { index: 2, point: [0.75, 0.25, 0.25, 0.75, 0.25] },
  { index: 3, point: [0.25, 0.75, 0.75, 0.25, 0.75] },
  { index: 7, point: [0.125, 0.625, 0.375, 0.375, 0.875] },
  { index: 13, point: [0.8125, 0.6875, 0.8125, 0.9375, 0.5625] },
])('point $index is that of scipy, which has the numbers of Joe and Kuo', ({ index, point }) => {
  // scipy 1.17.1: qmc.Sobol(21, scramble=False, bits=32).random(16), dimensions 1, 2, 3, 6 and 21.
  const sequence = new SobolSequence(21, null)
  expect([0, 1, 2, 5, 20].map((dimension) => sequence.point(index)[dimension])).toEqual(point)
})

test('scrambled, each sixteenth of each dimension has one of sixteen points, and each 4 by 4 box of the first two', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const sequence = new SobolSequence(21, seed)
    const points = Array.from({ length: 16 }, (_, index) => sequence.point(index))
    for (let dimension = 0; dimension < 21; dimension += 1) {
      expect(new Set(points.map((point) => Math.floor((point[dimension] ?? 0) * 16))).size).toBe(16)
    }
    expect(new Set(points.map(([x = 0, y = 0]) => `${Math.floor(x * 4)} ${Math.floor(y * 4)}`)).size).toBe(16)
  }
})

test('a seed names a sequence, and dimensions beyond the table are filled too', () => {
  expect(new SobolSequence(30, 7).point(5)).toEqual(new SobolSequence(30, 7).point(5))
  expect(new SobolSequence(30, 7).point(5)).not.toEqual(new SobolSequence(30, 8).point(5))
  const last = Array.from({ length: 200 }, (_, index) => new SobolSequence(30, 7).point(index)[29] ?? 0)
  expect(new Set(last).size).toBe(200)
  expect(last.reduce((sum, one) => sum + one, 0) / 200).toBeCloseTo(0.5, 1)
})
