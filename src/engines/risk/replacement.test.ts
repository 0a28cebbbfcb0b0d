import { expect, test } from 'vitest'
import { type InstantNs, instantNs } from '../../core/units.js'
import { fillWith, newOrderWith, replaceWith } from '../model/message-fixture.js'
import type { ExecutionReport, NewOrder } from '../model/messages.js'
import { riskConfig } from './config.js'
import { RiskBook } from './core.js'

const limits = riskConfig.parse({ orderQtyMax: 60, notionalMax: 10_000, positionMax: 100, priceCollar: '5%' })
const now: InstantNs = instantNs(0)
const order = (orderId: number, changes: Partial<NewOrder> = {}): NewOrder =>
  newOrderWith({ orderId, timeInForce: 'gtc', qty: 40, ...changes })
const resting = (changes: Partial<ExecutionReport>): ExecutionReport =>
  fillWith({ execType: 'replaced', ordStatus: 'new', lastQty: 0, lastPrice: 0, cumQty: 0, revision: 1, ...changes })

/** Room that is left for an order to buy. */
function roomOf(book: RiskBook): number {
  let orderId = 1_000
  for (let qty = 1; ; qty += 1) {
    orderId += 1
    if (book.check(order(orderId, { qty }), now) !== 'approved') return qty - 1
    book.apply(fillWith({ orderId, execType: 'canceled', ordStatus: 'canceled', cumQty: 0 }))
  }
}

test.each([
  { change: { qty: 61 }, verdict: 'order-quantity' },
  { change: { qty: 60, price: 200 }, verdict: 'order-notional' },
  { change: { price: 106 }, verdict: 'price-collar' },
  { change: { ask: 0 }, verdict: 'no-quote' },
  { change: { orderId: 9 }, verdict: 'unknown-order' },
  { change: { account: 'other' }, verdict: 'unknown-order' },
  { change: { price: 105 }, verdict: 'approved' },
])('a replacement to $change: $verdict', ({ change, verdict }) => {
  const book = new RiskBook(limits, null)
  book.check(order(1), now)
  expect(book.checkReplacement(replaceWith({ qty: 40, ...change }), now)).toBe(verdict)
})

test('what a replacement adds counts as open, and only that', () => {
  const book = new RiskBook(limits, null)
  book.check(order(1), now)
  book.check(order(2), now)
  expect(book.checkReplacement(replaceWith({ qty: 60 }), now)).toBe('approved')
  expect(book.checkReplacement(replaceWith({ orderId: 2, qty: 41 }), now)).toBe('position-limit')
  expect(book.checkReplacement(replaceWith({ orderId: 2, qty: 30 }), now)).toBe('approved')
})

test('what one takes away is free once the venue has confirmed it, and what was refused at once', () => {
  const book = new RiskBook(limits, null)
  book.check(order(1), now)
  book.checkReplacement(replaceWith({ qty: 10 }), now)
  expect(roomOf(book)).toBe(60)
  book.apply(resting({ leavesQty: 10 }))
  book.apply(resting({ leavesQty: 10 }))
  // The largest order, not the position, is the limit now.
  expect(roomOf(book)).toBe(60)
  book.check(order(2, { qty: 40 }), now)
  expect(roomOf(book)).toBe(50)
  book.checkReplacement(replaceWith({ revision: 2, qty: 50 }), now)
  expect(roomOf(book)).toBe(10)
  book.apply(resting({ execType: 'replaceRejected', revision: 2, leavesQty: 10 }))
  expect(roomOf(book)).toBe(50)
})

test('the answer to one replacement frees nothing of what a later one has reserved', () => {
  const book = new RiskBook(limits, null)
  book.check(order(1), now)
  book.checkReplacement(replaceWith({ qty: 10 }), now)
  expect(book.checkReplacement(replaceWith({ revision: 2, qty: 60 }), now)).toBe('approved')
  book.apply(resting({ leavesQty: 10 }))
  expect(roomOf(book)).toBe(40)
  book.apply(resting({ revision: 2, leavesQty: 60 }))
  expect(roomOf(book)).toBe(40)
})

test('a refusal of what another account asked, or of what the venue does not know, frees nothing', () => {
  const book = new RiskBook(limits, null)
  book.check(order(1, { qty: 60 }), now)
  const refused = fillWith({ execType: 'cancelRejected', ordStatus: 'rejected', cumQty: 0, lastQty: 0, lastPrice: 0 })
  book.apply(refused)
  book.apply({ ...refused, account: 'thief' })
  expect(roomOf(book)).toBe(40)
})
