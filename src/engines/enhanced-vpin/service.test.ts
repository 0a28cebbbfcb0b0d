import { expect, test } from 'vitest'
import { harness } from '../kit/harness.js'
import { matchingEngine } from '../matching/service.js'
import { newOrderWith } from '../model/message-fixture.js'
import { enhancedVpinEngine } from './service.js'

test('the trades of the venue count by their aggressor, on the bus and by HTTP, and end no tick', async () => {
  const venue = harness(matchingEngine)
  const bench = harness(enhancedVpinEngine, { averageDailyVolume: 40, bucketsPerDay: [4, 2], buckets: 2 })
  expect(await bench.call('GET /v1/vpin')).toEqual({ status: 200, body: { symbols: [] } })
  ;(['buy', 'sell', 'buy', 'sell'] as const).forEach((side, index) => {
    const price = side === 'buy' ? 102 : 100
    venue.feed('order.placed', newOrderWith({ orderId: index + 1, side, price, bid: 100, ask: 102 }))
    bench.feed('execution.report', venue.emitted.at(-1)?.body)
  })
  expect(bench.emitted.map(({ topic, seq }) => [topic, seq])).toEqual(new Array(4).fill(['enhanced-vpin', -1]))
  // Buckets of ten lots are of one side each, those of twenty hold as much of both.
  expect(bench.emitted[3]?.body).toEqual({
    symbol: 'S',
    sizes: [
      { bucketVolume: 10, bucketCount: 4, ready: true, vpin: 1, percentileRank: 0.5, historyCount: 2 },
      { bucketVolume: 20, bucketCount: 2, ready: true, vpin: 0, percentileRank: null, historyCount: 0 },
    ],
  })
  expect(await bench.call('GET /v1/vpin')).toEqual({ status: 200, body: { symbols: [bench.emitted[3]?.body] } })
  expect(bench.outcomes).toEqual([])
  // Each order: `new`, its trade, and the trade of the house.
  expect(bench.counters).toEqual({ noTrade: 4, traded: 4, resting: 4 })
  expect(bench.engine.status?.()).toEqual({ symbols: 1 })
})
