import { expect, test } from 'vitest'
import type { MarketEvent } from '../../engines/model/messages.js'
import { openSource } from './open.js'

const events = async (count: number, burstiness = 0.6): Promise<MarketEvent[]> => {
  const config = { kind: 'generated', symbols: 60, burstiness } as const
  const { measured } = await openSource(config, { seed: 7, baseFolder: '' })
  return Array.from({ length: count }, () => {
    const next = measured.next()
    if (next === null) throw new Error('a generated source never ends')
    return next.event
  })
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

test('the same seed gives the same events', async () => {
  expect(await events(2_000)).toEqual(await events(2_000))
})

test('events make sense as books: known ids, bounded, rarely crossed, mostly one tick wide', async () => {
  const books = new Map<string, Book>()
  const counted = { created: 0, changed: 0, deleted: 0, crossed: 0, oneTick: 0, quoted: 0 }
  for (const event of await events(120_000)) {
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

test('every symbol has both sides after two events each', async () => {
  const sides = new Set((await events(120)).map(({ symbol, side }) => `${symbol} ${side}`))
  expect(sides.size).toBe(120)
})

test('burstiness clusters events on few symbols', async () => {
  const distinct = async (burstiness: number): Promise<number> => {
    const all = (await events(12_000, burstiness)).slice(2_000)
    let sum = 0
    for (let at = 0; at < all.length; at += 50) sum += new Set(all.slice(at, at + 50).map(({ symbol }) => symbol)).size
    return sum / (all.length / 50)
  }
  const even = await distinct(0)
  expect(even).toBeGreaterThan(30)
  expect(await distinct(0.9)).toBeLessThan(even / 2)
})

test('an event costs little enough to be drawn while sending', async () => {
  await events(100_000)
  const before = process.cpuUsage()
  await events(200_000)
  const { user } = process.cpuUsage(before)
  // 0.3 us on an idle core, the array included; ten times that leaves room for a machine that does other things.
  expect((user * 1_000) / 200_000).toBeLessThan(3_000)
})
