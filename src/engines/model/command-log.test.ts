import fc from 'fast-check'
import { expect, test } from 'vitest'
import { apply, commandOf, farPrices, policies } from './book-commands-fixture.js'
import { restoredBook, snapshotOf } from './book-snapshot.js'
import { buy, sell, timesInForce, verdicts } from './book-terms.js'
import { type BookCommand, CommandLog } from './command-log.js'
import { EventHash } from './event-hash.js'
import { goldenFlow } from './golden-flow.js'
import { OrderBook } from './order-book.js'

const flow = fc.array(commandOf(farPrices), { maxLength: 150 })

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
        hash.add(book, apply(book, command))
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
  book.limit(1, buy, 100, 5, timesInForce.gtc, 7)
  const snapshot = snapshotOf(book)
  book.cancel(1)
  expect(restoredBook(snapshot).cancel(1)).toBe(verdicts.done)
  expect(snapshot).toEqual({ selfTrade: 'both', orders: Float64Array.of(1, buy, 100, 5, 7) })
  const crossed = Float64Array.of(...snapshot.orders, 2, sell, 99, 5, 0)
  expect(() => restoredBook({ selfTrade: 'both', orders: crossed })).toThrow('rest beside each other')
})

test('the golden flow ends at its event hash', () => {
  const { cancel, id, side, price, quantity, count } = goldenFlow(50_000)
  const log = new CommandLog()
  for (let index = 0; index < count; index += 1) {
    const order = { id: id[index] ?? 0, price: price[index] ?? 0, quantity: quantity[index] ?? 0 }
    if (cancel[index] === 1) log.append({ kind: 'cancel', id: order.id })
    else {
      const { gtc: timeInForce } = timesInForce
      log.append({ kind: 'limit', ...order, side: side[index] === 0 ? buy : sell, timeInForce, account: 0 })
    }
  }
  const book = new OrderBook()
  const hash = new EventHash()
  log.replay(book, hash)
  expect(hash.digest()).toBe('8a41dff0f5f2b183')
})
