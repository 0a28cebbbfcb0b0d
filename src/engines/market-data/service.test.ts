import { expect, test } from 'vitest'
import { harness } from '../kit/harness.js'
import type { MarketEvent } from '../model/messages.js'
import { marketDataEngine } from './service.js'

const event = (overrides: Partial<MarketEvent>): MarketEvent => ({
  symbol: 'X',
  action: 'created',
  orderId: 1,
  side: 'buy',
  price: 100,
  qty: 5,
  exchangeMs: 0,
  ...overrides,
})

test('every event becomes one tick of its own symbol, and what was odd is counted', () => {
  const engine = harness(marketDataEngine)
  engine.feed('market.event', event({}))
  engine.feed('market.event', event({ symbol: 'Y', side: 'sell', price: 90 }))
  engine.feed('market.event', event({ orderId: 7, action: 'deleted' }))
  engine.feed('market.event', event({ orderId: 2, side: 'sell', price: 100, qty: 3 }))
  engine.feed('market.event', event({ orderId: 1, action: 'deleted' }))
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
  engine.feed('market.event', event({}))
  engine.feed('market.event', event({ symbol: 'Y' }))
  expect(engine.outcomes).toEqual([{ outcome: 'failed', reason: 'too many symbols', seq: 1 }])
  expect(engine.emitted).toHaveLength(1)
})
