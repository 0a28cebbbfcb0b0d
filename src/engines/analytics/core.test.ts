import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Random } from '../../core/random.js'
import { type InstantNs, instantNs, nsPerSec } from '../../core/units.js'
import { matchingConfig } from '../matching/config.js'
import { Venue } from '../matching/core.js'
import { fillWith, newOrderWith, tickWith } from '../model/message-fixture.js'
import type { ExecutionReport } from '../model/messages.js'
import { analyticsConfig } from './config.js'
import { Analytics } from './core.js'

const opened = (settings: unknown = {}): Analytics => new Analytics(analyticsConfig.parse(settings))
const second = (count: number): InstantNs => instantNs(count * nsPerSec)
const acceptedWith = (changes: Partial<ExecutionReport>): ExecutionReport =>
  fillWith({ execType: 'new', ordStatus: 'new', lastQty: 0, lastPrice: 0, cumQty: 0, leavesQty: 10, ...changes })

test('an order from its arrival to its fills, worked out by hand', () => {
  const analytics = opened()
  analytics.tick(tickWith({ bid: 99, ask: 101 }), second(1))
  expect(analytics.report(acceptedWith({ execId: 1, leavesQty: 30 }), second(1))).toBe('noFill')
  // The market moves away before the order fills: its arrival price is still 100.
  analytics.tick(tickWith({ bid: 103, ask: 105 }), second(2))
  expect(analytics.report(fillWith({ execId: 2, lastQty: 10, lastPrice: 103, leavesQty: 20 }), second(2))).toBe('fill')
  expect(analytics.report(fillWith({ execId: 3, account: 'house', side: 'sell', lastPrice: 103 }), second(2))).toBe(
    'otherAccount',
  )
  expect(analytics.report(fillWith({ execId: 4, lastQty: 20, lastPrice: 105 }), second(2))).toBe('fill')
  analytics.tick(tickWith({ bid: 100, ask: 102 }), second(4))
  expect(analytics.symbols()).toEqual([
    {
      symbol: 'S',
      vwap: (10 * 103 + 20 * 105) / 30,
      volume: 30,
      // 100 for one second, 104 for two.
      twap: expect.closeTo(308 / 3, 12),
      turnover: 3_130,
      // 10 x 3 + 20 x 5 above the arrival, on 30 x 100.
      slippage: 130,
      slippageBps: expect.closeTo((130 / 3_000) * 10_000, 9),
      // Marked at 104: 10, then 30 x 104 - 3130 = -10; marked at 101: -100.
      profit: -100,
      drawdownMax: 110,
      sharpe: expect.any(Number),
    },
  ])
  expect(analytics.total()).toMatchObject({ profit: -100, drawdownMax: 110, turnover: 3_130, slippage: 130 })
})

test('slippage is positive where it was worse to trade than at the arrival, on both sides', () => {
  const analytics = opened()
  const slippages = (['buy', 'sell'] as const).flatMap((side, index) =>
    [101, 99].map((lastPrice, turn) => {
      const [symbol, orderId] = [`${side}${lastPrice}`, 2 * index + turn]
      analytics.tick(tickWith({ symbol, bid: 99, ask: 101 }), second(1))
      analytics.report(acceptedWith({ symbol, side, orderId, execId: 2 * orderId }), second(1))
      analytics.report(fillWith({ symbol, side, orderId, lastPrice, execId: 2 * orderId + 1 }), second(1))
      return analytics.symbols().at(-1)?.slippage
    }),
  )
  expect(slippages).toEqual([10, -10, -10, 10])
  expect(analytics.total().slippage).toBe(0)
})

test.each([
  { name: 'a report that came before', changes: { execId: 2 }, applied: 'repeated' },
  { name: 'a fill of no lots', changes: { lastQty: 0 }, applied: 'invalid' },
  { name: 'a symbol beyond the limit', changes: { symbol: 'T' }, applied: 'overflow' },
] as const)('$name changes nothing', ({ changes, applied }) => {
  const analytics = opened({ symbolsMax: 1 })
  analytics.tick(tickWith({}), second(1))
  analytics.report(acceptedWith({ execId: 1 }), second(1))
  analytics.report(fillWith({ execId: 2, leavesQty: 5 }), second(1))
  const before = [analytics.symbols(), analytics.total()]
  expect(analytics.report(fillWith({ execId: 3, ...changes }), second(1))).toBe(applied)
  expect([analytics.symbols(), analytics.total()]).toEqual(before)
})

