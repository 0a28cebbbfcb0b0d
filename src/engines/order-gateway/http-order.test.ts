import { expect, test } from 'vitest'
import type { Instrument } from '../model/instrument.js'
import type { ExecutionReport } from '../model/messages.js'
import { describeReports } from './http-answer.js'
import { parseOrder, parseReplacement } from './http-order.js'

const btc: Instrument = { symbol: 'BTC-USDT', priceDecimals: 2, qtyDecimals: 6, lotsMin: 1, lotsMax: 1_000_000_000 }
const instruments = new Map([[btc.symbol, btc]])
const identity = { orderId: 7, account: 'client' }
const limit = { symbol: 'BTC-USDT', order_type: 'limit', side: 'buy', quantity: '0.25', price: '50000.10' }
const parse = (body: unknown) => parseOrder(JSON.stringify(body), instruments, identity)

test('decimal strings become exact ticks and lots', () => {
  expect(parse(limit)).toMatchObject({
    order: { orderId: 7, side: 'buy', type: 'limit', timeInForce: 'gtc', price: 5_000_010, qty: 250_000 },
  })
  const { price: _none, ...market } = { ...limit, order_type: 'market' }
  expect(parse(market)).toMatchObject({ order: { type: 'market', timeInForce: 'ioc', price: 0 } })
})

test('orders that mean the same have the same fingerprint', () => {
  const [a, b, c] = [
    parse(limit),
    parse({ ...limit, quantity: '0.250', price: '50000.1' }),
    parse({ ...limit, side: 'sell' }),
  ]
  if ('problem' in a || 'problem' in b || 'problem' in c) throw new Error('all three are orders')
  expect(a.fingerprint).toBe(b.fingerprint)
  expect(a.fingerprint).not.toBe(c.fingerprint)
})

test.each([
  { body: { ...limit, quantity: 0.25 }, problem: /quantity: must be a decimal string, not a number: write "0.25" in/ },
  { body: { ...limit, price: 50000 }, problem: /price: must be a decimal string, not a number/ },
  { body: { ...limit, quantity: '-1' }, problem: /negative/ },
  { body: { ...limit, quantity: '1e3' }, problem: /exponent/ },
  { body: { ...limit, quantity: '0' }, problem: /quantity/ },
  { body: { ...limit, quantity: '0.0000001' }, problem: /7 decimals, at most 6/ },
  { body: { ...limit, price: '0.001' }, problem: /3 decimals, at most 2/ },
  { body: { ...limit, price: '21474836.47', quantity: '1000' }, problem: /price times quantity is too large|above/ },
  { body: { ...limit, price: undefined }, problem: /price: a limit order needs one/ },
  { body: { ...limit, order_type: 'market' }, problem: /price: a market order has none/ },
  { body: { ...limit, order_type: 'stop' }, problem: /order_type/ },
  { body: { ...limit, symbol: 'DOGE-USDT' }, problem: /symbol: "DOGE-USDT" is not traded here/ },
  { body: { ...limit, leverage: 5 }, problem: /leverage/ },
  { body: { side: 'hold' }, problem: /symbol: .*; order_type: .*; side: .*; quantity: / },
  { body: { ...limit, post_only: true, time_in_force: 'ioc' }, problem: /post_only: an order that is ioc never rests/ },
  { body: { ...limit, order_type: 'market', price: undefined, post_only: true }, problem: /post_only: a market order/ },
  { body: { ...limit, order_type: 'market', price: undefined, time_in_force: 'gtc' }, problem: /never rests/ },
  { body: { ...limit, client_order_id: '' }, problem: /client_order_id: must have 1 to 64 characters/ },
  { body: { ...limit, client_order_id: 'a b' }, problem: /client_order_id: .* none of them a space/ },
  { body: { ...limit, client_order_id: 'x'.repeat(65) }, problem: /client_order_id: must have 1 to 64/ },
  { body: [], problem: /body: / },
])('refuses $body', ({ body, problem }) => {
  const parsed = parse(body)
  expect('problem' in parsed && parsed.problem).toMatch(problem)
})

test.each([
  { written: {}, timeInForce: 'gtc' },
  { written: { time_in_force: 'fok' }, timeInForce: 'fok' },
  { written: { post_only: true }, timeInForce: 'postOnly' },
  { written: { post_only: true, time_in_force: 'gtc' }, timeInForce: 'postOnly' },
  { written: { post_only: false, time_in_force: 'ioc' }, timeInForce: 'ioc' },
])('$written is an order that is $timeInForce', ({ written, timeInForce }) => {
  expect(parse({ ...limit, ...written })).toMatchObject({ order: { timeInForce } })
})

test('an order of another name or time in force has another fingerprint', () => {
  const bodies = [limit, { ...limit, client_order_id: 'a' }, { ...limit, post_only: true }]
  const fingerprints = bodies.map(parse).map((parsed) => ('problem' in parsed ? '' : parsed.fingerprint))
  expect(new Set(fingerprints).size).toBe(3)
})

test.each([
  { body: { price: '50000.20' }, terms: { price: 5_000_020, qty: 7 } },
  { body: { quantity: '0.25' }, terms: { price: 9, qty: 250_000 } },
  { body: { quantity: '0.25', price: '1' }, terms: { price: 100, qty: 250_000 } },
  { body: {}, terms: { problem: 'body: names neither a quantity nor a price' } },
  {
    body: { quantity: 1 },
    terms: { problem: 'quantity: must be a decimal string, not a number: write "0.25" in quotes' },
  },
  { body: { price: '0.001' }, terms: { problem: 'price "0.001" has 3 decimals, at most 2 are allowed' } },
  { body: { side: 'sell' }, terms: { problem: 'body: Unrecognized key: "side"' } },
])('a replacement of $body', ({ body, terms }) => {
  expect(parseReplacement(JSON.stringify(body), btc, { price: 9, qty: 7 })).toEqual(terms)
})

test('what is no JSON is refused', () => {
  expect(parseOrder('{', instruments, identity)).toEqual({ problem: 'body: is not JSON' })
})

test('reports are told in decimals, with the exact average price', () => {
  const base = { orderId: 7, account: 'client', symbol: 'BTC-USDT', side: 'buy', revision: 0, reason: '' } as const
  const reports: ExecutionReport[] = [
    {
      ...base,
      execId: 1,
      execType: 'trade',
      ordStatus: 'partiallyFilled',
      lastQty: 100_000,
      lastPrice: 5_000_000,
      cumQty: 100_000,
      leavesQty: 200_000,
      cumNotional: 500_000_000_000,
      final: false,
    },
    {
      ...base,
      execId: 2,
      execType: 'trade',
      ordStatus: 'filled',
      lastQty: 200_000,
      lastPrice: 5_000_001,
      cumQty: 300_000,
      leavesQty: 0,
      cumNotional: 1_500_000_200_000,
      final: true,
    },
  ]
  expect(describeReports(reports, btc)).toEqual({
    orderId: 7,
    symbol: 'BTC-USDT',
    side: 'buy',
    status: 'filled',
    filledQuantity: '0.300000',
    remainingQuantity: '0.000000',
    averagePrice: '50000.00666667',
    executions: [
      { executionId: 1, price: '50000.00', quantity: '0.100000' },
      { executionId: 2, price: '50000.01', quantity: '0.200000' },
    ],
  })
})
