import { expect, test } from 'vitest'
import { harness } from '../kit/harness.js'
import type { Signal } from '../model/messages.js'
import { strategyEngine } from './service.js'

const strong: Signal = { symbol: 'S', alpha: 1, ready: true, bid: 100, ask: 102, crossed: false }

test('every signal ends as an order intent or as a no-trade with its reason', () => {
  const bench = harness(strategyEngine, { warmup: 0 })
  bench.feed('signal', strong)
  bench.feed('signal', { ...strong, crossed: true })
  bench.feed('signal', { ...strong, symbol: 'T', alpha: 0.01 })
  expect(bench.emitted).toMatchObject([{ topic: 'order.intent', seq: 0, body: { orderId: 1, side: 'buy' } }])
  expect(bench.outcomes).toEqual([
    { outcome: 'noTrade', reason: 'crossed', seq: 1 },
    { outcome: 'noTrade', reason: 'weak-signal', seq: 2 },
  ])
  expect(bench.held()).toBe(0)
  expect(bench.counters).toEqual({ buy: 1, crossed: 1, 'weak-signal': 1 })
})

test('a repeated signal repeats the order id', () => {
  const bench = harness(strategyEngine, { warmup: 0 })
  bench.feed('signal', strong, 5)
  bench.feed('signal', strong, 5)
  expect(bench.emitted.map(({ body }) => body)).toMatchObject([{ orderId: 6 }, { orderId: 6 }])
})
