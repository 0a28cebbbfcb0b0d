import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { goldenFlow, goldenTotals } from '../model/golden-flow.js'
import { newOrderWith } from '../model/message-fixture.js'
import { type ExecutionReport, houseAccount, type NewOrder } from '../model/messages.js'
import { matchingConfig } from './config.js'
import { Venue } from './core.js'

const quiet = { house: { enabled: false } }
const venueOf = (settings: unknown = quiet): Venue => new Venue(matchingConfig.parse(settings), 1)

const order = (changes: Partial<NewOrder>): NewOrder =>
  newOrderWith({ symbol: 'X', timeInForce: 'gtc', bid: 0, ask: 0, ...changes })
const cancel = (orderId: number, account = 'desk') => ({ kind: 'cancel', orderId, account, symbol: 'X' }) as const

const brief = (report: ExecutionReport): string =>
  [
    report.orderId,
    report.execType,
    report.ordStatus,
    `last ${report.lastQty}@${report.lastPrice}`,
    `cum ${report.cumQty}/${report.cumNotional}`,
    `leaves ${report.leavesQty}`,
    ...(report.reason === '' ? [] : [report.reason]),
    ...(report.final ? ['final'] : []),
  ].join(' ')
const briefs = (venue: Venue, command: Parameters<Venue['execute']>[0]): string[] =>
  venue.execute(command).reports.map(brief)

test('an order that rests is acknowledged, then filled in parts by those that meet it', () => {
  const venue = venueOf()
  expect(briefs(venue, order({}))).toEqual(['1 new new last 0@0 cum 0/0 leaves 10 final'])
  expect(briefs(venue, order({ orderId: 2, account: 'other', side: 'sell', price: 99, qty: 4 }))).toEqual([
    '2 new new last 0@0 cum 0/0 leaves 4',
    '2 trade filled last 4@100 cum 4/400 leaves 0 final',
    '1 trade partiallyFilled last 4@100 cum 4/400 leaves 6',
  ])
  expect(briefs(venue, order({ orderId: 3, account: 'other', side: 'sell', price: 100, qty: 9 }))).toEqual([
    '3 new new last 0@0 cum 0/0 leaves 9',
    '3 trade partiallyFilled last 6@100 cum 6/600 leaves 3 final',
    '1 trade filled last 6@100 cum 10/1000 leaves 0',
  ])
  expect(venue.liveOrders('X')).toBe(1)
})

test.each([
  { timeInForce: 'ioc', last: '2 expired expired last 0@0 cum 10/1000 leaves 0 ioc final' },
  { timeInForce: 'fok', last: '2 expired expired last 0@0 cum 0/0 leaves 0 fok final' },
] as const)('the rest of a $timeInForce order expires', ({ timeInForce, last }) => {
  const venue = venueOf()
  venue.execute(order({ side: 'sell' }))
  expect(briefs(venue, order({ orderId: 2, qty: 15, timeInForce })).at(-1)).toBe(last)
  expect(venue.liveOrders('X')).toBe(timeInForce === 'fok' ? 1 : 0)
})

test('a post-only order rests or is rejected, and never takes', () => {
  const venue = venueOf()
  venue.execute(order({ side: 'sell' }))
  const post = { timeInForce: 'postOnly' } as const
  const rejected = 'rejected rejected last 0@0 cum 0/0 leaves 0 post-only would trade final'
  expect(briefs(venue, order({ orderId: 2, ...post }))).toEqual([`2 ${rejected}`])
  expect(briefs(venue, order({ orderId: 3, ...post, type: 'market', price: 0 }))).toEqual([`3 ${rejected}`])
  expect(briefs(venue, order({ orderId: 4, ...post, price: 99 }))).toEqual([
    '4 new new last 0@0 cum 0/0 leaves 10 final',
  ])
  expect(briefs(venue, order({ orderId: 5, ...post, side: 'sell', price: 99 }))).toEqual([`5 ${rejected}`])
  expect(venue.counters).toMatchObject({ trades: 0, rejected: 3, restingOrders: 2 })
})

