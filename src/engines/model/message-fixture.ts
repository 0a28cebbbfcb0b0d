import type { MarketEvent, NewOrder, Tick } from './messages.js'

// Messages of the pipeline for tests, which change what they are about.

export const marketEventWith = (changes: Partial<MarketEvent>): MarketEvent => ({
  symbol: 'X',
  action: 'created',
  orderId: 1,
  side: 'buy',
  price: 100,
  qty: 5,
  exchangeMs: 0,
  ...changes,
})

export const tickWith = (changes: Partial<Tick>): Tick => ({
  symbol: 'S',
  bid: 99,
  bidQty: 10,
  ask: 101,
  askQty: 10,
  crossed: false,
  ...changes,
})

export const newOrderWith = (changes: Partial<NewOrder>): NewOrder => ({
  kind: 'new',
  orderId: 1,
  account: 'desk',
  symbol: 'S',
  side: 'buy',
  type: 'limit',
  timeInForce: 'ioc',
  price: 100,
  qty: 10,
  bid: 99,
  ask: 100,
  ...changes,
})
