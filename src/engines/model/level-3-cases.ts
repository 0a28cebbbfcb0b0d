import { present } from '../../core/assert.js'
import { type ComponentCase, callsPerSampleMax } from '../../core/component-case.js'
import { buy, fillStride, sell } from './book-terms.js'
import { goldenFlow } from './golden-flow.js'
import { Level3Book, tickOf } from './level-3-book.js'
import type { MarketEvent } from './messages.js'
import { OrderBook } from './order-book.js'

const commands = 60_000
const opening = 5_000
/** More than the flow ever leaves: none of its events overflows. */
const ordersMax = 200_000

/** UP12.market-data: what the engine of that name does with one event, into the book and out of it its top. */
export const marketDataApply: ComponentCase = {
  name: 'market-data.apply',
  description: 'Apply one level-3 event to a book of about 1,000 orders, and make its tick.',
  variants: {
    '': () => {
      const events = eventsOf(commands)
      const open = (): Level3Book => {
        const book = new Level3Book(ordersMax)
        for (const event of events.slice(0, opening)) book.apply(event)
        return book
      }
      let book = open()
      let next = opening
      return {
        call: () => {
          book.apply(present(events[next], 'the events are begun anew before they end'))
          next += 1
          return tickOf('GOLD', book)
        },
        restore: () => {
          if (next + callsPerSampleMax <= events.length) return
          book = open()
          next = opening
        },
      }
    },
  },
}

/** What a venue tells of the golden flow: orders that rest, what trades leave of them, and their end. */
export function eventsOf(count: number): MarketEvent[] {
  const flow = goldenFlow(count)
  const book = new OrderBook()
  const resting = new Map<number, { readonly side: 'buy' | 'sell'; readonly price: number }>()
  const events: MarketEvent[] = []
  const tell = (action: MarketEvent['action'], orderId: number, qty: number): void => {
    const order = resting.get(orderId)
    if (order === undefined) return
    events.push({ symbol: 'GOLD', action, orderId, ...order, qty, exchangeMs: 0 })
    if (action === 'deleted') resting.delete(orderId)
  }
  for (let index = 0; index < count; index += 1) {
    const [id = 0, price = 1, quantity = 1] = [flow.id[index], flow.price[index], flow.quantity[index]]
    if (flow.cancel[index] === 1) {
      book.cancel(id)
      tell('deleted', id, 0)
      continue
    }
    book.limit(id, flow.side[index] === 0 ? buy : sell, price, quantity)
    for (let fill = 0; fill < book.fillCount; fill += 1) {
      const maker = book.fills[fill * fillStride + 1] ?? 0
      const left = book.quantityOf(maker)
      tell(left === 0 ? 'deleted' : 'changed', maker, left)
    }
    book.clearEvents()
    if (book.leaves === 0) continue
    resting.set(id, { side: flow.side[index] === 0 ? 'buy' : 'sell', price })
    tell('created', id, book.leaves)
  }
  return events
}