test('the rest of a market order is cancelled', () => {
  const venue = venueOf()
  venue.execute(order({ side: 'sell', qty: 3 }))
  expect(briefs(venue, order({ orderId: 2, type: 'market', price: 0, qty: 5 }))).toEqual([
    '2 new new last 0@0 cum 0/0 leaves 5',
    '2 trade partiallyFilled last 3@100 cum 3/300 leaves 2',
    '1 trade filled last 3@100 cum 3/300 leaves 0',
    '2 canceled canceled last 0@0 cum 3/300 leaves 0 no liquidity final',
  ])
})

test('a cancel ends what rests, once, and only for its owner', () => {
  const venue = venueOf()
  venue.execute(order({}))
  expect(briefs(venue, cancel(1, 'thief'))).toEqual([
    '1 cancelRejected rejected last 0@0 cum 0/0 leaves 0 unknown order final',
  ])
  expect(briefs(venue, cancel(9))).toEqual(['9 cancelRejected rejected last 0@0 cum 0/0 leaves 0 unknown order final'])
  const first = venue.execute(cancel(1))
  expect(first.reports.map(brief)).toEqual([
    '1 canceled canceled last 0@0 cum 0/0 leaves 0 canceled by its owner final',
  ])
  expect(venue.execute(cancel(1))).toEqual({ reports: first.reports, repeated: true })
  expect(briefs(venue, cancel(1, 'thief'))).toEqual([
    '1 cancelRejected rejected last 0@0 cum 0/0 leaves 0 unknown order final',
  ])
  expect(venue.liveOrders('X')).toBe(0)
})

test('a command that is delivered again trades once and repeats its final report', () => {
  const venue = venueOf()
  venue.execute(order({ side: 'sell', qty: 30 }))
  const first = venue.execute(order({ orderId: 2 }))
  const again = venue.execute(order({ orderId: 2 }))
  expect(again.repeated).toBe(true)
  expect(again.reports).toEqual(first.reports.filter((report) => report.final))
  expect(venue.positions('X').map(({ qty }) => qty)).toEqual([0])
  expect(venue.counters).toMatchObject({ orders: 2, trades: 1, repeated: 1 })
})

test.each([
  { wrong: { qty: 0 }, reason: 'quantity is not a positive number of lots' },
  { wrong: { qty: 1.5 }, reason: 'quantity is not a positive number of lots' },
  { wrong: { price: 0 }, reason: 'price is not a positive number of ticks' },
  { wrong: { price: 2 ** 31 }, reason: 'price is not a positive number of ticks' },
  { wrong: { orderId: -1 }, reason: 'order id is not a positive integer' },
  { wrong: { price: 1_000_000, qty: 10_000_000_000 }, reason: 'notional too large' },
])('rejects an impossible order: $reason', ({ wrong, reason }) => {
  const venue = venueOf()
  const { reports } = venue.execute(order(wrong))
  expect(
    reports.map(({ execType, ordStatus, final, ...report }) => [execType, ordStatus, final, report.reason]),
  ).toEqual([['rejected', 'rejected', true, reason]])
  expect(venue.liveOrders('X')).toBe(0)
})

test('symbols are bounded', () => {
  const venue = venueOf({ ...quiet, symbolsMax: 1 })
  venue.execute(order({}))
  expect(briefs(venue, order({ orderId: 2, symbol: 'Y' }))).toEqual([
    '2 rejected rejected last 0@0 cum 0/0 leaves 0 too many symbols final',
  ])
})

test('the oldest resting order gives way when too many rest', () => {
  const venue = venueOf({ ...quiet, restingMax: 2 })
  venue.execute(order({}))
  venue.execute(order({ orderId: 2 }))
  expect(briefs(venue, order({ orderId: 3 }))).toEqual([
    '3 new new last 0@0 cum 0/0 leaves 10 final',
    '1 canceled canceled last 0@0 cum 0/0 leaves 0 too many resting orders',
  ])
  expect(venue.counters).toMatchObject({ restingEvicted: 1, restingOrders: 2 })
})

