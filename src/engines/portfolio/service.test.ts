import { expect, test } from 'vitest'
import { harness } from '../kit/harness.js'
import { matchingEngine } from '../matching/service.js'
import { fillWith, newOrderWith, tickWith } from '../model/message-fixture.js'
import { portfolioEngine } from './service.js'

test('what the venue reports becomes positions, told once a second and at the drain, and ends no tick', () => {
  const venue = harness(matchingEngine)
  const bench = harness(portfolioEngine)
  const trade = (orderId: number, side: 'buy' | 'sell', price: number): void => {
    venue.feed('order.placed', newOrderWith({ orderId, side, price, bid: 100, ask: 102 }))
    bench.feed('execution.report', venue.emitted.at(-1)?.body)
  }
  bench.feed('tick', tickWith({ bid: 100, ask: 102 }))
  bench.feed('tick', tickWith({ bid: 0, ask: 102 }))
  trade(1, 'buy', 102)
  trade(2, 'buy', 102)
  expect(bench.emitted).toEqual([])
  bench.advance(1_000_000_000)
  const long = { account: 'desk', symbol: 'S', qty: 20, averagePrice: 102, mark: 101, exposure: 2_020 }
  const total = { gross: 2_020, net: 2_020, realised: 0, unrealised: -20 }
  expect(bench.emitted.map(({ topic, seq, body }) => ({ topic, seq, body }))).toEqual([
    { topic: 'portfolio', seq: -1, body: { positions: [{ ...long, realised: 0, unrealised: -20 }], total } },
  ])
  bench.advance(10_000_000_000)
  expect(bench.emitted).toHaveLength(1)
  trade(3, 'sell', 100)
  bench.engine.drain?.()
  expect(bench.emitted[1]?.body).toMatchObject({
    total: { gross: 1_010, net: 1_010, realised: -20, unrealised: -10 },
  })
  bench.advance(10_000_000_000)
  expect(bench.emitted).toHaveLength(2)
  expect(bench.outcomes).toEqual([])
  // Each order: `new`, its trade, and the trade of the house.
  expect(bench.counters).toEqual({ unquoted: 1, noFill: 3, applied: 3, otherAccount: 3 })
})

test('a repeated report is counted and moves nothing', () => {
  const bench = harness(portfolioEngine)
  const reports = [fillWith({ execId: 5 })]
  bench.feed('execution.report', { reports })
  bench.feed('execution.report', { reports })
  expect(bench.counters).toEqual({ applied: 1, repeated: 1 })
  expect(bench.engine.status?.()).toEqual({ positions: 1 })
})

test('all positions and their totals are there by HTTP', async () => {
  const bench = harness(portfolioEngine)
  bench.feed('execution.report', { reports: [fillWith({ execId: 1, lastQty: 3, lastPrice: 50 })] })
  bench.feed('execution.report', { reports: [fillWith({ execId: 2, symbol: 'T', side: 'sell', lastQty: 1 })] })
  const { status, body } = await bench.call('GET /v1/portfolio')
  expect(status).toBe(200)
  expect(body).toMatchObject({
    positions: [
      { account: 'desk', symbol: 'S', qty: 3, exposure: 150 },
      { account: 'desk', symbol: 'T', qty: -1, exposure: -100 },
    ],
    total: { gross: 250, net: 50, realised: 0, unrealised: 0 },
  })
})
