import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseDecimal } from './decimal.js'
import { Level3Book, tickOf } from './level-3-book.js'
import { marketEventWith } from './message-fixture.js'
import type { MarketEvent } from './messages.js'

test('the top follows created, changed and deleted orders', () => {
  const book = new Level3Book(100)
  const after = (overrides: Partial<MarketEvent>) => {
    expect(book.apply(marketEventWith(overrides))).toBe('applied')
    const { bid, bidQty, ask, askQty, crossed } = tickOf('X', book)
    return [bid, bidQty, ask, askQty, crossed]
  }
  expect(after({})).toEqual([100, 5, 0, 0, false])
  expect(after({ orderId: 2, price: 99, qty: 7 })).toEqual([100, 5, 0, 0, false])
  expect(after({ orderId: 3, side: 'sell', price: 103, qty: 2 })).toEqual([100, 5, 103, 2, false])
  expect(after({ orderId: 4, side: 'sell', price: 103, qty: 4 })).toEqual([100, 5, 103, 6, false])
  expect(after({ orderId: 3, action: 'changed', price: 103, qty: 1 })).toEqual([100, 5, 103, 5, false])
  expect(after({ orderId: 1, action: 'changed', qty: 0 })).toEqual([99, 7, 103, 5, false])
  expect(after({ orderId: 1, action: 'deleted', qty: 0 })).toEqual([99, 7, 103, 5, false])
  expect(after({ orderId: 5, price: 103, qty: 1 })).toEqual([103, 1, 103, 5, true])
  expect(after({ orderId: 6, price: 104, qty: 1 })).toEqual([104, 1, 103, 5, true])
  expect(after({ orderId: 6, action: 'deleted' })).toEqual([103, 1, 103, 5, true])
  expect(after({ orderId: 5, action: 'changed', price: 98, qty: 1 })).toEqual([99, 7, 103, 5, false])
})

test.each([
  { name: 'an unknown change', overrides: { action: 'changed', orderId: 9 }, applied: 'unknown' },
  { name: 'an unknown delete', overrides: { action: 'deleted', orderId: 9 }, applied: 'unknown' },
  { name: 'a second creation', overrides: { price: 101 }, applied: 'duplicate' },
  { name: 'a price of nothing', overrides: { orderId: 9, price: 0 }, applied: 'invalid' },
  { name: 'a price between ticks', overrides: { orderId: 9, price: 100.5 }, applied: 'invalid' },
  { name: 'a negative quantity', overrides: { action: 'changed', qty: -1 }, applied: 'invalid' },
  { name: 'more orders than allowed', overrides: { orderId: 9 }, applied: 'overflow' },
] as const)('$name leaves the book as it was', ({ overrides, applied }) => {
  const book = new Level3Book(1)
  book.apply(marketEventWith({}))
  expect(book.apply(marketEventWith(overrides))).toBe(applied)
  expect([book.liveOrders, book.bidLevels, book.askLevels, tickOf('X', book)]).toEqual([
    1,
    1,
    0,
    { symbol: 'X', bid: 100, bidQty: 5, ask: 0, askQty: 0, crossed: false },
  ])
})

test('has the top of a plain list of orders after any events', () => {
  const anyEvent = fc.record({
    action: fc.constantFrom('created', 'created', 'changed', 'deleted'),
    orderId: fc.integer({ min: 1, max: 12 }),
    side: fc.constantFrom('buy', 'sell'),
    price: fc.oneof(fc.integer({ min: 95, max: 105 }), fc.constantFrom(1, 511, 512, 40_000)),
    qty: fc.integer({ min: 0, max: 9 }),
  })
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 100 }), (events) => {
      const book = new Level3Book(1000)
      const plain = new Map<number, MarketEvent>()
      for (const fields of events) {
        const next = marketEventWith(fields)
        const known = plain.get(next.orderId)
        if (book.apply(next) === 'applied') {
          if (next.action === 'deleted') plain.delete(next.orderId)
          else plain.set(next.orderId, { ...next, side: known?.side ?? next.side })
        }
        const live = [...plain.values()].filter((order) => order.qty > 0)
        const bids = live.filter((order) => order.side === 'buy')
        const asks = live.filter((order) => order.side === 'sell')
        const bid = bids.length === 0 ? 0 : Math.max(...bids.map((order) => order.price))
        const ask = asks.length === 0 ? 0 : Math.min(...asks.map((order) => order.price))
        const sum = (orders: MarketEvent[], price: number) =>
          orders.filter((order) => order.price === price).reduce((total, order) => total + order.qty, 0)
        expect(tickOf('X', book)).toEqual({
          symbol: 'X',
          bid,
          bidQty: sum(bids, bid),
          ask,
          askQty: sum(asks, ask),
          crossed: bid > 0 && ask > 0 && bid >= ask,
        })
        expect([book.liveOrders, book.bidOrders]).toEqual([
          plain.size,
          [...plain.values()].filter((order) => order.side === 'buy').length,
        ])
      }
    }),
    { numRuns: 200 },
  )
})

const dataFolder = process.env['NAUTILUS_TEST_DATA']
test.skipIf(dataFolder === undefined)(
  `rebuilds the recorded morning of BTC-USD${dataFolder === undefined ? ' (skipped: NAUTILUS_TEST_DATA is unset)' : ''}`,
  () => {
    const text = gunzipSync(readFileSync(join(dataFolder ?? '', 'bitstamp-orders.csv.gz'))).toString()
    const book = new Level3Book(200_000)
    const counted = { events: 0, unknownChanged: 0, unknownDeleted: 0, crossed: 0 }
    const sides = new Map<number, string>()
    for (const row of text.trimEnd().split('\n').slice(1)) {
      const [id, , , price = '', qty, action, direction] = row.split(',')
      const parsed = parseDecimal(price, 2)
      const applied = book.apply(
        marketEventWith({
          orderId: Number(id),
          price: 'value' in parsed ? parsed.value : 0,
          qty: Number(qty),
          action: action === 'created' || action === 'changed' ? action : 'deleted',
          side: direction === 'bid' ? 'buy' : 'sell',
        }),
      )
      counted.events += 1
      if (applied === 'unknown') counted[action === 'changed' ? 'unknownChanged' : 'unknownDeleted'] += 1
      else expect(applied).toBe('applied')
      if (action === 'created') sides.set(Number(id), direction ?? '')
      if (action === 'deleted') sides.delete(Number(id))
      if (book.crossed) counted.crossed += 1
    }
    expect({ ...counted, crossed: 0 }).toEqual({ events: 50_414, unknownChanged: 5, unknownDeleted: 208, crossed: 0 })
    expect(counted.crossed / counted.events).toBeCloseTo(0.02, 2)
    const directions = [...sides.values()]
    expect([
      directions.filter((side) => side === 'bid').length,
      directions.filter((side) => side === 'ask').length,
    ]).toEqual([101, 83])
    expect([book.liveOrders, book.bidLevels, book.askLevels, book.bestBid, book.bestAsk]).toEqual([
      184, 92, 77, 23_545, 23_571,
    ])
  },
)
