import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { apply, commandOf, farPrices, idOf, nearPrices, policies } from './book-commands-fixture.js'
import {
  type BookSide,
  type BookTimeInForce,
  buy,
  expiredStride,
  fillStride,
  type SelfTradePolicy,
  sell,
  timesInForce,
  verdicts,
} from './book-terms.js'
import type { BookCommand } from './command-log.js'
import { goldenFlow, goldenLine, goldenTotals } from './golden-flow.js'
import { OrderBook } from './order-book.js'
import { tickMax } from './price-levels.js'

test('reproduces every total and both hashes of the golden flow', () => {
  const flow = goldenFlow()
  const flowHash = createHash('sha256')
  const tradeHash = createHash('sha256')
  const book = new OrderBook()
  const totals = { new: 0, trades: 0, tradedQuantity: 0, notional: 0 }
  for (let index = 0; index < flow.count; index += 1) {
    flowHash.update(goldenLine(flow, index))
    const id = flow.id[index] ?? 0
    if (flow.cancel[index] === 1) {
      expect(book.cancel(id)).toBe(verdicts.done)
      continue
    }
    totals.new += 1
    book.limit(id, flow.side[index] === 0 ? buy : sell, flow.price[index] ?? 0, flow.quantity[index] ?? 0)
    for (let fill = 0; fill < book.fillCount; fill += 1) {
      const [taker = 0, maker = 0, price = 0, quantity = 0] = [
        ...book.fills.subarray(fill * fillStride, (fill + 1) * fillStride),
      ]
      tradeHash.update(`${taker},${maker},${price},${quantity}\n`)
      totals.trades += 1
      totals.tradedQuantity += quantity
      totals.notional += price * quantity
    }
    book.clearEvents()
  }
  const sides = depthOf(book)
  expect({
    commands: flow.count,
    ...totals,
    live: book.liveOrders,
    bidLevels: book.bidLevels,
    askLevels: book.askLevels,
    bestBid: book.bestBid,
    bestAsk: book.bestAsk,
    bidQuantity: sides.bids.reduce((sum, level) => sum + (level[1] ?? 0), 0),
    askQuantity: sides.asks.reduce((sum, level) => sum + (level[1] ?? 0), 0),
    tradesSha256: tradeHash.digest('hex'),
    flowSha256: flowHash.digest('hex'),
  }).toEqual(goldenTotals)
})

test.each(
  policies.flatMap((policy) => [
    { policy, range: 'near', prices: nearPrices },
    { policy, range: 'far', prices: farPrices },
  ]),
)('does what a plain book does: self-trade $policy, $range prices', ({ policy, prices }) => {
  fc.assert(
    fc.property(fc.array(commandOf(prices), { maxLength: 120 }), (commands) => {
      const book = new OrderBook(policy)
      const plain = new PlainReference(policy)
      for (const command of commands) {
        const before = book.liveOrders
        const verdict = apply(book, command)
        expect(verdict).toBe(plain.apply(command))
        if (verdict < 0) expect(book.liveOrders).toBe(before)
        else expect(book.leaves).toBe(plain.leaves)
        expect(eventsOf(book)).toEqual({ fills: plain.fills, expired: plain.expired })
        book.clearEvents()
        expect(depthOf(book)).toEqual(plain.depth())
        expect(book.bestBid === 0 || book.bestAsk === 0 || book.bestBid < book.bestAsk).toBe(true)
      }
      expect(book.liveOrders).toBe(plain.orders.length)
    }),
    { numRuns: 150 },
  )
})

test('holds many orders over a wide range of prices and forgets them all', () => {
  const book = new OrderBook()
  for (let index = 0; index < 20_000; index += 1) book.limit(index, buy, 1 + ((index * 7919) % 1_000_000), 1)
  for (let index = 0; index < 20_000; index += 1)
    book.limit(-1 - index, sell, 2_000_000 + ((index * 104_729) % 9_999_991), 1)
  expect(book.liveOrders).toBe(40_000)
  for (let index = 0; index < 20_000; index += 1) {
    expect(book.cancel(index)).toBe(verdicts.done)
    expect(book.cancel(-1 - index)).toBe(verdicts.done)
  }
  expect(book.liveOrders + book.bidLevels + book.askLevels + book.bestBid + book.bestAsk).toBe(0)
  book.limit(1, sell, tickMax, 5)
  expect([book.bestAsk, book.highestAsk(), book.depth.askAbove(tickMax)]).toEqual([tickMax, tickMax, 0])
})