test('of many orders that come and go, the ones that stay longest give way first', () => {
  const venue = venueOf({ ...quiet, restingMax: 3, rememberMax: 1_000 })
  const evicted: number[] = []
  let resting: number[] = []
  for (let orderId = 1; orderId <= 3_000; orderId += 1) {
    const reports = venue.execute(order({ orderId, price: 1 + (orderId % 50) })).reports
    resting.push(orderId)
    const gone = reports.filter((report) => report.orderId !== orderId).map((report) => report.orderId)
    if (resting.length > 3) expect(gone).toEqual([resting[0]])
    else expect(gone).toEqual([])
    evicted.push(...gone)
    if (orderId % 3 === 0) {
      venue.execute(cancel(orderId))
      gone.push(orderId)
    }
    resting = resting.filter((id) => !gone.includes(id))
  }
  expect(evicted.length).toBe(venue.counters.restingEvicted)
  expect(venue.liveOrders('X')).toBe(resting.length)
  expect(venue.execute(order({ orderId: 2_999 })).repeated).toBe(true)
  expect(venue.execute(order({ orderId: 1 })).repeated).toBe(false)
})

test.each([
  { selfTrade: 'none', reports: ['2 trade', '1 trade'] },
  { selfTrade: 'expireTaker', reports: ['2 canceled'] },
  { selfTrade: 'expireMaker', reports: ['1 canceled'] },
  { selfTrade: 'both', reports: ['1 canceled', '2 canceled'] },
])('two orders of one account: $selfTrade', ({ selfTrade, reports }) => {
  const venue = venueOf({ ...quiet, selfTrade })
  venue.execute(order({}))
  const answer = venue.execute(order({ orderId: 2, side: 'sell' })).reports
  expect(answer.slice(1).map(({ orderId, execType }) => `${orderId} ${execType}`)).toEqual(reports)
  expect(answer.filter(({ final }) => final)).toHaveLength(1)
})

test('the house fills an order at the quote that it carries, and follows the quote', () => {
  const venue = venueOf({ house: { levels: 3, qty: 4 } })
  expect(briefs(venue, order({ price: 103, bid: 100, ask: 102, qty: 6 }))).toEqual([
    '1 new new last 0@0 cum 0/0 leaves 6',
    '1 trade partiallyFilled last 4@102 cum 4/408 leaves 2',
    '-2 trade filled last 4@102 cum 4/408 leaves 0',
    '1 trade filled last 2@103 cum 6/614 leaves 0 final',
    '-4 trade partiallyFilled last 2@103 cum 2/206 leaves 2',
  ])
  expect(venue.liveOrders('X')).toBe(5)
  venue.execute(order({ orderId: 2, price: 90, bid: 100, ask: 102 }))
  expect(venue.liveOrders('X')).toBe(7)
  // The market falls through the order at 90: the house's ask takes it.
  expect(briefs(venue, order({ orderId: 3, price: 80, bid: 85, ask: 87 })).slice(0, 4)).toEqual([
    '-9 trade filled last 4@90 cum 4/360 leaves 0',
    '2 trade partiallyFilled last 4@90 cum 4/360 leaves 6',
    '-11 trade filled last 4@90 cum 4/360 leaves 0',
    '2 trade partiallyFilled last 4@90 cum 8/720 leaves 2',
  ])
})

