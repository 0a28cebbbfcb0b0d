import { expect, test } from 'vitest'
import { harness } from '../kit/harness.js'
import { tickWith } from '../model/message-fixture.js'
import { factorEngine } from './service.js'

test('each period that ends is explained once, on the bus and by HTTP, and ends no tick', async () => {
  const bench = harness(factorEngine, { assets: 8 })
  expect((await bench.call('GET /v1/factor')).status).toBe(404)
  for (let period = 0; period < 4; period += 1) {
    for (let round = 0; round < 5; round += 1) {
      for (let index = 0; index < 9; index += 1) {
        const bid = 1_000 + ((index * 31 + round * period * 17) % 23)
        const [bidQty, askQty] = [1 + ((index * 7 + round) % 11), 1 + ((index * 5 + period) % 13)]
        bench.feed('tick', tickWith({ symbol: `S${index}`, bid, bidQty, ask: bid + 2, askQty }))
      }
      bench.feed('tick', tickWith({ symbol: 'S0', ask: 0 }))
    }
    bench.advance(1_000_000_000)
  }
  // The first period begins without symbols, the last one has not ended.
  expect(bench.emitted.map(({ topic, seq }) => [topic, seq])).toEqual([
    ['factor', -1],
    ['factor', -1],
  ])
  expect(bench.emitted[1]?.body).toMatchObject({
    periods: 2,
    rSquared: expect.any(Number),
    factors: [{ factor: 'market' }, { factor: 'momentum' }, { factor: 'volatility' }, { factor: 'depth' }, {}],
  })
  expect(await bench.call('GET /v1/factor')).toEqual({ status: 200, body: bench.emitted[1]?.body })
  expect(bench.outcomes).toEqual([])
  expect(bench.counters).toEqual({ periods: 2, overflow: 20, unquoted: 20 })
  expect(bench.engine.status?.()).toEqual({ symbols: 8, periods: 2 })
})
