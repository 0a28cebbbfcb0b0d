import fc from 'fast-check'
import { expect, test } from 'vitest'
import { present } from '../../core/assert.js'
import { backends } from './kernel-backends.js'
import { createTailSelection } from './kernels.js'
import { appleReturns, sp500Returns } from './reference-returns-fixture.js'
import { type HistoricalRisk, historicalRisk, type VarConvention, varConventions } from './var.js'

const selections = backends.map((backend) => createTailSelection(20_000, backend))
const workspace = createTailSelection(20_000)

/** On every backend: the point is the same, the sum of the tail but for the order of its parts. */
function risk(returns: Float64Array, confidence: number, convention: VarConvention): HistoricalRisk {
  const results = selections.map((selection) => historicalRisk(selection, returns, { confidence, convention }))
  expect(results.map(({ backend }) => backend)).toEqual(backends)
  const [first] = results
  for (const result of results) {
    expect(result.valueAtRisk).toBe(first?.valueAtRisk)
    expect(result.expectedShortfall).toBeCloseTo(first?.expectedShortfall ?? Number.NaN, 15)
  }
  return present(first, 'there is a backend')
}

// Reference values: numpy, scipy and QuantLib 1.29.
test.each([
  {
    name: 'S&P 500 at 95 %',
    returns: sp500Returns(),
    confidence: 0.95,
    linear: [0.018938962762, 0.030224659217],
    'acerbi-tasche': [0.018944903748, 0.030260018952],
    quantlib: [0.018944903748, 0.030268893552],
  },
  {
    name: 'S&P 500 at 99 %',
    returns: sp500Returns(),
    confidence: 0.99,
    linear: [0.034508206433, 0.051476193661],
    'acerbi-tasche': [0.034511199654, 0.051795284458],
    quantlib: [0.034511199654, 0.051808840603],
  },
  {
    name: 'Apple at 95 %',
    returns: appleReturns(),
    confidence: 0.95,
    linear: [0.022664942084, 0.032403604664],
    'acerbi-tasche': [0.022757569777, 0.032411266328],
    quantlib: [0.022757569777, 0.032559185871],
  },
  {
    name: 'Apple at 99 %',
    returns: appleReturns(),
    confidence: 0.99,
    linear: [0.038403172093, 0.051569117622],
    'acerbi-tasche': [0.038776752088, 0.051985707762],
    quantlib: [0.038776752088, 0.052635148083],
  },
])('value at risk and expected shortfall of $name in each convention', ({ returns, confidence, ...expected }) => {
  for (const convention of varConventions) {
    const found = risk(returns, confidence, convention)
    expect(found).toMatchObject({ convention, confidence })
    expect(found.valueAtRisk).toBeCloseTo(expected[convention][0] ?? Number.NaN, 11)
    expect(found.expectedShortfall).toBeCloseTo(expected[convention][1] ?? Number.NaN, 11)
  }
})

const toy = Float64Array.from({ length: 10 }, (_, index) => (index - 5) / 100)

test('ten returns from -5 % to 4 % at 95 %', () => {
  expect(risk(toy, 0.95, 'linear').valueAtRisk).toBeCloseTo(0.0455, 15)
  expect(risk(toy, 0.95, 'acerbi-tasche').valueAtRisk).toBe(0.05)
  expect(risk(toy, 0.95, 'acerbi-tasche').expectedShortfall).toBeCloseTo(0.05, 15)
  expect(() => risk(toy, 0.95, 'quantlib')).toThrow('no loss of 10 lies beyond the value at risk')
})

test('the default convention is that of Acerbi and Tasche', () => {
  expect(historicalRisk(workspace, toy, { confidence: 0.8 }).convention).toBe('acerbi-tasche')
})

test('a tenth of ten returns is one return, though 1 - 0.9 is a little less than a tenth', () => {
  expect(10 * (1 - 0.9)).toBeLessThan(1)
  expect(risk(toy, 0.9, 'acerbi-tasche')).toMatchObject({ valueAtRisk: 0.05, expectedShortfall: 0.05 })
  // And 1 - 0.7 is a little more than three tenths.
  expect(10 * (1 - 0.7)).toBeGreaterThan(3)
  expect(risk(toy, 0.7, 'acerbi-tasche').valueAtRisk).toBe(0.03)
  expect(risk(toy, 0.7, 'acerbi-tasche').expectedShortfall).toBeCloseTo(0.04, 15)
  // Eleven returns: the quantile of type 7 falls on the second one, which then belongs to the tail.
  const eleven = Float64Array.from({ length: 11 }, (_, index) => (index - 5) / 100)
  expect(risk(eleven, 0.9, 'linear').valueAtRisk).toBe(0.04)
  expect(risk(eleven, 0.9, 'linear').expectedShortfall).toBeCloseTo(0.045, 15)
})

