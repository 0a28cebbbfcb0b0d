import { expect, test } from 'vitest'
import { newOrderWith, replaceWith } from '../model/message-fixture.js'
import type { ExecutionReport, NewOrder, OrderCommand, ReplaceOrder } from '../model/messages.js'
import { matchingConfig } from './config.js'
import { Venue } from './core.js'

// Replacements by the rules of FIX 5.0 SP2, volume 4, order state changes of group C.

const venueOf = (settings: object = {}): Venue =>
  new Venue(matchingConfig.parse({ house: { enabled: false }, ...settings }), 1)
const order = (changes: Partial<NewOrder>): NewOrder =>
  newOrderWith({ symbol: 'X', timeInForce: 'gtc', bid: 0, ask: 0, ...changes })
const replace = (changes: Partial<ReplaceOrder>): ReplaceOrder =>
  replaceWith({ symbol: 'X', bid: 0, ask: 0, ...changes })
const sell = (orderId: number, changes: Partial<NewOrder> = {}): NewOrder =>
  order({ orderId, account: 'other', side: 'sell', ...changes })

const brief = (report: ExecutionReport): string =>
  [
    report.orderId,
    report.execType,
    report.ordStatus,
    `cum ${report.cumQty} leaves ${report.leavesQty} r${report.revision}`,
    ...(report.lastQty === 0 ? [] : [`last ${report.lastQty}@${report.lastPrice}`]),
    ...(report.reason === '' ? [] : [report.reason]),
    ...(report.final ? ['final'] : []),
  ].join(' ')
const briefs = (venue: Venue, command: OrderCommand): string[] => venue.execute(command).reports.map(brief)
/** Who trades first with an order that comes for one lot. */
const firstInLine = (venue: Venue): number | undefined =>
  venue.execute(sell(99, { qty: 1 })).reports.find(({ orderId, execType }) => orderId !== 99 && execType === 'trade')
    ?.orderId

test('OrderQty of a replaced order is CumQty + LeavesQty, and it keeps what it has traded', () => {
  const venue = venueOf()
  venue.execute(order({}))
  expect(briefs(venue, replace({ qty: 8 }))).toEqual(['1 replaced new cum 0 leaves 8 r1 final'])
  venue.execute(sell(2, { qty: 3 }))
  expect(briefs(venue, replace({ revision: 2, qty: 12 }))).toEqual([
    '1 replaced partiallyFilled cum 3 leaves 9 r2 final',
  ])
  expect(briefs(venue, sell(3, { qty: 9 })).at(-1)).toBe('1 trade filled cum 12 leaves 0 r2 last 9@100')
  expect(venue.liveOrders('X')).toBe(0)
  expect(venue.counters).toMatchObject({ replaces: 2, restingOrders: 0 })
})

test.each([
  { change: { qty: 4 }, first: 1, name: 'less keeps its place in the queue' },
  { change: { qty: 10 }, first: 1, name: 'nothing changed keeps its place' },
  { change: { qty: 11 }, first: 2, name: 'more loses it' },
  { change: { qty: 4, price: 99 }, first: 2, name: 'a worse price loses it' },
])('$name', ({ change, first }) => {
  const venue = venueOf()
  venue.execute(order({}))
  venue.execute(order({ orderId: 2 }))
  venue.execute(replace(change))
  expect(firstInLine(venue)).toBe(first)
})

test('an order that comes back to its old price stands behind those that stayed', () => {
  const venue = venueOf()
  venue.execute(order({}))
  venue.execute(order({ orderId: 2 }))
  venue.execute(replace({ price: 98 }))
  venue.execute(replace({ revision: 2, price: 100 }))
  expect(firstInLine(venue)).toBe(2)
})

test('a new price may trade: the replacement is reported before its trades', () => {
  const venue = venueOf()
  venue.execute(order({}))
  venue.execute(sell(2, { price: 102, qty: 4 }))
  expect(briefs(venue, replace({ price: 102 }))).toEqual([
    '1 replaced new cum 0 leaves 10 r1',
    '1 trade partiallyFilled cum 4 leaves 6 r1 last 4@102 final',
    '2 trade filled cum 4 leaves 0 r0 last 4@102',
  ])
  venue.execute(sell(3, { price: 103, qty: 20 }))
  expect(briefs(venue, replace({ revision: 2, price: 103 }))[1]).toBe(
    '1 trade filled cum 10 leaves 0 r2 last 6@103 final',
  )
  expect(venue.counters.restingOrders).toBe(1)
})

test.each([7, 5, 1])(
  'one to %i lots of which 7 were traded is amended to these, and filled takes precedence',
  (qty) => {
    const venue = venueOf()
    venue.execute(order({}))
    venue.execute(sell(2, { qty: 7 }))
    expect(briefs(venue, replace({ qty }))).toEqual(['1 replaced filled cum 7 leaves 0 r1 final'])
    expect(venue.liveOrders('X')).toBe(0)
    expect(venue.counters.restingOrders).toBe(0)
  },
)