test('books stay bounded and positions sum to zero whatever comes', () => {
  const anyOrder = fc.record({
    account: fc.constantFrom('desk', 'other'),
    symbol: fc.constantFrom('X', 'Y'),
    side: fc.constantFrom('buy' as const, 'sell' as const),
    type: fc.constantFrom('limit' as const, 'market' as const),
    timeInForce: fc.constantFrom('gtc' as const, 'ioc' as const, 'fok' as const, 'postOnly' as const),
    price: fc.integer({ min: 90, max: 110 }),
    qty: fc.integer({ min: 1, max: 40 }),
    bid: fc.integer({ min: 85, max: 110 }),
    spread: fc.integer({ min: 0, max: 3 }),
    again: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(anyOrder, { maxLength: 80 }), (orders) => {
      const venue = venueOf({ house: { levels: 4, qty: 5 }, restingMax: 6, selfTrade: 'expireMaker' })
      const state = new Map<number, ExecutionReport>()
      let lastExecId = 0
      orders.forEach(({ spread, again, ...fields }, index) => {
        const command = order({ ...fields, orderId: index + 1, ask: fields.bid + spread })
        const { reports } = venue.execute(command)
        expect(reports.filter(({ final }) => final).map(({ orderId }) => orderId)).toEqual([index + 1])
        expect(reports.findLast(({ orderId }) => orderId === index + 1)?.final).toBe(true)
        for (const report of reports) {
          expect(report.execId).toBeGreaterThan(lastExecId)
          lastExecId = report.execId
          const before = state.get(report.orderId)
          expect(report.cumQty).toBe((before?.cumQty ?? 0) + report.lastQty)
          expect(report.cumNotional).toBe((before?.cumNotional ?? 0) + report.lastQty * report.lastPrice)
          const live = report.ordStatus === 'new' || report.ordStatus === 'partiallyFilled'
          if (!live) expect(report.leavesQty).toBe(0)
          if (report.orderId > 0 && live) {
            expect(report.cumQty + report.leavesQty).toBe(orders[report.orderId - 1]?.qty)
          }
          state.set(report.orderId, report)
        }
        if (again) expect(venue.execute(command).repeated).toBe(true)
        for (const symbol of ['X', 'Y']) {
          expect(venue.liveOrders(symbol)).toBeLessThanOrEqual(6 + 8)
          const positions = venue.positions(symbol)
          expect(positions.reduce((sum, { qty }) => sum + qty, 0)).toBe(0)
          expect(positions.reduce((sum, { notional }) => sum + notional, 0n)).toBe(0n)
        }
      })
      const bought = [...state.values()]
        .filter(({ side }) => side === 'buy')
        .reduce((sum, { cumQty }) => sum + cumQty, 0)
      const sold = [...state.values()]
        .filter(({ side }) => side === 'sell')
        .reduce((sum, { cumQty }) => sum + cumQty, 0)
      expect(bought).toBe(sold)
    }),
    { numRuns: 150 },
  )
})

test('reports of the golden flow carry its trades, in order', () => {
  const flow = goldenFlow()
  const hash = createHash('sha256')
  const venue = venueOf({ ...quiet, rememberMax: 1_000_000 })
  for (let index = 0; index < flow.count; index += 1) {
    const orderId = flow.id[index] ?? 0
    if (flow.cancel[index] === 1) {
      venue.execute(cancel(orderId))
      continue
    }
    const { reports } = venue.execute(
      order({
        orderId,
        side: flow.side[index] === 0 ? 'buy' : 'sell',
        price: flow.price[index] ?? 0,
        qty: flow.quantity[index] ?? 0,
      }),
    )
    const trades = reports.filter(({ execType }) => execType === 'trade')
    for (let at = 0; at < trades.length; at += 2) {
      const maker = trades[at + 1]
      hash.update(`${orderId},${maker?.orderId},${maker?.lastPrice},${maker?.lastQty}\n`)
    }
  }
  expect(hash.digest('hex')).toBe(goldenTotals.tradesSha256)
  expect(venue.counters).toMatchObject({ orders: goldenTotals.new, trades: goldenTotals.trades, rejected: 0 })
  expect(venue.liveOrders('X')).toBe(goldenTotals.live)
  expect(venue.counters.restingOrders).toBe(goldenTotals.live)
  expect(venue.positions('X').some(({ account }) => account === houseAccount)).toBe(false)
})