test('keeps ids apart that share their low 32 bits', () => {
  const book = new OrderBook()
  book.limit(5, buy, 10, 1)
  book.limit(5 + 2 ** 32, buy, 10, 2)
  book.limit(Number.MAX_SAFE_INTEGER, buy, 10, 3)
  book.limit(Number.MIN_SAFE_INTEGER, buy, 10, 4)
  expect([5, 5 + 2 ** 32, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER].map((id) => book.quantityOf(id))).toEqual([
    1, 2, 3, 4,
  ])
})

test('takes any 64 bits as an id, and tells them apart by every bit', () => {
  const book = new OrderBook('expireMaker')
  for (let bit = 0; bit < 32; bit += 1) {
    expect(book.limit64(1 << bit, 0, buy, 10, 1 + bit)).toBe(verdicts.rested)
    expect(book.limit64(0, 1 << bit, buy, 10, 1 + bit, timesInForce.gtc, 7)).toBe(verdicts.rested)
  }
  expect(book.limit64(1 << 31, 0, buy, 10, 1)).toBe(verdicts.duplicateId)
  expect(book.cancel64(1 << 31, 1)).toBe(verdicts.unknownId)
  expect(book.modify64(0, 1 << 31, 9, 5)).toBe(verdicts.rested)
  for (let bit = 0; bit < 32; bit += 1) {
    expect(book.quantityOf(2 ** bit)).toBe(bit === 31 ? 5 : 1 + bit)
    // Bits above 2^53 of a number are no safe integer: by words only.
    expect([book.cancel64(1 << bit, 0), book.leaves]).toEqual([verdicts.done, 1 + bit])
  }
  // What is left is of account 7 and, but for one order, stands at 10.
  expect(book.limit64(-1, -1, sell, 10, 3, timesInForce.gtc, 7)).toBe(verdicts.rested)
  expect(book.expiredCount).toBe(31)
  expect([...book.expiredIds.subarray(0, 62)]).toEqual(Array.from({ length: 31 }, (_, bit) => [0, 1 << bit]).flat())
  book.clearEvents()
  for (let order = 0; order < 100; order += 1) book.limit64(order, -order, sell, 11, 1)
  expect(book.limit64(-2, -2, buy, 11, 103)).toBe(verdicts.done)
  const makers = [[-1, -1], ...Array.from({ length: 100 }, (_, order) => [order, -order | 0])]
  expect(book.fillCount).toBe(101)
  expect([...book.makerIds.subarray(0, 202)]).toEqual(makers.flat())
})

test('a post-only order takes nothing by a change either, and keeps its place where that is refused', () => {
  const book = new OrderBook()
  book.limit(1, buy, 100, 5, timesInForce.postOnly)
  book.limit(2, buy, 100, 5)
  book.limit(3, sell, 102, 4)
  for (const price of [102, 103, tickMax]) expect(book.modify(1, price, 5)).toBe(verdicts.wouldTrade)
  expect([book.fillCount, depthOf(book).bids]).toEqual([0, [[100, 10, 1, 5, 2, 5]]])
  expect([book.modify(1, 101, 7), book.leaves, book.bestBid]).toEqual([verdicts.rested, 7, 101])
  // Post-only it stays, however often it is changed; an order that is not may trade.
  expect(book.modify(1, 102, 7)).toBe(verdicts.wouldTrade)
  expect([book.modify(2, 102, 5), book.fillCount, book.leaves]).toEqual([verdicts.rested, 1, 1])
  expect(book.limit(4, sell, 103, 1, timesInForce.postOnly)).toBe(verdicts.rested)
  expect(book.modify(4, 102, 1)).toBe(verdicts.wouldTrade)
})

type PlainTaker = { id: number; side: BookSide; price: number; quantity: number; account: number }
type PlainOrder = PlainTaker & { timeInForce: BookTimeInForce }

/** The rules of the book said plainly: one list of orders in the order of their arrival, sorted anew for every command. */
class PlainReference {
  orders: PlainOrder[] = []
  fills: number[][] = []
  expired: number[][] = []
  leaves = 0
  readonly #policy: SelfTradePolicy

  constructor(policy: SelfTradePolicy) {
    this.#policy = policy
  }

