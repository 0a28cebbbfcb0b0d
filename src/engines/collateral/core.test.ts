import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fillWith, tickWith } from '../model/message-fixture.js'
import type { AccountCollateral } from '../model/observer-messages.js'
import { collateralConfig } from './config.js'
import { CollateralBook } from './core.js'

const opened = (settings: unknown = {}): CollateralBook => new CollateralBook(collateralConfig.parse(settings))

/** Fills by symbol, all at one price; below zero are sold. */
function holding(
  settings: unknown,
  lots: Readonly<Record<string, number>>,
  lastPrice = 100,
): AccountCollateral | undefined {
  const book = opened(settings)
  Object.entries(lots).forEach(([symbol, qty], execId) => {
    const side = qty > 0 ? 'buy' : 'sell'
    expect(book.apply(fillWith({ execId, symbol, side, lastQty: Math.abs(qty), lastPrice }))).toBe('applied')
  })
  return book.accounts()[0]
}

const future = (symbol: string, changes: object = {}): object => ({
  symbol,
  commodity: 'oil',
  expiry: 'march',
  ...changes,
})

test('positions, marks and assets become a requirement and a margin call, worked out by hand', () => {
  const assets = [
    { account: 'desk', marketValue: 100, haircut: '10%', currencyHaircut: '20%' },
    { account: 'desk', marketValue: 8 },
    { account: 'other', marketValue: 5 },
  ]
  const book = opened({ priceRange: '12%', assets })
  book.mark(tickWith({ bid: 99, ask: 101 }))
  expect(book.apply(fillWith({ execId: 1, lastQty: 10, lastPrice: 90 }))).toBe('applied')
  const free = { scan: 0, charges: 0, credit: 0, shortOptionMin: 0, requirement: 0, marginCall: 0, unvalued: 0 }
  const other = { account: 'other', ...free, collateral: 5, excess: 5 }
  const desk = { account: 'desk', ...free, collateral: 80, scan: 120, requirement: 120, excess: -40, marginCall: 40 }
  expect(book.accounts()).toEqual([desk, other])
  // Sold down to a half, and marked up to the double: as much as before.
  book.apply(fillWith({ execId: 2, side: 'sell', lastQty: 5, lastPrice: 150 }))
  expect(book.accounts()[0]).toMatchObject({ requirement: 60, excess: 20, marginCall: 0 })
  book.mark(tickWith({ bid: 199, ask: 201 }))
  expect(book.accounts()).toEqual([desk, other])
})

test('two contracts held long with a range of 1200 ask for 2400, as the same held short do', () => {
  const settings = { contracts: [future('S', { priceRange: '12%' })] }
  for (const qty of [2, -2]) {
    expect(holding(settings, { S: qty }, 10_000)).toMatchObject({ scan: 2_400, requirement: 2_400 })
  }
})

test.each([
  { name: 'one expiry move as one', expiry: 'march', lots: { A: 1, B: -1 }, figures: { scan: 0, requirement: 0 } },
  {
    name: 'two expiries are charged for each delta between them',
    expiry: 'june',
    lots: { A: 3, B: -2 },
    figures: { scan: 5, charges: 14, requirement: 19 },
  },
])('contracts of $name', ({ expiry, lots, figures }) => {
  const contracts = [future('A'), future('B', { expiry })]
  const commodities = [{ name: 'oil', calendarCharge: 7 }]
  expect(holding({ contracts, commodities }, lots)).toMatchObject(figures)
})

test('a contract in delivery is charged, on whichever side', () => {
  const settings = { contracts: [future('A', { inDelivery: true })], commodities: [{ name: 'oil', deliveryCharge: 3 }] }
  for (const qty of [2, -2])
    expect(holding(settings, { A: qty })).toMatchObject({ scan: 10, charges: 6, requirement: 16 })
})

