import { expect, test } from 'vitest'
import { buy, sell } from './book-terms.js'
import { goldenFlow } from './golden-flow.js'
import { Level3Book } from './level-3-book.js'
import { eventsOf } from './level-3-cases.js'
import { OrderBook } from './order-book.js'

test('the measured events rebuild the book that the golden flow leaves', () => {
  const commands = 5_000
  const flow = goldenFlow(commands)
  const matched = new OrderBook()
  for (let index = 0; index < commands; index += 1) {
    const id = flow.id[index] ?? 0
    if (flow.cancel[index] === 1) matched.cancel(id)
    else matched.limit(id, flow.side[index] === 0 ? buy : sell, flow.price[index] ?? 0, flow.quantity[index] ?? 0)
    matched.clearEvents()
  }
  const rebuilt = new Level3Book(100_000)
  for (const event of eventsOf(commands)) expect(rebuilt.apply(event)).toBe('applied')
  const topOf = (book: OrderBook | Level3Book) => [book.bestBid, book.bestAsk, book.bidLevels, book.askLevels]
  expect(topOf(rebuilt)).toEqual(topOf(matched))
  expect(rebuilt.liveOrders).toBe(matched.liveOrders)
  expect(rebuilt.bidQuantity).toBe(matched.depth.quantityAt(matched.bestBid))
})
