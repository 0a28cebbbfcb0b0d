import { expect, test } from 'vitest'
import { harness } from '../kit/harness.js'
import { matchingEngine } from '../matching/service.js'
import { newOrderWith } from '../model/message-fixture.js'
import { vpinEngine } from './service.js'

const settings = { bucketVolume: 20, buckets: 2, bar: '1s' }

test('the trades of the venue become figures whenever buckets are full, on the bus and by HTTP, and end no tick', async () => {
  const venue = harness(matchingEngine)
  const bench = harness(vpinEngine, settings)
  expect(await bench.call('GET /v1/vpin')).toEqual({ status: 200, body: { symbols: [] } })
  ;[100, 102, 101, 105, 104, 104].forEach((price, index) => {
    // Each buys ten lots of the house at its offer.
    venue.feed('order.placed', newOrderWith({ orderId: index + 1, price, bid: price - 1, ask: price }))
    bench.feed('execution.report', venue.emitted.at(-1)?.body)
    bench.advance(1_000_000_000)
  })
  // Of the six bars the first has no change and the last has not ended: four times ten lots.
  expect(bench.emitted.map(({ topic, seq }) => [topic, seq])).toEqual([
    ['vpin', -1],
    ['vpin', -1],
  ])
  const told = { symbol: 'S', bucketVolume: 20 }
  expect(bench.emitted[0]?.body).toEqual({ ...told, bucketCount: 1, ready: false, vpin: null })
  expect(bench.emitted[1]?.body).toEqual({ ...told, bucketCount: 2, ready: true, vpin: expect.any(Number) })
  expect(await bench.call('GET /v1/vpin')).toEqual({ status: 200, body: { symbols: [bench.emitted[1]?.body] } })
  expect(bench.outcomes).toEqual([])
  // Each order: `new`, its trade, and the trade of the house, which sold.
  expect(bench.counters).toEqual({ noTrade: 12, traded: 6 })
  expect(bench.engine.status?.()).toEqual({ symbols: 1 })
})
