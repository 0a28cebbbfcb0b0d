import { expect, test } from 'vitest'
import { type Moments, sampleMoments } from './moments.js'
import { cornishFisherRisk, ewmaRisk, gaussianRisk } from './parametric-var.js'
import { appleReturns, sp500Returns } from './reference-returns-fixture.js'

// Reference values: numpy and scipy.
test.each([
  {
    name: 'S&P 500',
    returns: sp500Returns(),
    gaussian: { 0.95: [0.020398691474, 0.025634643964], 0.99: [0.028938102994, 0.033184241818] },
    cornishFisher: { 0.95: 0.018046006847, 0.99: 0.062271262388 },
    monotoneEverywhere: false,
    ewma: { 0.95: 0.065428304513, 0.99: 0.092536499669 },
  },
  {
    name: 'Apple',
    returns: appleReturns(),
    gaussian: { 0.95: [0.022987695291, 0.02906950734], 0.99: [0.032906634772, 0.037838730378] },
    cornishFisher: { 0.95: 0.021794603283, 0.99: 0.044974816547 },
    monotoneEverywhere: true,
    ewma: { 0.95: 0.030514427435, 0.99: 0.043157137041 },
  },
])('value at risk of $name by distribution', ({ returns, gaussian, cornishFisher, monotoneEverywhere, ewma }) => {
  const moments = sampleMoments(returns)
  for (const confidence of [0.95, 0.99] as const) {
    const normal = gaussianRisk(moments, confidence)
    expect(normal).toMatchObject({ convention: 'gaussian', confidence })
    expect(normal.valueAtRisk).toBeCloseTo(gaussian[confidence][0] ?? Number.NaN, 11)
    expect(normal.expectedShortfall).toBeCloseTo(gaussian[confidence][1] ?? Number.NaN, 11)
    const corrected = cornishFisherRisk(moments, confidence)
    expect(corrected).toMatchObject({ convention: 'cornish-fisher', confidence, monotoneEverywhere })
    expect(corrected.valueAtRisk).toBeCloseTo(cornishFisher[confidence], 11)
    const weighted = ewmaRisk(returns, confidence)
    expect(weighted).toMatchObject({ convention: 'ewma', confidence, decay: 0.94 })
    expect(weighted.valueAtRisk).toBeCloseTo(ewma[confidence], 11)
  }
})

const withShape = (skew: number, excessKurtosis: number): Moments => ({ mean: 0, deviation: 1, skew, excessKurtosis })

test('without skew and excess kurtosis Cornish and Fisher change nothing', () => {
  const normal = withShape(0, 0)
  expect(cornishFisherRisk(normal, 0.99)).toMatchObject({ monotoneEverywhere: true })
  expect(cornishFisherRisk(normal, 0.99).valueAtRisk).toBe(gaussianRisk(normal, 0.99).valueAtRisk)
})

test.each([
  { name: 'tails lighter than a normal one', skew: 0, excessKurtosis: -1 },
  { name: 'skew alone', skew: 1, excessKurtosis: 0 },
  { name: 'kurtosis just at the skew', skew: 1.5, excessKurtosis: 3 },
])('the Cornish-Fisher quantile is refused for $name', ({ skew, excessKurtosis }) => {
  expect(() => cornishFisherRisk(withShape(skew, excessKurtosis), 0.95)).toThrow('quantile does not rise')
})

test('heavy tails are refused only where the quantile falls: in the middle', () => {
  const heavy = withShape(0, 11)
  expect(() => cornishFisherRisk(heavy, 0.6)).toThrow('skew 0.00 and excess kurtosis 11.00')
  expect(cornishFisherRisk(heavy, 0.95).monotoneEverywhere).toBe(false)
})

test('where it is given, the Cornish-Fisher value at risk grows with the confidence', () => {
  for (const skew of [-1, -0.3, 0, 0.3, 1]) {
    for (const excessKurtosis of [0, 1, 3, 6, 11]) {
      let earlier = Number.NEGATIVE_INFINITY
      for (let permille = 500; permille < 1_000; permille += 1) {
        const found = orInfinity(() => cornishFisherRisk(withShape(skew, excessKurtosis), permille / 1_000).valueAtRisk)
        expect(found).toBeGreaterThan(earlier)
        if (found !== Number.POSITIVE_INFINITY) earlier = found
      }
    }
  }
})

test('a weighted variance begins with the mean square of what there is', () => {
  const z = 1.6448536269514722
  expect(ewmaRisk(Float64Array.of(0.03, -0.01), 0.95).valueAtRisk).toBeCloseTo(z * Math.sqrt(0.0005), 14)
  const returns = Float64Array.from({ length: 76 }, (_, index) => (index === 75 ? 0.1 : 0.01))
  expect(ewmaRisk(returns, 0.95).valueAtRisk).toBeCloseTo(z * Math.sqrt(0.94 * 0.0001 + 0.06 * 0.01), 14)
})

test('no return, and one that is no number, are errors', () => {
  expect(() => ewmaRisk(new Float64Array(0), 0.95)).toThrow('returns: there is no value')
  expect(() => ewmaRisk(Float64Array.of(0.1, Number.NEGATIVE_INFINITY), 0.95)).toThrow('value 1 of 2 is -Infinity')
})

/** What is refused counts as above everything. */
function orInfinity(make: () => number): number {
  try {
    return make()
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
