import fc from 'fast-check'
import { expect, test } from 'vitest'
import { winsoriseColumn } from './winsorise.js'

const winsorised = (values: readonly number[], share: number): number[] => {
  const column = Float64Array.from([7, ...values, 7])
  winsoriseColumn(column, { from: 1, length: values.length }, share, new Float64Array(values.length))
  expect([column[0], column.at(-1)]).toEqual([7, 7])
  return [...column.slice(1, -1)]
}

test.each([
  // Quantiles 0.1 and 0.9 of eleven values are the second and the tenth.
  { share: 0.1, given: [50, 1, 2, 3, 4, 5, 6, 7, 8, 9, -50], found: [9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1] },
  // Between two of them: 0.25 x 3 = 0.75 of the way from -10 to 1.
  { share: 0.25, given: [-10, 1, 2, 10], found: [-1.75, 1, 2, 4] },
  { share: 0, given: [3, -1e9, 2], found: [3, -1e9, 2] },
  { share: 0.05, given: [4], found: [4] },
  { share: 0.05, given: [], found: [] },
])('values beyond the quantiles $share are set to them: $given', ({ share, given, found }) => {
  expect(winsorised(given, share)).toEqual(found)
})

test('what lies inside stays, the order stays, and nothing goes beyond what was there', () => {
  const columns = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(columns, fc.double({ min: 0, max: 0.49, noNaN: true }), (values, share) => {
      const found = winsorised(values, share)
      expect(Math.max(...found)).toBeLessThanOrEqual(Math.max(...values))
      expect(Math.min(...found)).toBeGreaterThanOrEqual(Math.min(...values))
      found.forEach((value, index) => {
        if (value > Math.min(...found) && value < Math.max(...found)) expect(value).toBe(values[index])
        found.forEach((other, place) => {
          if ((values[place] ?? 0) < (values[index] ?? 0)) expect(other).toBeLessThanOrEqual(value)
        })
      })
    }),
  )
})
