import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type FutureOption,
  futureRiskArray,
  optionDelta,
  optionRiskArray,
  optionValue,
  scenarioCount,
} from './risk-array.js'

const yearAtTheMoney: FutureOption = { kind: 'call', price: 100, strike: 100, yearsToExpiry: 1, volatilityPerYear: 0.2 }

test('a future loses by thirds of its range, and a third of an extreme move', () => {
  const losses = [...futureRiskArray(1_200)].map((loss) => Math.round(loss * 1e6) / 1e6 + 0)
  expect(losses).toEqual([0, 0, -400, -400, 400, 400, -800, -800, 800, 800, -1200, -1200, 1200, 1200, -1188, 1188])
})

test("an option is worth what Black's formula says", () => {
  // 100 (2 Phi(0.1) - 1), and the price of the textbook case at a strike of 110.
  expect(optionValue(yearAtTheMoney)).toBeCloseTo(7.965567455405804, 11)
  expect(optionValue({ ...yearAtTheMoney, kind: 'put' })).toBeCloseTo(7.965567455405804, 11)
  expect(optionDelta(yearAtTheMoney)).toBeCloseTo(0.539827837277029, 13)
  expect(optionDelta({ ...yearAtTheMoney, kind: 'put' })).toBeCloseTo(-0.460172162722971, 13)
})

test.each([
  { name: 'no time', option: { ...yearAtTheMoney, yearsToExpiry: 0 } },
  { name: 'no volatility', option: { ...yearAtTheMoney, volatilityPerYear: 0 } },
])('with $name left an option is worth what it would be exercised for', ({ option }) => {
  expect(optionValue({ ...option, price: 120 })).toBe(20)
  expect(optionDelta({ ...option, price: 120 })).toBe(1)
  expect(optionValue({ ...option, price: 80 })).toBe(0)
  expect(optionDelta({ ...option, price: 80, kind: 'put' })).toBe(-1)
  expect(optionDelta({ ...option, price: 100 })).toBe(0)
})

const someOption = fc.record({
  kind: fc.constantFrom('call', 'put'),
  price: fc.double({ min: 20, max: 200, noNaN: true }),
  strike: fc.double({ min: 20, max: 200, noNaN: true }),
  yearsToExpiry: fc.double({ min: 0.01, max: 3, noNaN: true }),
  volatilityPerYear: fc.double({ min: 0.05, max: 1, noNaN: true }),
})

test('a call less a put is the future less the strike', () => {
  fc.assert(
    fc.property(someOption, (option) => {
      const [call, put] = [{ ...option, kind: 'call' } as const, { ...option, kind: 'put' } as const]
      expect(optionValue(call) - optionValue(put)).toBeCloseTo(option.price - option.strike, 9)
      expect(optionDelta(call) - optionDelta(put)).toBeCloseTo(1, 12)
    }),
  )
})

test('a delta is the change of value with the price', () => {
  fc.assert(
    fc.property(someOption, (option) => {
      const step = 1e-3
      const moved = (by: number): number => optionValue({ ...option, price: option.price + by })
      expect(optionDelta(option)).toBeCloseTo((moved(step) - moved(-step)) / (2 * step), 5)
    }),
  )
})

test('who holds an option cannot lose more than it is worth, and gains with volatility', () => {
  fc.assert(
    fc.property(someOption, (option) => {
      const losses = optionRiskArray(option, { price: 15, volatilityPerYear: 0.1 })
      expect(losses.length).toBe(scenarioCount)
      for (const loss of losses) expect(loss).toBeLessThanOrEqual(optionValue(option) + 1e-9)
      for (let scenario = 0; scenario < 14; scenario += 2) {
        expect(losses[scenario]).toBeLessThanOrEqual((losses[scenario + 1] ?? Number.NaN) + 1e-9)
      }
    }),
  )
})

test('a range wider than the price does not carry it below zero', () => {
  const losses = optionRiskArray(yearAtTheMoney, { price: 90, volatilityPerYear: 0.5 })
  expect(losses.every(Number.isFinite)).toBe(true)
  expect(losses[15]).toBeCloseTo(0.33 * optionValue(yearAtTheMoney), 9)
})

test('what is no price, range or span is refused', () => {
  expect(() => futureRiskArray(-1)).toThrow('a price range is not negative')
  expect(() => optionValue({ ...yearAtTheMoney, price: 0 })).toThrow('a price and a strike are positive')
  expect(() => optionValue({ ...yearAtTheMoney, yearsToExpiry: -1 })).toThrow('not negative')
})