test('a fill without a known arrival counts in the turnover only', () => {
  const analytics = opened({ ordersMax: 1 })
  // No quote yet when the first order arrives; no room when the third does.
  analytics.report(acceptedWith({ execId: 1, orderId: 1 }), second(1))
  analytics.tick(tickWith({}), second(1))
  analytics.report(acceptedWith({ execId: 2, orderId: 2 }), second(1))
  analytics.report(acceptedWith({ execId: 3, orderId: 3 }), second(1))
  const fills = [1, 2, 3].map((orderId) =>
    analytics.report(fillWith({ execId: 3 + orderId, orderId, lastPrice: 102 }), second(1)),
  )
  expect(fills).toEqual(['fillWithoutArrival', 'fill', 'fillWithoutArrival'])
  expect(analytics.total()).toMatchObject({ turnover: 3_060, slippage: 20, slippageBps: 200 })
})

test('a cancel makes room for the arrival of another order', () => {
  const analytics = opened({ ordersMax: 1 })
  analytics.tick(tickWith({}), second(1))
  analytics.report(acceptedWith({ execId: 1, orderId: 1 }), second(1))
  analytics.report(acceptedWith({ execId: 2, orderId: 1, execType: 'canceled', leavesQty: 0 }), second(1))
  analytics.report(acceptedWith({ execId: 3, orderId: 2 }), second(1))
  expect(analytics.report(fillWith({ execId: 4, orderId: 2 }), second(1))).toBe('fill')
})

test('reports that come after newer ticks do not turn the time back', () => {
  const analytics = opened()
  analytics.tick(tickWith({ bid: 99, ask: 101 }), second(1))
  analytics.tick(tickWith({ bid: 109, ask: 111 }), second(3))
  analytics.report(fillWith({}), second(1))
  expect(analytics.symbols()).toMatchObject([{ twap: 100 + 0, profit: 100 }])
})

test('the year and the period of the Sharpe ratio are those of the settings', () => {
  expect(opened().total().periodsPerYear).toBe(252 * 6.5 * 3_600)
  expect(opened({ tradingYear: '365d', sampleEvery: '1m' }).total().periodsPerYear).toBe(365 * 24 * 60)
})

test('at a real venue the trades, profits and turnover are those of its reports', () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const random = new Random(seed)
      const venue = new Venue(matchingConfig.parse({ house: { qty: 20 } }), 1)
      const analytics = opened({ accounts: ['desk', 'client', 'house'] })
      const all: ExecutionReport[] = []
      for (let orderId = 1; orderId <= 200; orderId += 1) {
        const symbol = `S${random.below(3)}`
        const bid = 1_000 + random.below(20)
        analytics.tick(tickWith({ symbol, bid, ask: bid + 2 }), second(orderId))
        const side = random.below(2) === 0 ? 'buy' : 'sell'
        const price = side === 'buy' ? bid + 1 + random.below(4) : bid - random.below(4)
        const [account, qty] = [random.below(2) === 0 ? 'desk' : 'client', 1 + random.below(40)]
        const order = { orderId, account, symbol, side, price, qty } as const
        const timeInForce = random.below(2) === 0 ? 'gtc' : 'ioc'
        const { reports } = venue.execute(newOrderWith({ ...order, timeInForce, bid, ask: bid + 2 }))
        for (const report of reports) analytics.report(report, second(orderId))
        all.push(...reports)
      }
      const trades = all.filter(({ execType }) => execType === 'trade')
      for (const { symbol, vwap, volume, turnover, profit } of analytics.symbols()) {
        const own = trades.filter((trade) => trade.symbol === symbol)
        const notional = own.reduce((sum, { lastQty, lastPrice }) => sum + lastQty * lastPrice, 0)
        const lots = own.reduce((sum, { lastQty }) => sum + lastQty, 0)
        expect(volume).toBe(lots / 2)
        expect(vwap).toBeCloseTo(lots === 0 ? 0 : notional / lots, 9)
        expect(turnover).toBe(notional)
        // All accounts together hold nothing, and what one gains another loses.
        expect(profit).toBe(0)
      }
      expect(analytics.total().drawdownMax).toBeGreaterThanOrEqual(0)
      expect(analytics.total().profit).toBe(0)
    }),
    { numRuns: 30 },
  )
})
