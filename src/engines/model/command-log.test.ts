import fc from 'fast-check'
import { expect, test } from 'vitest'
import { apply, commandOf, farPrices, policies, wideIds } from './book-commands-fixture.js'
import { restoredBook, snapshotOf } from './book-snapshot.js'
import { buy, sell, timesInForce, verdicts } from './book-terms.js'
import { type BookCommand, CommandLog } from './command-log.js'
import { EventHash } from './event-hash.js'
import { goldenFlow } from './golden-flow.js'
import { highWord } from './id-table.js'
import { OrderBook } from './order-book.js'

const { gtc, postOnly } = timesInForce
const flow = fc.array(commandOf(farPrices, wideIds), { maxLength: 150 })

const logOf = (commands: readonly BookCommand[]): CommandLog => {
  const log = new CommandLog()
  for (const command of commands) log.append(command)
  return log
}

test('a log gives the book again, with every event on the way', () => {
  fc.assert(
    fc.property(fc.constantFrom(...policies), flow, (policy, commands) => {
      const book = new OrderBook(policy)
      const hash = new EventHash()
      for (const command of commands) {
        hash.add(book, command.high, command.low, apply(book, command))
        book.clearEvents()
      }
      const again = new OrderBook(policy)
      const hashAgain = new EventHash()
      logOf(commands).replay(again, hashAgain)
      expect(hashAgain.digest()).toBe(hash.digest())
      expect(snapshotOf(again)).toEqual(snapshotOf(book))
    }),
  )
})

test('a snapshot and the commands after it tell what the book itself would have told', () => {
  fc.assert(
    fc.property(fc.constantFrom(...policies), flow, fc.nat(), (policy, commands, cut) => {
      const from = cut % (commands.length + 1)
      const book = new OrderBook(policy)
      for (const command of commands.slice(0, from)) apply(book, command)
      book.clearEvents()
      const snapshot = snapshotOf(book)
      const restored = restoredBook(snapshot)
      expect(snapshotOf(restored)).toEqual(snapshot)
      const log = logOf(commands)
      const [hash, hashRestored] = [new EventHash(), new EventHash()]
      log.replay(book, hash, from)
      log.replay(restored, hashRestored, from)
      expect(hashRestored.digest()).toBe(hash.digest())
      expect(snapshotOf(restored)).toEqual(snapshotOf(book))
    }),
  )
})

test('a snapshot outlives what happens to its book, and refuses orders that would meet', () => {
  const book = new OrderBook('both')
  book.limit(1, buy, 100, 5, postOnly, 7)
  const snapshot = snapshotOf(book)
  book.cancel(1)
  expect(restoredBook(snapshot).cancel(1)).toBe(verdicts.done)
  expect(snapshot).toEqual({ selfTrade: 'both', orders: Float64Array.of(0, 1, buy, 100, 5, postOnly, 7) })
  // One that would trade whole, one in part, one that would expire the other, and one that rests by what nobody rests by.
  for (const [quantity, timeInForce, account] of [
    [5, gtc, 0],
    [9, gtc, 0],
    [9, gtc, 7],
    [5, postOnly, 0],
  ] as const) {
    const crossed = Float64Array.of(...snapshot.orders, 0, 2, sell, 99, quantity, timeInForce, account)
    expect(() => restoredBook({ selfTrade: 'expireMaker', orders: crossed })).toThrow('rest beside each other')
  }
  const killing = Float64Array.of(0, 1, buy, 100, 5, timesInForce.fok, 0)
  expect(() => restoredBook({ selfTrade: 'none', orders: killing })).toThrow('rests by one of the two')
})

test('orders whose ids are one number where they are rounded stay apart in snapshot and log', () => {
  const book = new OrderBook()
  const log = new CommandLog()
  const high = 1 << 30
  for (const low of [0, 1, 2]) {
    log.append({ kind: 'limit', high, low, side: buy, price: 100, quantity: 1 + low, timeInForce: gtc, account: 0 })
  }
  log.append({ kind: 'market', high, low: 3, side: sell, quantity: 1, account: 0 })
  log.append({ kind: 'cancel', high, low: 1 })
  log.replay(book, new EventHash())
  const restored = restoredBook(snapshotOf(book))
  expect([restored.liveOrders, restored.cancel64(high, 1)]).toEqual([1, verdicts.unknownId])
  expect([restored.cancel64(high, 2), restored.leaves]).toEqual([verdicts.done, 3])
})

test.each([
  { event: 'fill', takerAccount: 0 },
  { event: 'expiry', takerAccount: 7 },
])('the hash tells apart whose $event it was, also where the ids are one number when rounded', ({ takerAccount }) => {
  const [digest, other] = [0, 1].map((low) => {
    const book = new OrderBook('expireMaker')
    const hash = new EventHash()
    book.limit64(1 << 30, low, buy, 100, 5, gtc, 7)
    hash.add(book, 0, 9, book.market64(0, 9, sell, 5, takerAccount))
    expect(book.fillCount + book.expiredCount).toBe(1)
    return hash.digest()
  })
  expect(digest).not.toBe(other)
})

test('the golden flow ends at its event hash', () => {
  const { cancel, id, side, price, quantity, count } = goldenFlow(50_000)
  const log = new CommandLog()
  for (let index = 0; index < count; index += 1) {
    const words = { high: highWord(id[index] ?? 0), low: (id[index] ?? 0) | 0 }
    const order = { ...words, price: price[index] ?? 0, quantity: quantity[index] ?? 0 }
    if (cancel[index] === 1) log.append({ kind: 'cancel', ...words })
    else log.append({ kind: 'limit', ...order, side: side[index] === 0 ? buy : sell, timeInForce: gtc, account: 0 })
  }
  const book = new OrderBook()
  const hash = new EventHash()
  log.replay(book, hash)
  expect(hash.digest()).toBe('8e658c22ffda3724')
})
