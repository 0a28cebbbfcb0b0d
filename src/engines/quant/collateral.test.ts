import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type Commodity,
  type Contract,
  collateralValue,
  MarginModel,
  type MarginRules,
  marginCall,
} from './collateral.js'
import { type FutureOption, futureRiskArray, optionDelta, optionRiskArray } from './risk-array.js'

const free: Commodity = { calendarCharge: 0, deliveryCharge: 0, shortOptionMin: 0 }

const future = (options: Partial<Contract> & { readonly range?: number } = {}): Contract => ({
  commodity: 0,
  expiry: '2026-12',
  kind: 'future',
  inDelivery: false,
  delta: 1,
  riskArray: futureRiskArray(options.range ?? 1_200),
  ...options,
})

function option(kind: 'call' | 'put', strike: number, commodity = 0): Contract {
  const terms: FutureOption = { kind, price: 100, strike, yearsToExpiry: 0.25, volatilityPerYear: 0.3 }
  return {
    commodity,
    expiry: '2026-12',
    kind: 'option',
    inDelivery: false,
    delta: optionDelta(terms),
    riskArray: optionRiskArray(terms, { price: 12, volatilityPerYear: 0.05 }),
  }
}

const required = (rules: MarginRules, ...quantities: number[]): number =>
  new MarginModel(rules).requirement(Float64Array.from(quantities))

test('two futures held long with a range of 1200 ask for 2400', () => {
  expect(required({ commodities: [free], contracts: [future()], spreads: [] }, 2)).toBe(2_400)
})

test('one long and one short of the same expiry ask for nothing', () => {
  const rules = { commodities: [{ ...free, calendarCharge: 100 }], contracts: [future(), future()], spreads: [] }
  expect(required(rules, 1, -1)).toBe(0)
})

test('one long and one short of different expiries ask for the calendar charge', () => {
  const contracts = [future(), future({ expiry: '2027-03' }), future({ expiry: '2027-06' })]
  const rules = { commodities: [{ ...free, calendarCharge: 100 }], contracts, spreads: [] }
  expect(required(rules, 1, -1, 0)).toBe(100)
  // Three long against two short in two expiries: two spreads, and one future left over.
  expect(required(rules, 3, -1, -1)).toBe(1_200 + 200)
})

test('a contract in delivery is charged whichever side it is on', () => {
  const contracts = [future({ inDelivery: true }), future({ expiry: '2027-03' })]
  const rules = { commodities: [{ ...free, deliveryCharge: 50 }], contracts, spreads: [] }
  expect(required(rules, -2, 1)).toBe(1_200 + 100)
})

test('options sold far from the money ask for their minimum', () => {
  const rules = { commodities: [{ ...free, shortOptionMin: 3 }], contracts: [option('call', 300)], spreads: [] }
  expect(required(rules, -10)).toBe(30)
  expect(required(rules, 10)).toBeLessThan(0.001)
  // At the money the scan is above the minimum, and takes its place.
  const near = { ...rules, contracts: [option('call', 100)] }
  expect(required(near, -10)).toBe(required({ ...near, commodities: [free] }, -10))
})

const related: MarginRules = {
  commodities: [free, free],
  contracts: [future({ range: 1_000 }), future({ commodity: 1, range: 600 })],
  spreads: [
    {
      legs: [
        { commodity: 0, deltas: 1 },
        { commodity: 1, deltas: -2 },
      ],
      creditRate: 0.5,
    },
  ],
}

test('commodities that stand against each other are given a credit, as far as their deltas reach', () => {
  // One of two pairs of the second leg is left over: (1000 + 2 x 600) / 2 off 3 x 1000 + 3 x 600, times 1.5 spreads.
  expect(required(related, 3, -3)).toBeCloseTo(3_000 + 1_800 - 1.5 * 0.5 * (1_000 + 2 * 600), 9)
  expect(required(related, -3, 3)).toBe(required(related, 3, -3))
  expect(required(related, 3, 3)).toBe(4_800)
  expect(required(related, 3, 0)).toBe(3_000)
})

test('a delta serves the first spread that can take it, and only once', () => {
  const third = { commodity: 2, range: 500 }
  const rules: MarginRules = {
    commodities: [free, free, free],
    contracts: [...related.contracts, future(third)],
    spreads: [
      ...related.spreads,
      {
        legs: [
          { commodity: 0, deltas: 1 },
          { commodity: 2, deltas: -1 },
        ],
        creditRate: 1,
      },
    ],
  }
  // The first spread takes one delta of the first commodity and two of the second, the other one what is left of the first.
  expect(required(rules, 3, -2, -9)).toBeCloseTo(3_000 + 1_200 + 4_500 - 0.5 * (1_000 + 1_200) - 2 * (1_000 + 500), 9)
})

