import fc from 'fast-check'
import { expect, test } from 'vitest'
import { durationNs, type InstantNs, instantNs, nsPerSec } from '../../core/units.js'
import { Lru } from '../../platform/cache/lru.js'
import { newOrderWith } from '../model/message-fixture.js'
import type { ExecutionReport, NewOrder } from '../model/messages.js'
import { riskConfig } from './config.js'
import { RiskBook } from './core.js'

const tight = riskConfig.parse({ orderQtyMax: 50, notionalMax: 10_000, positionMax: 100, priceCollar: '5%' })
const at = (seconds: number): InstantNs => instantNs(seconds * nsPerSec)
const cached = (limits = tight): RiskBook => new RiskBook(limits, new Lru({ entriesMax: 8, ttl: durationNs(nsPerSec) }))

test.each<{ name: string; order: Partial<NewOrder>; verdict: string }>([
  { name: 'an ordinary order passes', order: {}, verdict: 'approved' },
  { name: 'a market order passes', order: { type: 'market', price: 0 }, verdict: 'approved' },
  { name: 'quantity above the limit', order: { qty: 51, price: 100 }, verdict: 'order-quantity' },
  { name: 'notional above the limit', order: { qty: 50, price: 201, bid: 199, ask: 200 }, verdict: 'order-notional' },
  { name: 'buying above the collar', order: { price: 106 }, verdict: 'price-collar' },
  { name: 'buying below the quote is harmless', order: { price: 50 }, verdict: 'approved' },
  { name: 'selling below the collar', order: { side: 'sell', price: 94 }, verdict: 'price-collar' },
  { name: 'selling above the quote is harmless', order: { side: 'sell', price: 150 }, verdict: 'approved' },
  { name: 'no quote to judge by', order: { ask: 0 }, verdict: 'no-quote' },
])('$name: $verdict', ({ order, verdict }) => {
  for (const book of [cached(), new RiskBook(tight, null)]) {
    expect(book.check({ ...orderOf(1), ...order }, at(0))).toBe(verdict)
  }
})

test('open orders count as if they filled', () => {
  const book = cached()
  expect([1, 2, 3].map((id) => book.check(orderOf(id, { qty: 40 }), at(0)))).toEqual([
    'approved',
    'approved',
    'position-limit',
  ])
  book.apply(reportOf(1, { ordStatus: 'canceled', execType: 'canceled' }))
  expect(book.check(orderOf(4, { qty: 40 }), at(0))).toBe('approved')
})

test('the limit holds long and short, and each symbol and account has its own', () => {
  const book = cached()
  for (const id of [1, 2]) book.check(orderOf(id, { side: 'sell', qty: 50, price: 100 }), at(0))
  expect(book.check(orderOf(3, { side: 'sell', qty: 1 }), at(0))).toBe('position-limit')
  expect(book.check(orderOf(4, { side: 'buy', qty: 50, price: 100 }), at(0))).toBe('approved')
  expect(book.check(orderOf(5, { side: 'sell', symbol: 'T' }), at(0))).toBe('approved')
  expect(book.check(orderOf(6, { side: 'sell', account: 'other' }), at(0))).toBe('approved')
})

test('a repeated order is approved again and counted once', () => {
  const book = cached()
  for (let turn = 0; turn < 5; turn += 1)
    expect(book.check(orderOf(1, { qty: 50, price: 100 }), at(0))).toBe('approved')
  expect(book.check(orderOf(2, { qty: 50, price: 100 }), at(0))).toBe('approved')
})

test('repeated reports move the position once, and a lost one is made good by the next', () => {
  const book = cached()
  book.check(orderOf(1, { qty: 30 }), at(0))
  book.apply(reportOf(1, { cumQty: 10, leavesQty: 20 }))
  book.apply(reportOf(1, { cumQty: 10, leavesQty: 20 }))
  expect(book.position('desk', 'S')).toBe(10)
  book.apply(reportOf(1, { cumQty: 30, leavesQty: 0 }))
  expect(book.position('desk', 'S')).toBe(30)
  expect(book.openOrders).toBe(0)
})

