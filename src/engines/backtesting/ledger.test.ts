import { expect, test } from 'vitest'
import { durationNs, instantNs, nsPerSec } from '../../core/units.js'
import { fillWith } from '../model/message-fixture.js'
import { houseAccount } from '../model/messages.js'
import { Ledger } from './ledger.js'

const fees = { taker: 0.01, maker: 0.001 }
const opened = (tradesMax = 10): Ledger => new Ledger({ fees, sampleEvery: durationNs(nsPerSec) }, tradesMax)
const second = (count: number) => instantNs(count * nsPerSec)

test('cash, positions, marks and fees follow by hand', () => {
  const ledger = opened()
  ledger.mark('S', 102)
  ledger.report({ reports: [fillWith({ lastQty: 10, lastPrice: 100 })] }, second(1))
  // Bought 10 at 100, worth 102 each: 20 less a fee of 1 % of 1,000.
  expect(ledger.profit).toBe(10)
  ledger.mark('S', 105)
  expect(ledger.profit).toBe(40)
  ledger.report({ reports: [fillWith({ side: 'sell', lastQty: 4, lastPrice: 105, orderId: 2 })] }, second(2))
  expect(ledger).toMatchObject({ turnover: 1_420, fees: 14.2, tradeCount: 2 })
  expect(ledger.profit).toBeCloseTo(50 - 14.2, 12)
  expect(ledger.positions()).toEqual([{ symbol: 'S', qty: 6, mark: 105 }])
})

test('an order that had rested pays as a maker, the market maker of the venue is not the desk', () => {
  const ledger = opened()
  const reports = [
    fillWith({ orderId: 1, side: 'sell', lastQty: 10, lastPrice: 100, final: false }),
    fillWith({ orderId: -5, account: houseAccount, lastQty: 10, lastPrice: 100, final: false }),
    fillWith({ orderId: 9, lastQty: 10, lastPrice: 100, final: true }),
  ]
  ledger.report({ reports }, second(1))
  expect(ledger.trades.map(({ orderId, liquidity, fee }) => [orderId, liquidity, fee])).toEqual([
    [1, 'maker', 1],
    [9, 'taker', 10],
  ])
})

test('the hash knows every fill, also those that are not listed, and nothing else', () => {
  const hashOf = (prices: readonly number[], tradesMax: number): string => {
    const ledger = opened(tradesMax)
    prices.forEach((lastPrice, index) => {
      ledger.report({ reports: [fillWith({ orderId: index + 1, lastPrice })] }, second(index))
      ledger.mark('S', lastPrice + 1)
      ledger.sample(second(index))
    })
    return ledger.hash()
  }
  expect(hashOf([100, 101, 102], 1)).toBe(hashOf([100, 101, 102], 10))
  expect(hashOf([100, 101, 103], 1)).not.toBe(hashOf([100, 101, 102], 1))
})

test.each([
  { one: { final: true }, other: { final: false }, differ: 'in who rested, where both pay the same' },
  {
    one: { symbol: 'S,buy,3,100,3,taker\n0,2,S' },
    other: { symbol: 'S' },
    differ: 'in a symbol that reads like fields',
  },
])('the hash tells two fills apart that differ $differ', ({ one, other }) => {
  const hashOf = (fields: object): string => {
    const ledger = new Ledger({ fees: { taker: 0.01, maker: 0.01 }, sampleEvery: durationNs(nsPerSec) }, 10)
    ledger.report({ reports: [fillWith({ orderId: 2, lastQty: 3, lastPrice: 100, ...fields })] }, second(0))
    return ledger.hash()
  }
  expect(hashOf(one)).not.toBe(hashOf(other))
})