test('a spread gives back a share of the scan risk of both legs where they are on opposite sides', () => {
  // A symbol that is not listed is a commodity of its own name.
  const spreads = [{ commodity: 'oil', deltas: 2, against: 'GAS', creditRate: '40%' }]
  const settings = { contracts: [future('A')], spreads }
  expect(holding(settings, { A: 4, GAS: -2 })).toMatchObject({ scan: 30, credit: 12, requirement: 18 })
  expect(holding(settings, { A: 4, GAS: 2 })).toMatchObject({ scan: 30, credit: 0, requirement: 30 })
})

const option = { kind: 'call', underlying: 'A', strike: 100, yearsToExpiry: 0.5 }

test('an option is valued by the mark of its underlying, and is told of while there is none', () => {
  const contracts = [future('A'), future('C', { option })]
  const book = opened({ contracts, commodities: [{ name: 'oil', shortOptionMin: 2 }] })
  book.apply(fillWith({ execId: 1, symbol: 'C', side: 'sell', lastQty: 10, lastPrice: 8 }))
  expect(book.accounts()).toMatchObject([{ scan: 0, shortOptionMin: 20, requirement: 20, unvalued: 1 }])
  book.mark(tickWith({ symbol: 'A', bid: 99, ask: 101 }))
  const [atMoney] = book.accounts()
  expect(atMoney).toMatchObject({ unvalued: 0, shortOptionMin: 20 })
  // At least half a delta of ten calls over a move of five, at most all of it and the move of the volatility.
  expect(atMoney?.requirement).toBeGreaterThan(0.5 * 10 * 5)
  expect(atMoney?.requirement).toBeLessThan(10 * 5)
  // Far out of the money the scenarios see nothing.
  book.mark(tickWith({ symbol: 'A', bid: 9, ask: 11 }))
  expect(book.accounts()[0]?.scan).toBeLessThan(1e-6)
  expect(book.accounts()).toMatchObject([{ requirement: 20 }])
  // The underlying offsets its option.
  book.mark(tickWith({ symbol: 'A', bid: 99, ask: 101 }))
  book.apply(fillWith({ execId: 2, symbol: 'A', side: 'buy', lastQty: 5 }))
  expect(book.accounts()[0]?.scan).toBeLessThan(0.5 * (atMoney?.scan ?? 0))
})

test.each([
  { name: 'a report that came before', changes: { execId: 1 }, applied: 'repeated' },
  { name: 'a report without a fill', changes: { execType: 'canceled', ordStatus: 'canceled' }, applied: 'noFill' },
  { name: 'the market maker of the venue', changes: { account: 'house' }, applied: 'otherAccount' },
  { name: 'a fill of no lots', changes: { lastQty: 0 }, applied: 'invalid' },
  { name: 'a price between ticks', changes: { lastPrice: 100.5 }, applied: 'invalid' },
  { name: 'a price of nothing', changes: { lastPrice: 0 }, applied: 'invalid' },
  { name: 'a symbol beyond the limit', changes: { symbol: 'T' }, applied: 'overflow' },
  { name: 'a position beyond the limit', changes: { account: 'other' }, applied: 'overflow' },
] as const)('$name changes nothing', ({ changes, applied }) => {
  const book = opened({ symbolsMax: 1, positionsMax: 1 })
  book.apply(fillWith({ execId: 1 }))
  const before = book.takeChanged()
  expect(before).toMatchObject([{ account: 'desk', requirement: 50 }])
  expect(book.apply(fillWith({ execId: 2, ...changes }))).toBe(applied)
  expect(book.mayHaveChanged).toBe(false)
  expect(book.accounts()).toEqual(before)
  expect(book.apply(fillWith({ execId: 3 }))).toBe('applied')
})

test('a full table takes no further symbol, and no mark of one', () => {
  const book = opened({ symbolsMax: 1 })
  book.apply(fillWith({ execId: 1 }))
  expect(book.apply(fillWith({ execId: 2, symbol: 'T' }))).toBe('overflow')
  expect(book.mark(tickWith({ symbol: 'T' }))).toBe('overflow')
  expect(book.positionCount).toBe(1)
})