test('every return that equals the quantile belongs to the tail', () => {
  const returns = Float64Array.of(-0.03, -0.01, -0.01, -0.01, 0.02)
  // Both neighbours of the quantile are -0.01, and a third one lies outside of the selection.
  expect(risk(returns, 0.65, 'linear').valueAtRisk).toBe(0.01)
  expect(risk(returns, 0.65, 'linear').expectedShortfall).toBeCloseTo(0.015, 15)
})

test('a share of less than one return gives the worst loss', () => {
  const returns = Float64Array.of(0.02, -0.07, 0.01)
  expect(risk(returns, 0.99, 'acerbi-tasche').valueAtRisk).toBe(0.07)
  expect(risk(returns, 0.99, 'acerbi-tasche').expectedShortfall).toBeCloseTo(0.07, 15)
  expect(risk(returns, 0.99, 'linear').expectedShortfall).toBe(0.07)
  expect(() => risk(returns, 0.99, 'quantlib')).toThrow('beyond the value at risk')
  expect(risk(Float64Array.of(0.02), 0.95, 'linear')).toMatchObject({ valueAtRisk: -0.02, expectedShortfall: -0.02 })
})

test('no return, and one that is no number, are errors', () => {
  for (const convention of varConventions) {
    expect(() => risk(new Float64Array(0), 0.95, convention)).toThrow('returns: there is no value')
    expect(() => risk(Float64Array.of(-0.1, Number.NaN, 0.1), 0.5, convention)).toThrow('value 1 of 3 is NaN')
  }
  expect(() => risk(toy, 1, 'linear')).toThrow('a confidence lies between 0 and 1')
})

const someReturns = fc
  .array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 200 })
  .map((drawn) => Float64Array.from(drawn, (value) => value / 1_000))
const someConfidence = fc.integer({ min: 1, max: 999 }).map((permille) => permille / 1_000)

test('in one convention the shortfall is not below the value at risk, nor beyond the worst loss', () => {
  fc.assert(
    fc.property(someReturns, someConfidence, fc.constantFrom(...varConventions), (returns, confidence, convention) => {
      const found = orNothing(() => risk(returns, confidence, convention))
      if (found === undefined) return
      expect(found.expectedShortfall).toBeGreaterThanOrEqual(found.valueAtRisk)
      expect(found.expectedShortfall).toBeLessThanOrEqual(-Math.min(...returns) + 1e-15)
    }),
    { numRuns: 500 },
  )
})

test('the figures are those of the sorted definition', () => {
  fc.assert(
    fc.property(someReturns, fc.integer({ min: 1, max: 99 }), (returns, percent) => {
      const found = risk(returns, 1 - percent / 100, 'acerbi-tasche')
      const sorted = returns.slice().sort()
      // In whole hundredths of a return nothing rounds.
      const hundredths = returns.length * percent
      expect(found.valueAtRisk).toBe(-(sorted[Math.ceil(hundredths / 100) - 1] ?? Number.NaN))
      const shares = sorted.map((value, index) => value * Math.min(100, Math.max(0, hundredths - 100 * index)))
      expect(found.expectedShortfall).toBeCloseTo(-shares.reduce((sum, share) => sum + share, 0) / hundredths, 13)
    }),
    { numRuns: 500 },
  )
})

test('the shortfall of Acerbi and Tasche is subadditive', () => {
  const pairs = fc.array(fc.tuple(fc.integer({ min: -99, max: 99 }), fc.integer({ min: -99, max: 99 })), {
    minLength: 1,
    maxLength: 100,
  })
  fc.assert(
    fc.property(pairs, someConfidence, (drawn, confidence) => {
      const shortfall = (of: (pair: readonly [number, number]) => number): number =>
        risk(Float64Array.from(drawn, of), confidence, 'acerbi-tasche').expectedShortfall
      const apart = shortfall(([left]) => left) + shortfall(([, right]) => right)
      expect(shortfall(([left, right]) => left + right)).toBeLessThanOrEqual(apart + 1e-10)
    }),
  )
})

function orNothing<Value>(make: () => Value): Value | undefined {
  try {
    return make()
  } catch {
    return undefined
  }
}