test.each([
  { change: { qty: 0 }, reason: 'quantity is not a positive number of lots' },
  { change: { price: 0 }, reason: 'price is not a positive number of ticks' },
  { change: { price: 1_000_000, qty: 10_000_000_000 }, reason: 'notional too large' },
  { change: { revision: 0 }, reason: 'revision is not above the last one' },
  { change: { revision: 1.5 }, reason: 'revision is not above the last one' },
])('one that cannot be is refused and leaves the order as it was: $reason', ({ change, reason }) => {
  const venue = venueOf()
  venue.execute(order({}))
  venue.execute(order({ orderId: 2 }))
  venue.execute(sell(3, { qty: 2 }))
  const { revision = 1 } = change as { revision?: number }
  expect(briefs(venue, replace(change))).toEqual([
    `1 replaceRejected partiallyFilled cum 2 leaves 8 r${revision} ${reason} final`,
  ])
  expect(firstInLine(venue)).toBe(1)
  expect(venue.counters).toMatchObject({ rejected: 1, restingOrders: 2 })
})

test('a post-only order is never replaced into a trade', () => {
  const venue = venueOf()
  venue.execute(order({ timeInForce: 'postOnly' }))
  venue.execute(sell(2, { price: 102 }))
  expect(briefs(venue, replace({ price: 102 }))).toEqual([
    '1 replaceRejected new cum 0 leaves 10 r1 post-only would trade final',
  ])
  expect(briefs(venue, replace({ revision: 2, price: 101 }))).toEqual(['1 replaced new cum 0 leaves 10 r2 final'])
  expect(venue.counters.trades).toBe(0)
})

test('an unknown order, and one of another account, cannot be replaced', () => {
  const venue = venueOf()
  venue.execute(order({}))
  const unknown = 'replaceRejected rejected cum 0 leaves 0 r1 unknown order final'
  expect(briefs(venue, replace({ account: 'thief', qty: 1 }))).toEqual([`1 ${unknown}`])
  expect(briefs(venue, replace({ orderId: 9 }))).toEqual([`9 ${unknown}`])
  expect(briefs(venue, replace({ symbol: 'Y' }))).toEqual([`1 ${unknown}`])
  expect(briefs(venue, replace({ qty: 4 }))).toEqual(['1 replaced new cum 0 leaves 4 r1 final'])
})

test('a replacement that is delivered again changes nothing and repeats its final report', () => {
  const venue = venueOf()
  venue.execute(order({}))
  venue.execute(sell(2, { price: 101, qty: 2 }))
  const first = venue.execute(replace({ price: 101 }))
  const again = venue.execute(replace({ price: 101 }))
  expect(again).toEqual({ reports: first.reports.filter(({ final }) => final), repeated: true })
  venue.execute(replace({ revision: 2, price: 90 }))
  expect(venue.execute(replace({ price: 101 })).reports[0]?.revision).toBe(2)
  expect(venue.counters).toMatchObject({ trades: 1, repeated: 2 })
})

test('one that was refused stays refused when it is delivered again', () => {
  const venue = venueOf()
  venue.execute(order({ timeInForce: 'postOnly' }))
  venue.execute(sell(2, { price: 101 }))
  const refused = venue.execute(replace({ price: 101 }))
  venue.execute({ kind: 'cancel', orderId: 2, account: 'other', symbol: 'X' })
  expect(venue.execute(replace({ price: 101 }))).toEqual({ reports: refused.reports, repeated: true })
})

test.each([
  { selfTrade: 'none', reports: ['1 replaced', '1 trade', '2 trade'], resting: 0 },
  { selfTrade: 'expireTaker', reports: ['1 replaced', '1 canceled'], resting: 1 },
  { selfTrade: 'expireMaker', reports: ['1 replaced', '2 canceled'], resting: 1 },
  { selfTrade: 'both', reports: ['1 replaced', '2 canceled', '1 canceled'], resting: 0 },
])('one that meets an order of its own account: $selfTrade', ({ selfTrade, reports, resting }) => {
  const venue = venueOf({ selfTrade })
  venue.execute(order({}))
  venue.execute(sell(2, { price: 102, account: 'desk' }))
  const answer = venue.execute(replace({ price: 102 })).reports
  expect(answer.map(({ orderId, execType }) => `${orderId} ${execType}`)).toEqual(reports)
  expect(answer.filter(({ final }) => final).map(({ orderId }) => orderId)).toEqual([1])
  expect(venue.counters.restingOrders).toBe(resting)
})

test('where the house fills the order on the way to the new quote, it is too late', () => {
  const venue = venueOf({ house: { levels: 1, qty: 50 } })
  venue.execute(order({ price: 100, bid: 99, ask: 101 }))
  expect(briefs(venue, replace({ price: 98, bid: 95, ask: 97 }))).toEqual([
    '-4 trade partiallyFilled cum 10 leaves 40 r0 last 10@100',
    '1 trade filled cum 10 leaves 0 r0 last 10@100',
    '1 replaceRejected filled cum 10 leaves 0 r1 too late: it is filled final',
  ])
})