  apply(command: BookCommand): number {
    this.fills = []
    this.expired = []
    const live = this.orders.find((order) => order.id === idOf(command))
    if (command.kind === 'limit' || command.kind === 'market') {
      const limit = command.kind === 'limit'
      const price = limit ? command.price : command.side === buy ? tickMax : 1
      if (command.quantity < 1 || price < 1 || price > tickMax) return verdicts.outOfRange
      if (live !== undefined) return verdicts.duplicateId
      return this.#enter({ ...command, id: idOf(command), price }, limit ? command.timeInForce : timesInForce.ioc)
    }
    if (live === undefined) return verdicts.unknownId
    if (command.kind === 'cancel') {
      this.#drop(live)
      this.leaves = live.quantity
      return verdicts.done
    }
    if (command.quantity < 1 || command.price < 1 || command.price > tickMax) return verdicts.outOfRange
    if (command.price === live.price && command.quantity <= live.quantity) {
      live.quantity = command.quantity
      this.leaves = command.quantity
      return verdicts.rested
    }
    const changed = { ...live, price: command.price, quantity: command.quantity }
    if (live.timeInForce === timesInForce.postOnly && this.#makersOf(changed).length > 0) return verdicts.wouldTrade
    this.#drop(live)
    return this.#enter(changed, live.timeInForce)
  }

  depth(): { bids: number[][]; asks: number[][] } {
    const levels = (side: BookSide): number[][] => {
      const prices = [...new Set(this.orders.filter((order) => order.side === side).map((order) => order.price))]
      prices.sort((a, b) => (side === buy ? b - a : a - b))
      return prices.map((price) => {
        const orders = this.orders.filter((order) => order.price === price)
        const sum = orders.reduce((total, order) => total + order.quantity, 0)
        return [price, sum, ...orders.flatMap((order) => [order.id, order.quantity])]
      })
    }
    return { bids: levels(buy), asks: levels(sell) }
  }

  #makersOf(taker: PlainTaker): PlainOrder[] {
    return this.orders
      .filter((order) => order.side !== taker.side)
      .filter((order) => (taker.side === buy ? order.price <= taker.price : order.price >= taker.price))
      .sort((a, b) => (taker.side === buy ? a.price - b.price : b.price - a.price))
  }

  #enter(taker: PlainTaker, timeInForce: BookTimeInForce): number {
    const makers = this.#makersOf(taker)
    const own = (order: PlainOrder): boolean =>
      this.#policy !== 'none' && taker.account !== 0 && order.account === taker.account
    this.leaves = taker.quantity
    if (timeInForce === timesInForce.fok) {
      const blocked = this.#policy === 'expireMaker' ? -1 : makers.findIndex(own)
      const reachable = (blocked < 0 ? makers : makers.slice(0, blocked)).filter((order) => !own(order))
      if (reachable.reduce((sum, order) => sum + order.quantity, 0) < taker.quantity) return verdicts.killed
    }
    if (timeInForce === timesInForce.postOnly && makers.length > 0) return verdicts.wouldTrade
    for (const maker of makers) {
      if (this.leaves === 0) break
      if (own(maker)) {
        if (this.#policy !== 'expireTaker') {
          this.expired.push([maker.id, maker.quantity])
          this.#drop(maker)
        }
        if (this.#policy === 'expireMaker') continue
        return verdicts.selfTrade
      }
      const traded = Math.min(maker.quantity, this.leaves)
      this.fills.push([taker.id, maker.id, maker.price, traded])
      this.leaves -= traded
      maker.quantity -= traded
      if (maker.quantity === 0) this.#drop(maker)
    }
    if (this.leaves === 0) return verdicts.done
    if (timeInForce === timesInForce.ioc) return verdicts.dropped
    const { id, side, price, account } = taker
    this.orders.push({ id, side, price, account, quantity: this.leaves, timeInForce })
    return verdicts.rested
  }

  #drop(gone: PlainOrder): void {
    this.orders = this.orders.filter((order) => order !== gone)
  }
}

function eventsOf(book: OrderBook): { fills: number[][]; expired: number[][] } {
  const rows = (numbers: Float64Array, count: number, stride: number): number[][] =>
    Array.from({ length: count }, (_, index) => [...numbers.subarray(index * stride, (index + 1) * stride)])
  return {
    fills: rows(book.fills, book.fillCount, fillStride),
    expired: rows(book.expired, book.expiredCount, expiredStride),
  }
}

function depthOf(book: OrderBook): { bids: number[][]; asks: number[][] } {
  const bids: number[][] = []
  const asks: number[][] = []
  for (let tick = book.bestBid; tick !== 0; tick = book.depth.bidBelow(tick)) bids.push(levelOf(book, tick))
  for (let tick = book.bestAsk; tick !== 0; tick = book.depth.askAbove(tick)) asks.push(levelOf(book, tick))
  expect([bids.length, asks.length]).toEqual([book.bidLevels, book.askLevels])
  return { bids, asks }
}

/** [price, quantity, then id and quantity of each order]; the level's quantity must be the sum of its orders. */
function levelOf(book: OrderBook, tick: number): [number, number, ...number[]] {
  const orders: number[] = []
  let sum = 0
  book.depth.forEachAt(tick, (order) => {
    orders.push(idOf(order), order.quantity)
    sum += order.quantity
  })
  expect(book.depth.quantityAt(tick)).toBe(sum)
  return [tick, sum, ...orders]
}
