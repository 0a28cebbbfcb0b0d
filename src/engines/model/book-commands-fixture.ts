import fc from 'fast-check'
import { buy, type SelfTradePolicy, sell, timesInForce, type Verdict } from './book-terms.js'
import type { BookCommand } from './command-log.js'
import type { OrderBook } from './order-book.js'
import { tickMax } from './price-levels.js'

// Random commands for tests of the book: few ids, prices and accounts, so that orders meet, and some of each out of range.

export const policies: readonly SelfTradePolicy[] = ['none', 'expireTaker', 'expireMaker', 'both']
export const nearPrices = fc.integer({ min: 96, max: 104 })
export const farPrices = fc.oneof(
  nearPrices,
  fc.constantFrom(1, 511, 512, 513, 70_000, tickMax - 1, tickMax, 0, tickMax + 1),
)

export function commandOf(prices: fc.Arbitrary<number>): fc.Arbitrary<BookCommand> {
  const id = fc.integer({ min: -8, max: 24 }).map((value) => value * 412_316_860_417)
  const quantity = fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 12 }) }, fc.constantFrom(0, -3))
  const side = fc.constantFrom(buy, sell)
  const account = fc.constantFrom(0, 1, 2)
  const { gtc, ioc, fok, postOnly } = timesInForce
  const timeInForce = fc.constantFrom(gtc, gtc, gtc, ioc, fok, postOnly)
  const limit = fc.record({ kind: fc.constant('limit'), id, side, price: prices, quantity, timeInForce, account })
  return fc.oneof(
    { weight: 6, arbitrary: limit },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('market'), id, side, quantity, account }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('cancel'), id }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('modify'), id, price: prices, quantity }) },
  )
}

export function apply(book: OrderBook, command: BookCommand): Verdict {
  switch (command.kind) {
    case 'limit':
      return book.limit(command.id, command.side, command.price, command.quantity, command.timeInForce, command.account)
    case 'market':
      return book.market(command.id, command.side, command.quantity, command.account)
    case 'cancel':
      return book.cancel(command.id)
    case 'modify':
      return book.modify(command.id, command.price, command.quantity)
  }
}