test('an order without any report is open for the time of its reservation; a late fill still counts', () => {
  const book = cached()
  for (const id of [1, 2]) book.check(orderOf(id, { qty: 50, price: 100 }), at(0))
  expect(book.check(orderOf(3), at(4.9))).toBe('position-limit')
  expect(book.check(orderOf(3), at(5))).toBe('approved')
  expect(book.expired).toBe(2)
  book.apply(reportOf(1, { cumQty: 50 }))
  expect(book.position('desk', 'S')).toBe(50)
})

test('orders under watch are bounded, and forgotten ones make room', () => {
  const limits = riskConfig.parse({ openOrdersMax: 3 })
  const book = cached(limits)
  expect([1, 2, 3, 4].map((id) => book.check(orderOf(id), at(0)))).toEqual([
    'approved',
    'approved',
    'approved',
    'too-many-open-orders',
  ])
  expect([5, 6, 7, 8].map((id) => book.check(orderOf(id), at(6)))).toEqual([
    'approved',
    'approved',
    'approved',
    'too-many-open-orders',
  ])
  expect(book.openOrders).toBe(3)
})

test('the kill switch rejects orders that the cache has approved', () => {
  const book = cached()
  book.check(orderOf(1), at(0))
  book.killSwitch = true
  expect(book.check(orderOf(2), at(0))).toBe('kill-switch')
  book.killSwitch = false
  expect(book.check(orderOf(3), at(0))).toBe('approved')
})

test('an approval is reused until a fill in its symbol, or its time, ends it', () => {
  const book = cached()
  book.check(orderOf(1, { qty: 1 }), at(0))
  book.check(orderOf(2, { qty: 1 }), at(0.5))
  expect([book.hits, book.misses]).toEqual([1, 1])
  book.apply(reportOf(1, { cumQty: 1 }))
  book.check(orderOf(3, { qty: 1 }), at(0.6))
  expect([book.hits, book.misses]).toEqual([1, 2])
  book.check(orderOf(4, { qty: 1 }), at(1.7))
  expect([book.hits, book.misses]).toEqual([1, 3])
})

test('with and without the cache every check has the same verdict', () => {
  const step = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('order' as const),
        side: fc.constantFrom('buy' as const, 'sell' as const),
        symbol: fc.constantFrom('S', 'T'),
        qty: fc.constantFrom(10, 10, 40, 51),
        price: fc.constantFrom(92, 100, 100, 100, 108),
        gap: fc.constantFrom(0, 0, 0, 0, 0.01, 0.2, 1),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('fill' as const), pick: fc.nat(), share: fc.nat({ max: 3 }) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('kill' as const), engaged: fc.boolean() }) },
  )
  fc.assert(
    fc.property(fc.array(step, { minLength: 60, maxLength: 150 }), (steps) => {
      const books = [cached(), new RiskBook(tight, null)]
      const open: { order: NewOrder; cumQty: number }[] = []
      let seconds = 0
      steps.forEach((entry, index) => {
        if (entry.kind === 'kill') {
          for (const book of books) book.killSwitch = entry.engaged && index % 7 === 0
        } else if (entry.kind === 'fill') {
          const target = open[entry.pick % Math.max(1, open.length)]
          if (target === undefined) return
          target.cumQty = Math.min(target.order.qty, target.cumQty + entry.share * 10)
          const { orderId, side, symbol, qty } = target.order
          const leavesQty = entry.share === 0 ? 0 : qty - target.cumQty
          for (const book of books) book.apply(reportOf(orderId, { side, symbol, cumQty: target.cumQty, leavesQty }))
        } else {
          const { kind: _order, gap, ...order } = entry
          seconds += gap
          const full = orderOf(index, order)
          const [withCache, without] = books.map((book) => book.check(full, at(seconds)))
          expect(withCache).toBe(without)
          if (without === 'approved') open.push({ order: full, cumQty: 0 })
        }
      })
    }),
    { numRuns: 200 },
  )
})

const orderOf = (orderId: number, part: Partial<NewOrder> = {}): NewOrder => newOrderWith({ orderId, ...part })

function reportOf(orderId: number, part: Partial<ExecutionReport> = {}): ExecutionReport {
  return {
    execId: 1,
    orderId,
    account: 'desk',
    symbol: 'S',
    side: 'buy',
    execType: 'trade',
    ordStatus: 'partiallyFilled',
    lastQty: 0,
    lastPrice: 100,
    cumQty: 0,
    leavesQty: 0,
    cumNotional: 0,
    revision: 0,
    reason: '',
    final: false,
    ...part,
  }
}
