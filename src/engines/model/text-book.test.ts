import fc from 'fast-check'
import { expect, test } from 'vitest'
import { apply, commandOf, idOf, nearPrices, policies } from './book-commands-fixture.js'
import { fillStride, verdicts } from './book-terms.js'
import type { BookCommand } from './command-log.js'
import { OrderBook } from './order-book.js'
import { TextBook } from './text-book.js'
import { TextIds } from './text-ids.js'

const textOf = (id: number): string => `client-${id}/${'x'.repeat(id & 7)}`

function applyText(named: TextBook, command: BookCommand): number {
  const text = textOf(idOf(command))
  switch (command.kind) {
    case 'limit': {
      const { side, price, quantity, timeInForce, account } = command
      return named.limit(text, side, price, quantity, timeInForce, account)
    }
    case 'market':
      return named.market(text, command.side, command.quantity, command.account)
    case 'cancel':
      return named.cancel(text)
    case 'modify':
      return named.modify(text, command.price, command.quantity)
  }
}

test.each(policies)(
  'by text a book does what it does by number, and keeps texts of live orders only: self-trade %s',
  (policy) => {
    fc.assert(
      fc.property(fc.array(commandOf(nearPrices), { maxLength: 150 }), (commands) => {
        const book = new OrderBook(policy)
        const named = new TextBook(new OrderBook(policy))
        for (const command of commands) {
          book.clearEvents()
          const verdict = apply(book, command)
          const verdictByText = applyText(named, command)
          // Of a command that is wrong in two ways, the id is seen first.
          if (verdict === verdicts.outOfRange) expect(verdictByText).toBeLessThan(0)
          else expect(verdictByText).toBe(verdict)
          expect(fillsOf(named.book, (handle) => named.ids.textOf(handle))).toEqual(fillsOf(book, textOf))
          expect(named.ids.count).toBe(book.liveOrders)
        }
      }),
    )
  },
)

function fillsOf(book: OrderBook, nameOf: (id: number) => string): unknown[] {
  return Array.from({ length: book.fillCount }, (_, index) => {
    const [taker = 0, maker = 0, price, quantity] = book.fills.subarray(index * fillStride)
    return [nameOf(taker), nameOf(maker), price, quantity]
  })
}

test('any text is an id', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 2 }),
    fc.nat(3_000).map((count) => `order-${count}`),
    // Pairs that FNV-1a does not tell apart.
    fc.constantFrom('costarring', 'liquid', 'declinate', 'macallums', 'altarage', 'zinke'),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(text, fc.boolean()), { maxLength: 3_000, size: 'max' }), (steps) => {
      const ids = new TextIds()
      const known = new Map<string, number>()
      for (const [id, leaves] of steps) {
        const held = ids.find(id)
        expect(held).toBe(known.get(id) ?? -1)
        const claimed = ids.claim(id)
        if (held === -1) known.set(id, claimed)
        else expect(claimed).toBe(-1)
        if (!leaves || held === -1) continue
        ids.release(held)
        known.delete(id)
      }
      expect(ids.count).toBe(known.size)
      expect(new Set(known.values()).size).toBe(known.size)
      for (const [id, handle] of known) expect(ids.textOf(handle)).toBe(id)
    }),
    { numRuns: 50 },
  )
})
