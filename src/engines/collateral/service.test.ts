import { expect, test } from 'vitest'
import { harness } from '../kit/harness.js'
import { matchingEngine } from '../matching/service.js'
import { newOrderWith, tickWith } from '../model/message-fixture.js'
import { collateralEngine } from './service.js'

const assets = [{ account: 'desk', marketValue: 100, haircut: '20%' }]

test('what the venue reports asks for margin, told once a second where it differs and at the drain, and ends no tick', async () => {
  const venue = harness(matchingEngine)
  const bench = harness(collateralEngine, { priceRange: '10%', assets })
  const trade = (orderId: number, side: 'buy' | 'sell'): void => {
    const price = side === 'buy' ? 101 : 99
    venue.feed('order.placed', newOrderWith({ orderId, side, price, bid: 99, ask: 101 }))
    bench.feed('execution.report', venue.emitted.at(-1)?.body)
  }
  bench.feed('tick', tickWith({ bid: 99, ask: 101 }))
  bench.feed('tick', tickWith({ bid: 0, ask: 101 }))
  trade(1, 'buy')
  expect(bench.emitted).toEqual([])
  bench.advance(1_000_000_000)
  const desk = { account: 'desk', charges: 0, credit: 0, shortOptionMin: 0, collateral: 80, unvalued: 0 }
  const long = { ...desk, scan: 100, requirement: 100, excess: -20, marginCall: 20 }
  expect(bench.emitted.map(({ topic, seq, body }) => ({ topic, seq, body }))).toEqual([
    { topic: 'collateral', seq: -1, body: { accounts: [long] } },
  ])
  expect(await bench.call('GET /v1/collateral')).toEqual({ status: 200, body: { accounts: [long] } })
  // Ticks that change no figure are not told.
  bench.feed('tick', tickWith({ bid: 98, ask: 102 }))
  bench.advance(10_000_000_000)
  expect(bench.emitted).toHaveLength(1)
  trade(2, 'sell')
  bench.engine.drain?.()
  expect(bench.emitted[1]?.body).toEqual({
    accounts: [{ ...desk, scan: 0, requirement: 0, excess: 80, marginCall: 0 }],
  })
  bench.advance(10_000_000_000)
  expect(bench.emitted).toHaveLength(2)
  expect(bench.outcomes).toEqual([])
  // Each order: `new`, its trade, and the trade of the house.
  expect(bench.counters).toEqual({ unquoted: 1, noFill: 2, applied: 2, otherAccount: 2 })
  expect(bench.engine.status?.()).toEqual({ positions: 1 })
})
