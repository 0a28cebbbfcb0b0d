import type { ExecutionReport, MarketEvent, NewOrder, ReplaceOrder, Tick } from './messages.js'

// Messages of the pipeline for tests and component cases, which change what they are about.

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

export const replaceWith = (changes: Partial<ReplaceOrder>): ReplaceOrder => ({
  kind: 'replace',
  orderId: 1,
  account: 'desk',
  symbol: 'S',
  revision: 1,
  price: 100,
  qty: 10,
  bid: 99,
  ask: 100,
  ...changes,
})

/** The report of an order that filled at once; only `lastQty` and `lastPrice` say how much and at what price. */
export const fillWith = (changes: Partial<ExecutionReport>): ExecutionReport => ({
  execId: 1,
  orderId: 1,
  account: 'desk',
  symbol: 'S',
  side: 'buy',
  execType: 'trade',
  ordStatus: 'filled',
  lastQty: 10,
  lastPrice: 100,
  cumQty: 10,
  leavesQty: 0,
  cumNotional: 1_000,
  revision: 0,
  reason: '',
  final: true,
  ...changes,
})
