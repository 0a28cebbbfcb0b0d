import { expect, test } from 'vitest'
import { MarketGenerator, symbolNames } from './market-generator.js'
import type { MarketEvent } from './messages.js'

const events = (count: number, burstiness = 0.6): MarketEvent[] => {
  const generator = new MarketGenerator({ seed: 7, symbols: symbolNames(60), burstiness })
  return Array.from({ length: count }, () => generator.next().event)
}

type Book = Map<number, MarketEvent>
const top = (book: Book): { bid: number; ask: number } => {
  let bid = 0
  let ask = Number.POSITIVE_INFINITY
  for (const { side, price } of book.values()) {
    if (side === 'buy') bid = Math.max(bid, price)
    else ask = Math.min(ask, price)
  }
  return { bid, ask }
}

test('the same seed gives the same events', () => {
  expect(events(2_000)).toEqual(events(2_000))
})

test('events make sense as books: known ids, bounded, rarely crossed, mostly one tick wide', () => {
  const books = new Map<string, Book>()
  const counted = { created: 0, changed: 0, deleted: 0, crossed: 0, oneTick: 0, quoted: 0 }
  for (const event of events(120_000)) {
    const book = books.get(event.symbol) ?? new Map<number, MarketEvent>()
    books.set(event.symbol, book)
    expect(book.has(event.orderId)).toBe(event.action !== 'created')
    counted[event.action] += 1
    if (event.action === 'deleted') book.delete(event.orderId)
    else {
      expect(event.qty).toBeGreaterThan(0)
      book.set(event.orderId, event)
    }
    expect(book.size).toBeLessThanOrEqual(64)
    const { bid, ask } = top(book)
    if (bid === 0 || ask === Number.POSITIVE_INFINITY) continue
    counted.quoted += 1
    if (bid >= ask) counted.crossed += 1
    else if (ask - bid === 1) counted.oneTick += 1
  }
  expect(books.size).toBe(60)
  expect(counted.quoted).toBeGreaterThan(119_900)
  expect(counted.crossed).toBeGreaterThan(0)
  expect(counted.crossed / counted.quoted).toBeLessThan(0.002)
  expect(counted.oneTick / counted.quoted).toBeGreaterThan(0.4)
  expect(counted.deleted / counted.created).toBeGreaterThan(0.95)
  expect(counted.changed / 120_000).toBeGreaterThan(0.01)
})

test('every symbol has both sides after two events each', () => {
  const sides = new Set(events(120).map(({ symbol, side }) => `${symbol} ${side}`))
  expect(sides.size).toBe(120)
})

test('burstiness clusters events on few symbols', () => {
  const distinct = (burstiness: number): number => {
    const all = events(12_000, burstiness).slice(2_000)
    let sum = 0
    for (let at = 0; at < all.length; at += 50) sum += new Set(all.slice(at, at + 50).map(({ symbol }) => symbol)).size
    return sum / (all.length / 50)
  }
  const even = distinct(0)
  expect(even).toBeGreaterThan(30)
  expect(distinct(0.9)).toBeLessThan(even / 2)
})
