// The flows of book.mjs and one timed pass of each over a book: with any 64 bits as ids, with numbers, and with the
// strings of the peer. Every pass is checked against the totals of its flow.
import { OrderBook as PeerBook } from 'nodejs-order-book'
import { monotonicClock } from '../dist/core/clock.js'
import { Random } from '../dist/core/random.js'
import { goldenTotals } from '../dist/engines/model/golden-flow.js'
import { OrderBook } from '../dist/engines/model/order-book.js'

const { now } = monotonicClock

/** The flow with an id of 64 random bits for each order, as two columns of int32. */
export function withWideIds(flow) {
  const random = Random.stream(20_261_120, 'ids')
  const highOf = new Int32Array(flow.count + 1).map(() => random.uint32())
  const lowOf = new Int32Array(flow.count + 1).map(() => random.uint32())
  return { ...flow, high: flow.id.map((id) => highOf[id]), low: flow.id.map((id) => lowOf[id]) }
}

/** One pass by number. */
export function runNumbers(flow) {
  const { cancel, id, side, price, quantity, count } = flow
  const book = new OrderBook()
  const counted = emptyCounts()
  const startedAt = now()
  for (let index = 0; index < count; index += 1) {
    if (cancel[index] === 1) book.cancel(id[index])
    else book.limit(id[index], side[index], price[index], quantity[index])
    if (book.fillCount === 0) continue
    countFills(book, counted)
    book.clearEvents()
  }
  const elapsedNs = now() - startedAt
  return { ...counted, live: book.liveOrders, elapsedNs, commands: count }
}

/** Commands from `from` on, with their ids of 64 bits. */
export function runWide(flow, book = new OrderBook(), from = 0, to = flow.count) {
  const { cancel, high, low, side, price, quantity } = flow
  const counted = emptyCounts()
  const startedAt = now()
  for (let index = from; index < to; index += 1) {
    if (cancel[index] === 1) book.cancel64(high[index], low[index])
    else book.limit64(high[index], low[index], side[index], price[index], quantity[index])
    if (book.fillCount === 0) continue
    countFills(book, counted)
    book.clearEvents()
  }
  const elapsedNs = now() - startedAt
  return { ...counted, live: book.liveOrders, elapsedNs, commands: to - from }
}

/** The same, with the time of each command and of the one reading of the clock that tells it apart from the next. */
export function timeWide(flow, samplesNs) {
  const { cancel, high, low, side, price, quantity, count } = flow
  const book = new OrderBook()
  const counted = emptyCounts()
  let before = now()
  for (let index = 0; index < count; index += 1) {
    if (cancel[index] === 1) book.cancel64(high[index], low[index])
    else book.limit64(high[index], low[index], side[index], price[index], quantity[index])
    if (book.fillCount > 0) {
      countFills(book, counted)
      book.clearEvents()
    }
    const after = now()
    samplesNs[index] = after - before
    before = after
  }
  return { ...counted, live: book.liveOrders }
}

/** What the clock alone costs, timed like the commands. */
export function timeTimer(samplesNs) {
  let before = now()
  for (let index = 0; index < samplesNs.length; index += 1) {
    const after = now()
    samplesNs[index] = after - before
    before = after
  }
}

/** The peer takes strings and objects; making them is left out of its time. */
export function peerOf(flow) {
  const ids = Array.from(flow.id, String)
  const orders = ids.map((id, index) => ({
    id,
    side: flow.side[index] === 0 ? 'buy' : 'sell',
    price: flow.price[index],
    size: flow.quantity[index],
  }))
  return () => runPeer(flow, ids, orders)
}

/** The peer tells the orders that were filled and the part of the last one; each maker's share of them is one trade. */
function runPeer({ cancel, count }, ids, orders) {
  const book = new PeerBook()
  const counted = emptyCounts()
  const startedAt = now()
  for (let index = 0; index < count; index += 1) {
    if (cancel[index] === 1) book.cancel(ids[index])
    else countPeerFills(book.limit(orders[index]), ids[index], counted)
  }
  const elapsedNs = now() - startedAt
  const { bids, asks } = book.snapshot()
  const live = [...bids, ...asks].reduce((sum, level) => sum + level.orders.length, 0)
  return { ...counted, live, elapsedNs, commands: count }
}

function countPeerFills(result, taker, counted) {
  for (const order of result.done) {
    if (order.id === taker) continue
    counted.trades += 1
    counted.tradedQuantity += order.size
    counted.notional += order.size * order.price
  }
  const partial = result.partial
  if (partial !== null && partial.id !== taker) {
    counted.trades += 1
    counted.tradedQuantity += result.partialQuantityProcessed
    counted.notional += result.partialQuantityProcessed * partial.price
  }
}

/** Speed is never bought with errors. */
export function checkGolden(name, { trades, tradedQuantity, notional, live }) {
  const expected = goldenTotals
  const reached = { trades, tradedQuantity, notional, live }
  for (const [key, value] of Object.entries(reached)) {
    if (value !== expected[key]) throw new Error(`${name} reached ${key} ${value} instead of ${expected[key]}`)
  }
}

const emptyCounts = () => ({ trades: 0, tradedQuantity: 0, notional: 0 })

function countFills({ fills, fillCount }, counted) {
  for (let at = 0; at < fillCount * 4; at += 4) {
    counted.trades += 1
    counted.tradedQuantity += fills[at + 3]
    counted.notional += fills[at + 2] * fills[at + 3]
  }
}