test('only what came to differ is told, and one-sided and crossed ticks mark nothing', () => {
  const book = opened({ priceRange: '50%' })
  book.apply(fillWith({ execId: 1 }))
  book.apply(fillWith({ execId: 2, account: 'other', symbol: 'T' }))
  expect(book.takeChanged().map(({ account }) => account)).toEqual(['desk', 'other'])
  for (const tick of [tickWith({ bid: 0 }), tickWith({ ask: 0 }), tickWith({ bid: 102, ask: 101, crossed: true })]) {
    expect(book.mark(tick)).toBe('unquoted')
  }
  expect(book.mayHaveChanged).toBe(false)
  // The quote agrees with the fill that stood in for it; then it moves.
  book.mark(tickWith({ bid: 99, ask: 101 }))
  expect(book.takeChanged()).toEqual([])
  book.mark(tickWith({ bid: 100, ask: 102 }))
  // Where there is a quote, a fill marks nothing.
  book.apply(fillWith({ execId: 3, account: 'other', lastQty: 1, lastPrice: 50 }))
  expect(book.takeChanged()).toMatchObject([
    { account: 'desk', requirement: 505 },
    { account: 'other', requirement: 550.5 },
  ])
})

test.each([
  {
    name: 'a symbol named twice',
    settings: { contracts: [future('A'), future('A')] },
    text: 'must name each symbol once',
  },
  {
    name: 'a commodity named twice',
    settings: { commodities: [{ name: 'oil' }, { name: 'oil' }] },
    text: 'must name each commodity once',
  },
  {
    name: 'a spread within one commodity',
    settings: { spreads: [{ commodity: 'oil', against: 'oil', creditRate: '10%' }] },
    text: 'must be of two commodities',
  },
])('settings with $name are refused', ({ settings, text }) => {
  const parsed = collateralConfig.safeParse(settings)
  expect(parsed.error?.issues.map(({ message }) => message)).toEqual([text])
})

const someFills = fc.array(
  fc.record({
    account: fc.constantFrom('desk', 'other'),
    symbol: fc.constantFrom('A', 'B', 'C'),
    side: fc.constantFrom('buy' as const, 'sell' as const),
    lastQty: fc.integer({ min: 1, max: 50 }),
    mark: fc.integer({ min: 2, max: 500 }),
  }),
  { minLength: 1, maxLength: 40 },
)

test('after any fills and marks a requirement is that of the net position by commodity, and margin is subadditive', () => {
  fc.assert(
    fc.property(someFills, fc.integer({ min: 1, max: 90 }), (fills, percent) => {
      // A and B are one commodity and expiry, C is its own.
      const settings = { priceRange: `${percent}%`, contracts: [future('A'), future('B')] }
      const [book, joint] = [opened(settings), opened(settings)]
      const marks = new Map<string, number>()
      fills.forEach(({ mark, ...fill }, execId) => {
        for (const one of [book, joint]) one.mark(tickWith({ symbol: fill.symbol, bid: mark - 1, ask: mark + 1 }))
        marks.set(fill.symbol, mark)
        book.apply(fillWith({ ...fill, execId }))
        joint.apply(fillWith({ ...fill, execId, account: 'joint' }))
      })
      const exposure = (account: string, symbol: string): number =>
        fills
          .filter((fill) => fill.account === account && fill.symbol === symbol)
          .reduce((sum, { side, lastQty }) => sum + (side === 'buy' ? lastQty : -lastQty), 0) * (marks.get(symbol) ?? 0)
      let apart = 0
      for (const { account, requirement, unvalued } of book.accounts()) {
        const [oil, own] = [exposure(account, 'A') + exposure(account, 'B'), exposure(account, 'C')]
        expect(requirement).toBeCloseTo(((Math.abs(oil) + Math.abs(own)) * percent) / 100, 6)
        expect(unvalued).toBe(0)
        apart += requirement
      }
      expect(joint.accounts()[0]?.requirement).toBeLessThanOrEqual(apart + 1e-6)
    }),
  )
})
