import fc from 'fast-check'
import { buy, type SelfTradePolicy, sell, timesInForce, type Verdict } from './book-terms.js'
import type { BookCommand } from './command-log.js'
import { highWord } from './id-table.js'
import type { OrderBook } from './order-book.js'
import { numberOf } from './order-rows.js'
import { tickMax } from './price-levels.js'

// Random commands for tests of the book: few ids, prices and accounts, so that orders meet, and some of each out of range.

export const policies: readonly SelfTradePolicy[] = ['none', 'expireTaker', 'expireMaker', 'both']
export const nearPrices = fc.integer({ min: 96, max: 104 })
export const farPrices = fc.oneof(
  nearPrices,
  fc.constantFrom(1, 511, 512, 513, 70_000, tickMax - 1, tickMax, 0, tickMax + 1),
)

type IdWords = Pick<BookCommand, 'high' | 'low'>

const safeIds: fc.Arbitrary<IdWords> = fc
  .integer({ min: -8, max: 24 })
  .map((value) => value * 412_316_860_417)
  .map((id) => ({ high: highWord(id), low: id | 0 }))

/** Ids that are one number where they are rounded, beside some that are safe. */
export const wideIds: fc.Arbitrary<IdWords> = fc.record({
  high: fc.constantFrom(0, 1 << 30, -1 << 31, 0x7fff_ffff),
  low: fc.integer({ min: -3, max: 4 }),
})

export function commandOf(prices: fc.Arbitrary<number>, ids = safeIds): fc.Arbitrary<BookCommand> {
  const quantity = fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 12 }) }, fc.constantFrom(0, -3))
  const side = fc.constantFrom(buy, sell)
  const account = fc.constantFrom(0, 1, 2)
  const { gtc, ioc, fok, postOnly } = timesInForce
  const timeInForce = fc.constantFrom(gtc, gtc, gtc, ioc, fok, postOnly)
  const kind = <Kind extends string>(name: Kind): fc.Arbitrary<Kind> => fc.constant(name)
  const terms = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ kind: kind('limit'), side, price: prices, quantity, timeInForce, account }),
    },
    { weight: 1, arbitrary: fc.record({ kind: kind('market'), side, quantity, account }) },
    { weight: 2, arbitrary: fc.record({ kind: kind('cancel') }) },
    { weight: 2, arbitrary: fc.record({ kind: kind('modify'), price: prices, quantity }) },
  )
  return fc.tuple(ids, terms).map(([id, command]) => ({ ...id, ...command }))
}

/** The id of a command's order, which must be a safe integer. */
export const idOf = ({ high, low }: IdWords): number => numberOf(high, low)

/** By number where the id is safe, so that both forms of every method are seen. */
export function apply(book: OrderBook, command: BookCommand): Verdict {
  const id = numberOf(command.high, command.low)
  if (!Number.isSafeInteger(id)) return apply64(book, command)
  switch (command.kind) {
    case 'limit':
      return book.limit(id, command.side, command.price, command.quantity, command.timeInForce, command.account)
    case 'market':
      return book.market(id, command.side, command.quantity, command.account)
    case 'cancel':
      return book.cancel(id)
    case 'modify':
      return book.modify(id, command.price, command.quantity)
  }
}

function apply64(book: OrderBook, command: BookCommand): Verdict {
  const { high, low } = command
  switch (command.kind) {
    case 'limit': {
      const { side, price, quantity, timeInForce, account } = command
      return book.limit64(high, low, side, price, quantity, timeInForce, account)
    }
    case 'market':
      return book.market64(high, low, command.side, command.quantity, command.account)
    case 'cancel':
      return book.cancel64(high, low)
    case 'modify':
      return book.modify64(high, low, command.price, command.quantity)
  }
}