const desk: MarginRules = {
  commodities: [
    { calendarCharge: 2, deliveryCharge: 1, shortOptionMin: 0.5 },
    { calendarCharge: 0, deliveryCharge: 0, shortOptionMin: 0.25 },
  ],
  contracts: [
    future({ range: 12 }),
    future({ range: 12, expiry: '2027-03', inDelivery: true }),
    option('call', 95),
    option('put', 90),
    future({ range: 20, commodity: 1 }),
    option('call', 120, 1),
  ],
  spreads: [
    {
      legs: [
        { commodity: 0, deltas: 1 },
        { commodity: 1, deltas: -1 },
      ],
      creditRate: 0.8,
    },
  ],
}
const somePortfolio = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 6, maxLength: 6 })

/** What is asked for the worst scenario alone. */
function scanOf(quantities: readonly number[]): number {
  const model = new MarginModel(desk)
  model.requirement(Float64Array.from(quantities))
  return model.parts.scan.reduce((sum, scan) => sum + scan, 0)
}

test('scan risk is subadditive: two accounts together never have more than apart', () => {
  fc.assert(
    fc.property(somePortfolio, somePortfolio, (left, right) => {
      const both = left.map((quantity, index) => quantity + (right[index] ?? 0))
      expect(scanOf(both)).toBeLessThanOrEqual(scanOf(left) + scanOf(right) + 1e-9)
    }),
  )
})

test('a requirement grows in proportion, is never negative, and its parts make it up', () => {
  const model = new MarginModel(desk)
  fc.assert(
    fc.property(somePortfolio, fc.integer({ min: 1, max: 9 }), (drawn, times) => {
      const once = model.requirement(Float64Array.from(drawn))
      const { scan, calendar, delivery, credit, shortOptionMin, requirement } = model.parts
      let sum = 0
      for (let index = 0; index < 2; index += 1) {
        const of = (column: Float64Array): number => column[index] ?? Number.NaN
        const charged = of(scan) + of(calendar) + of(delivery) - of(credit)
        expect(of(requirement)).toBe(Math.max(charged, of(shortOptionMin)))
        expect(of(credit)).toBeLessThanOrEqual(of(scan) + 1e-9)
        sum += of(requirement)
      }
      expect(once).toBe(sum)
      expect(once).toBeGreaterThanOrEqual(0)
      expect(model.requirement(Float64Array.from(drawn, (quantity) => times * quantity))).toBeCloseTo(times * once, 6)
    }),
  )
})

test('futures ask for as much long as short, and for more where the range is wider', () => {
  const some = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 3, maxLength: 3 })
  const rules = (range: number): MarginRules => ({
    commodities: [{ ...free, calendarCharge: 5, deliveryCharge: 2 }],
    contracts: [future({ range }), future({ range, expiry: '2027-03' }), future({ range, inDelivery: true })],
    spreads: [],
  })
  fc.assert(
    fc.property(some, fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 500 }), (drawn, range, wider) => {
      const asked = required(rules(range), ...drawn)
      expect(required(rules(range), ...drawn.map((quantity) => -quantity))).toBe(asked)
      expect(required(rules(range + wider), ...drawn)).toBeGreaterThanOrEqual(asked - 1e-9)
    }),
  )
})

test('an empty portfolio asks for nothing, whatever was asked before', () => {
  const model = new MarginModel(desk)
  expect(model.requirement(Float64Array.of(5, -7, -3, 2, 9, -9))).toBeGreaterThan(0)
  expect(model.requirement(new Float64Array(6))).toBe(0)
})

test('collateral counts less its haircut and that of its currency, and what is missing is called', () => {
  const assets = [
    { marketValue: 1_000, haircut: 0, currencyHaircut: 0 },
    { marketValue: 2_000, haircut: 0.05, currencyHaircut: 0.1 },
  ]
  expect(collateralValue(assets)).toBeCloseTo(1_000 + 2_000 * 0.95 * 0.9, 9)
  expect(collateralValue([])).toBe(0)
  expect(marginCall(2_710, 2_400)).toBe(0)
  expect(marginCall(2_400, 2_400)).toBe(0)
  expect(marginCall(2_000, 2_400)).toBe(400)
})

test.each<{ name: string; rules: Partial<MarginRules>; text: string }>([
  { name: 'an unknown commodity', rules: { contracts: [future({ commodity: 7 })] }, text: 'commodity of a contract' },
  { name: 'half a risk array', rules: { contracts: [future({ riskArray: new Float64Array(8) })] }, text: 'risk array' },
  { name: 'a negative charge', rules: { commodities: [{ ...free, calendarCharge: -1 }] }, text: 'not negative' },
])('rules with $name are refused', ({ rules, text }) => {
  expect(() => new MarginModel({ commodities: [free], contracts: [future()], spreads: [], ...rules })).toThrow(text)
})

test('what is no quantity, haircut or value is refused', () => {
  const rules = { commodities: [free], contracts: [future()], spreads: [] }
  expect(() => required(rules)).toThrow('every contract has a quantity')
  expect(() => required(rules, Number.NaN)).toThrow('every quantity is a finite number')
  expect(() => collateralValue([{ marketValue: 1, haircut: 1.1, currencyHaircut: 0 }])).toThrow('between 0 and 1')
  expect(() => collateralValue([{ marketValue: -1, haircut: 0, currencyHaircut: 0 }])).toThrow('is not collateral')
})
