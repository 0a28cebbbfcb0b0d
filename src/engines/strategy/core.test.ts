import { expect, test } from 'vitest'
import type { Signal } from '../model/messages.js'
import { strategyConfig } from './config.js'
import { decide, emptyStrategy } from './core.js'

const settings = strategyConfig.parse({ warmup: 0 })
const strong: Signal = { symbol: 'S', alpha: 1, ready: true, bid: 100, ask: 102, crossed: false }

test('a strong signal crosses the opposite quote', () => {
  expect(decide(emptyStrategy(), settings, strong, 7)).toEqual({
    kind: 'new',
    orderId: 8,
    account: 'desk',
    symbol: 'S',
    side: 'buy',
    type: 'limit',
    timeInForce: 'ioc',
    price: 103,
    qty: 10,
    bid: 100,
    ask: 102,
  })
  expect(decide(emptyStrategy(), settings, { ...strong, alpha: -1 }, 0)).toMatchObject({ side: 'sell', price: 99 })
})

test('a sell limit never falls below one tick', () => {
  const penny = { ...strong, alpha: -1, bid: 1, ask: 2 }
  expect(decide(emptyStrategy(), settings, penny, 0)).toMatchObject({ side: 'sell', price: 1 })
})

test.each<{ reason: string; signal: Partial<Signal> }>([
  { reason: 'warming-up', signal: { ready: false, alpha: 0 } },
  { reason: 'no-quote', signal: { bid: 0 } },
  { reason: 'no-quote', signal: { ask: 0 } },
  { reason: 'crossed', signal: { crossed: true } },
  { reason: 'crossed', signal: { bid: 102 } },
  { reason: 'weak-signal', signal: { alpha: 0.03 } },
  { reason: 'weak-signal', signal: { alpha: -0.03 } },
])('no order: $reason', ({ reason, signal }) => {
  expect(decide(emptyStrategy(), settings, { ...strong, ...signal }, 0)).toBe(reason)
})

test('a symbol is watched before its first order', () => {
  const state = emptyStrategy()
  const patient = strategyConfig.parse({ warmup: 2 })
  const decisions = [0, 1, 2].map((seq) => decide(state, patient, strong, seq))
  expect(decisions).toEqual(['warming-up', 'warming-up', expect.objectContaining({ side: 'buy' })])
})

test('leaning against inventory turns a lasting signal into orders of both sides', () => {
  const state = emptyStrategy()
  let net = 0
  let ordered = 0
  for (let seq = 0; seq < 1_000; seq += 1) {
    const decision = decide(state, settings, strong, seq)
    if (typeof decision === 'string') continue
    ordered += 1
    net += decision.side === 'buy' ? 1 : -1
    expect(Math.abs(net)).toBeLessThanOrEqual(1 / settings.inventoryAversion + 1)
  }
  expect(ordered).toBeGreaterThan(10)
})

test('without aversion the side follows the signal alone', () => {
  const state = emptyStrategy()
  const bold = strategyConfig.parse({ warmup: 0, inventoryAversion: 0 })
  for (let seq = 0; seq < 100; seq += 1) expect(decide(state, bold, strong, seq)).toMatchObject({ side: 'buy' })
})
