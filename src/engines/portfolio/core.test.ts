import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Random } from '../../core/random.js'
import { matchingConfig } from '../matching/config.js'
import { Venue } from '../matching/core.js'
import { fillWith, newOrderWith, tickWith } from '../model/message-fixture.js'
import { portfolioConfig } from './config.js'
import { Portfolio } from './core.js'

const opened = (settings: unknown = {}): Portfolio => new Portfolio(portfolioConfig.parse(settings))

test('fills and marks become positions and totals, worked out by hand', () => {
  const portfolio = opened()
  portfolio.mark(tickWith({ bid: 99, ask: 101 }))
  expect(portfolio.apply(fillWith({ execId: 1, lastQty: 10, lastPrice: 101 }))).toBe('applied')
  expect(portfolio.apply(fillWith({ execId: 2, symbol: 'T', side: 'sell', lastQty: 4, lastPrice: 50 }))).toBe('applied')
  expect(portfolio.apply(fillWith({ execId: 3, side: 'sell', lastQty: 6, lastPrice: 104 }))).toBe('applied')
  portfolio.mark(tickWith({ bid: 102, ask: 103 }))
  const s = { account: 'desk', symbol: 'S', qty: 4, averagePrice: 101, mark: 102.5, exposure: 410 }
  const t = { account: 'desk', symbol: 'T', qty: -4, averagePrice: 50, mark: 50, exposure: -200 }
  expect(portfolio.positions()).toEqual([
    { ...s, realised: 18, unrealised: 6 },
    { ...t, realised: 0, unrealised: 0 },
  ])
  expect(portfolio.total()).toEqual({ gross: 610, net: 210, realised: 18, unrealised: 6 })
})

test.each([
  { name: 'a report that came before', changes: { execId: 1 }, applied: 'repeated' },
  { name: 'a report without a fill', changes: { execType: 'canceled', ordStatus: 'canceled' }, applied: 'noFill' },
  { name: 'the market maker of the venue', changes: { account: 'house' }, applied: 'otherAccount' },
  { name: 'a fill of no lots', changes: { lastQty: 0 }, applied: 'invalid' },
  { name: 'a price between ticks', changes: { lastPrice: 100.5 }, applied: 'invalid' },
  { name: 'a symbol beyond the limit', changes: { symbol: 'T' }, applied: 'overflow' },
  { name: 'a position beyond the limit', changes: { account: 'other' }, applied: 'overflow' },
] as const)('$name changes nothing', ({ changes, applied }) => {
  const portfolio = opened({ symbolsMax: 1, positionsMax: 1 })
  portfolio.apply(fillWith({ execId: 1 }))
  const before = portfolio.takeChanged()
  expect(portfolio.apply(fillWith({ execId: 2, ...changes }))).toBe(applied)
  expect(portfolio.positions()).toEqual(before)
  expect(portfolio.takeChanged()).toEqual([])
})

test('where accounts are named, only theirs are kept', () => {
  const portfolio = opened({ accounts: ['house'] })
  expect(portfolio.apply(fillWith({ execId: 1 }))).toBe('otherAccount')
  expect(portfolio.apply(fillWith({ execId: 2, account: 'house', side: 'sell' }))).toBe('applied')
  expect(portfolio.positions()).toMatchObject([{ account: 'house', qty: -10 }])
})

test('one-sided and crossed ticks mark nothing, and only what moved is told again', () => {
  const portfolio = opened()
  portfolio.apply(fillWith({ execId: 1, lastPrice: 100 }))
  expect(portfolio.takeChanged()).toMatchObject([{ symbol: 'S', mark: 100 }])
  // Without any quote the newest fill is all there is to value by.
  portfolio.apply(fillWith({ execId: 2, lastPrice: 100 + 4 }))
  expect(portfolio.takeChanged()).toMatchObject([{ symbol: 'S', mark: 104, unrealised: 40 }])
  for (const tick of [tickWith({ bid: 0 }), tickWith({ ask: 0 }), tickWith({ bid: 102, ask: 101, crossed: true })]) {
    expect(portfolio.mark(tick)).toBe('unquoted')
  }
  portfolio.mark(tickWith({ symbol: 'T', bid: 7, ask: 9 }))
  portfolio.mark(tickWith({ bid: 99, ask: 101 }))
  expect(portfolio.takeChanged()).toMatchObject([{ symbol: 'S', mark: 100 }])
  portfolio.mark(tickWith({ bid: 99, ask: 101 }))
  expect(portfolio.hasChanged).toBe(false)
  portfolio.mark(tickWith({ bid: 100, ask: 101 }))
  expect(portfolio.takeChanged()).toMatchObject([{ symbol: 'S', mark: 100.5 }])
})

test('at a real venue the accounts hold what the venue says, and all profits sum to zero', () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const random = new Random(seed)
      const venue = new Venue(matchingConfig.parse({ house: { qty: 20 } }), 1)
      const accounts = ['desk', 'client', 'house']
      const portfolio = opened({ accounts })
      for (let orderId = 1; orderId <= 200; orderId += 1) {
        const symbol = `S${random.below(3)}`
        const bid = 1_000 + random.below(20)
        portfolio.mark(tickWith({ symbol, bid, ask: bid + 2 }))
        const side = random.below(2) === 0 ? 'buy' : 'sell'
        const price = side === 'buy' ? bid + 1 + random.below(4) : bid - random.below(4)
        const order = { orderId, account: accounts[random.below(2)] ?? '', symbol, side, price } as const
        const qty = 1 + random.below(40)
        const timeInForce = random.below(2) === 0 ? 'gtc' : 'ioc'
        const { reports } = venue.execute(newOrderWith({ ...order, qty, timeInForce, bid, ask: bid + 2 }))
        for (const report of reports) portfolio.apply(report)
      }
      const positions = portfolio.positions()
      for (const { account, symbol, qty, notional } of venue.takeChangedPositions()) {
        const found = positions.find((position) => position.account === account && position.symbol === symbol)
        expect(found?.qty).toBe(qty)
        const profit = (found?.realised ?? 0) + (found?.unrealised ?? 0)
        expect(profit).toBeCloseTo(qty * (found?.mark ?? 0) - Number(notional), 6)
      }
      const total = portfolio.total()
      expect(total.net).toBe(0)
      expect(total.gross).toBeGreaterThan(0)
      expect(total.realised + total.unrealised).toBeCloseTo(0, 6)
    }),
    { numRuns: 30 },
  )
})
