import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sampleMoments } from './moments.js'
import { appleReturns, sp500Returns } from './reference-returns-fixture.js'

// Reference values: numpy and scipy, biased skew and kurtosis.
test.each([
  {
    name: 'S&P 500',
    returns: sp500Returns(),
    count: 5_104,
    moments: [0.000212021045, 0.012530423487, -0.122629306751, 11.017114991667],
  },
  {
    name: 'Apple',
    returns: appleReturns(),
    count: 1_259,
    moments: [0.000952644119, 0.014554692903, 0.029775144114, 3.641716568088],
  },
])('moments of the returns of $name', ({ returns, count, moments }) => {
  expect(returns.length).toBe(count)
  const { mean, deviation, skew, excessKurtosis } = sampleMoments(returns)
  for (const [index, value] of [mean, deviation, skew, excessKurtosis].entries()) {
    expect(value).toBeCloseTo(moments[index] ?? Number.NaN, 11)
  }
})

test('a constant has no deviation and no shape, though its mean rounds', () => {
  expect(sampleMoments(new Float64Array(7).fill(0.1))).toMatchObject({ deviation: 0, skew: 0, excessKurtosis: 0 })
})

test('moments follow a change of place and scale', () => {
  const value = fc.integer({ min: -1_000, max: 1_000 })
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 3, maxLength: 50 }),
      value,
      fc.integer({ min: 1, max: 9 }),
      (drawn, by, of) => {
        fc.pre(new Set(drawn).size > 1)
        const plain = sampleMoments(Float64Array.from(drawn))
        const moved = sampleMoments(Float64Array.from(drawn, (each) => by - of * each))
        expect(moved.mean).toBeCloseTo(by - of * plain.mean, 8)
        expect(moved.deviation).toBeCloseTo(of * plain.deviation, 8)
        expect(moved.skew).toBeCloseTo(-plain.skew, 8)
        expect(moved.excessKurtosis).toBeCloseTo(plain.excessKurtosis, 8)
      },
    ),
  )
})

test('no value, one value and what is no number are errors', () => {
  expect(() => sampleMoments(new Float64Array(0))).toThrow('returns: there is no value')
  expect(() => sampleMoments(new Float64Array(1))).toThrow('one value has no deviation')
  expect(() => sampleMoments(Float64Array.of(0.1, Number.NaN))).toThrow('value 1 of 2 is NaN')
  expect(() => sampleMoments(Float64Array.of(1e200, -1e200))).toThrow('too large for their sums')
})
