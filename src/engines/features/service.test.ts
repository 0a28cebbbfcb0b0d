import { expect, test } from 'vitest'
import { harness } from '../kit/harness.js'
import { tickWith } from '../model/message-fixture.js'
import { featuresEngine } from './service.js'

test('each quote leaves as features under the seq of its tick, and ends no tick', () => {
  const bench = harness(featuresEngine, { windows: [2], symbolsMax: 1 })
  bench.feed('tick', tickWith({ bid: 99, ask: 101 }))
  bench.feed('tick', tickWith({ bid: 101, ask: 101, crossed: true }))
  bench.feed('tick', tickWith({ symbol: 'T' }))
  bench.feed('tick', tickWith({ bid: 109, ask: 111 }))
  expect(bench.emitted.map(({ topic, seq }) => [topic, seq])).toEqual([
    ['features', 0],
    ['features', 3],
  ])
  expect(bench.emitted[1]?.body).toMatchObject({ symbol: 'S', quotes: 2, middle: 110, spread: 2 })
  expect(bench.outcomes).toEqual([])
  expect(bench.held()).toBe(0)
  expect(bench.counters).toEqual({ unquoted: 1, overflow: 1 })
  expect(bench.engine.status?.()).toEqual({ symbols: 1 })
})

test('the current features of every symbol are there by HTTP', async () => {
  const bench = harness(featuresEngine, { windows: [2] })
  expect(await bench.call('GET /v1/features')).toEqual({ status: 200, body: { features: [] } })
  for (const bid of [100, 200]) bench.feed('tick', tickWith({ bid, ask: bid + 2 }))
  bench.feed('tick', tickWith({ symbol: 'T', bid: 50, ask: 52 }))
  const { body } = await bench.call('GET /v1/features')
  expect(body).toEqual({ features: [bench.emitted[1]?.body, bench.emitted[2]?.body] })
})
