import { expect, test } from 'vitest'
import { harness } from '../kit/harness.js'
import { marketEventWith } from '../model/message-fixture.js'
import { marketDataEngine } from './service.js'

test('every event becomes one tick of its own symbol, and what was odd is counted', () => {
  const engine = harness(marketDataEngine)
  engine.feed('market.event', marketEventWith({}))
  engine.feed('market.event', marketEventWith({ symbol: 'Y', side: 'sell', price: 90 }))
  engine.feed('market.event', marketEventWith({ orderId: 7, action: 'deleted' }))
  engine.feed('market.event', marketEventWith({ orderId: 2, side: 'sell', price: 100, qty: 3 }))
  engine.feed('market.event', marketEventWith({ orderId: 1, action: 'deleted' }))
  expect(engine.emitted.map(({ topic, seq, body }) => ({ topic, seq, body }))).toEqual([
    { topic: 'tick', seq: 0, body: { symbol: 'X', bid: 100, bidQty: 5, ask: 0, askQty: 0, crossed: false } },
    { topic: 'tick', seq: 1, body: { symbol: 'Y', bid: 0, bidQty: 0, ask: 90, askQty: 5, crossed: false } },
    { topic: 'tick', seq: 2, body: { symbol: 'X', bid: 100, bidQty: 5, ask: 0, askQty: 0, crossed: false } },
    { topic: 'tick', seq: 3, body: { symbol: 'X', bid: 100, bidQty: 5, ask: 100, askQty: 3, crossed: true } },
    { topic: 'tick', seq: 4, body: { symbol: 'X', bid: 0, bidQty: 0, ask: 100, askQty: 3, crossed: false } },
  ])
  expect(engine.counters).toEqual({ events: 5, unknown: 1, crossed: 1, liveOrders: 2 })
  expect(engine.engine.status?.()).toEqual({ symbols: 2, liveOrders: 2 })
})

test('fails the events of more symbols than it may keep', () => {
  const engine = harness(marketDataEngine, { symbolsMax: 1 })
  engine.feed('market.event', marketEventWith({}))
  engine.feed('market.event', marketEventWith({ symbol: 'Y' }))
  expect(engine.outcomes).toEqual([{ outcome: 'failed', reason: 'too many symbols', seq: 1 }])
  expect(engine.emitted).toHaveLength(1)
})
