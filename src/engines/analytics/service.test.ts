import { expect, test } from 'vitest'
import { harness } from '../kit/harness.js'
import { matchingEngine } from '../matching/service.js'
import { newOrderWith, tickWith } from '../model/message-fixture.js'
import { analyticsEngine } from './service.js'

test('what the venue reports is judged, told once a second and at the drain, and ends no tick', async () => {
  const venue = harness(matchingEngine)
  const bench = harness(analyticsEngine)
  bench.feed('tick', tickWith({ bid: 100, ask: 102 }))
  venue.feed('order.placed', newOrderWith({ price: 102, bid: 100, ask: 102 }))
  bench.feed('execution.report', venue.emitted[0]?.body)
  expect(bench.emitted).toEqual([])
  bench.advance(1_000_000_000)
  const figures = { profit: -10, drawdownMax: 10, sharpe: null, turnover: 1_020, slippage: 10 }
  const expected = {
    symbols: [{ symbol: 'S', vwap: 102, volume: 10, twap: 101, ...figures }],
    total: { ...figures, periodsPerYear: 5_896_800 },
  }
  expect(bench.emitted).toMatchObject([{ topic: 'analytics', seq: -1, body: expected }])
  expect(await bench.call('GET /v1/analytics')).toMatchObject({ status: 200, body: expected })
  bench.advance(10_000_000_000)
  expect(bench.emitted).toHaveLength(1)
  bench.feed('tick', tickWith({ bid: 0, ask: 102 }))
  bench.engine.drain?.()
  // The quote of 101 stood for eleven seconds.
  expect(bench.emitted[1]?.body).toMatchObject({ symbols: [{ symbol: 'S', twap: 101 }] })
  bench.advance(10_000_000_000)
  expect(bench.emitted).toHaveLength(2)
  expect(bench.outcomes).toEqual([])
  expect(bench.counters).toEqual({ noFill: 1, fill: 1, otherAccount: 1, unquoted: 1 })
  expect(bench.engine.status?.()).toEqual({ symbols: 1 })
})
