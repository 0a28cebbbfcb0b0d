import fc from 'fast-check'
import { expect, test } from 'vitest'
import { responsesFor } from './response.js'

const values = fc.array(fc.double({ min: -1e4, max: 1e4, noNaN: true }), { minLength: 1, maxLength: 40 })

test('every response keeps the order of values up to where it clips, and leads back to them', () => {
  fc.assert(
    fc.property(values, fc.double({ min: -2e4, max: 1e4, noNaN: true }), (seen, value) => {
      for (const response of responsesFor(seen)) {
        const sorted = [...seen, value].toSorted((a, b) => a - b).map(response.of)
        expect(sorted).toEqual(sorted.toSorted((a, b) => a - b))
        expect(sorted.every(Number.isFinite)).toBe(true)
        const middle = seen.toSorted((a, b) => a - b)[seen.length >> 1] ?? 0
        expect(Math.abs(response.inverse(response.of(middle)) - middle)).toBeLessThan(1e-6 * (1 + Math.abs(middle)))
      }
    }),
  )
})

test('values that are made from are around 0, of spread 1', () => {
  for (const response of responsesFor([3, 5, 4, 8, 6, 7])) {
    const responses = [3, 5, 4, 8, 6, 7].map(response.of)
    expect(responses.reduce((sum, one) => sum + one, 0)).toBeCloseTo(0, 10)
    expect(responses.reduce((sum, one) => sum + one * one, 0)).toBeCloseTo(6, 10)
  }
})

test('far above the middle all values are one, but a limit is never reached by that', () => {
  const [response] = responsesFor([1, 2, 3, 4, 5])
  expect(response?.of(1e6)).toBe(response?.of(1e9))
  const [limited] = responsesFor([1, 2, 3, 4, 5], 1e6)
  expect(limited?.of(1e6)).toBeGreaterThan(limited?.of(9e5) ?? Number.NaN)
})
