import fc from 'fast-check'
import { expect, test } from 'vitest'
import { apply, commandOf, nearPrices, policies } from './book-commands-fixture.js'
import {
  buy,
  expiredStride,
  fillStride,
  type SelfTradePolicy,
  sell,
  timesInForce,
  type Verdict,
  verdicts,
} from './book-terms.js'
import type { BookCommand } from './command-log.js'
import { EventHash } from './event-hash.js'
import { OrderBook } from './order-book.js'

// What must hold of any book, one property each, without a second book to compare with.

const flow = fc.array(commandOf(nearPrices), { maxLength: 150 })
const anyPolicy = fc.constantFrom(...policies)
const runs = { numRuns: 200 }

/** The book after all commands; `look` sees it after each one, before its events are cleared. */
function walk(policy: SelfTradePolicy, commands: readonly BookCommand[], look: (step: Step) => void): OrderBook {
  const book = new OrderBook(policy)
  for (const command of commands) {
    const before = stateOf(book)
    const verdict = apply(book, command)
    look({ book, command, verdict, before })
    book.clearEvents()
  }
  return book
}

type Step = {
  readonly book: OrderBook
  readonly command: BookCommand
  readonly verdict: Verdict
  readonly before: readonly number[][]
}

test('a book is never crossed', () => {
  fc.assert(
    fc.property(anyPolicy, flow, (policy, commands) => {
      walk(policy, commands, ({ book: { bestBid, bestAsk } }) => {
        expect(bestBid === 0 || bestAsk === 0 || bestBid < bestAsk).toBe(true)
      })
    }),
    runs,
  )
})

test('what entered on a side was filled, cancelled, or rests, and both sides filled the same', () => {
  fc.assert(
    fc.property(anyPolicy, flow, (policy, commands) => {
      const sides = [emptySide(), emptySide()] as const
      const sideOfLive = new Map<number, 0 | 1>()
      const book = walk(policy, commands, ({ book, command, verdict, before }) => {
        if (verdict < 0) return
        const placed = 'side' in command ? command : null
        const side = placed?.side ?? sideOfLive.get(command.id) ?? 0
        const held = before.find(([id]) => id === command.id)?.[1] ?? 0
        if (command.kind === 'cancel') sides[side].gone += held
        else sides[side].entered += command.quantity - held
        for (let at = 0; at < book.fillCount * fillStride; at += fillStride) {
          const maker = sideOfLive.get(book.fills[at + 1] ?? 0)
          expect(maker).toBe(side === buy ? sell : buy)
          sides[side].filled += book.fills[at + 3] ?? 0
          sides[maker ?? 0].filled += book.fills[at + 3] ?? 0
        }
        for (let at = 0; at < book.expiredCount * expiredStride; at += expiredStride) {
          sides[sideOfLive.get(book.expired[at] ?? 0) ?? 0].gone += book.expired[at + 1] ?? 0
        }
        if (verdict === verdicts.rested) sideOfLive.set(command.id, side)
        else if (command.kind !== 'cancel') sides[side].gone += book.leaves
      })
      const rests = [0, 0]
      for (const [id = 0, quantity = 0] of stateOf(book)) {
        const side = sideOfLive.get(id) ?? 0
        rests[side] = (rests[side] ?? 0) + quantity
      }
      expect(sides[buy].filled).toBe(sides[sell].filled)
      expect(sides.map(({ entered }) => entered)).toEqual(
        sides.map(({ filled, gone }, side) => filled + gone + (rests[side] ?? 0)),
      )
    }),
    runs,
  )
})

test('the quantity of a level is the sum of its orders, and the levels are those that are counted', () => {
  fc.assert(
    fc.property(anyPolicy, flow, (policy, commands) => {
      walk(policy, commands, ({ book }) => {
        const orders = stateOf(book)
        for (const price of new Set(orders.map(([, , price = 0]) => price))) {
          const sum = orders.filter((order) => order[2] === price).reduce((total, order) => total + (order[1] ?? 0), 0)
          expect(book.levelQuantity(price)).toBe(sum)
        }
        expect(new Set(orders.map((order) => order[2])).size).toBe(book.bidLevels + book.askLevels)
        expect(orders).toHaveLength(book.liveOrders)
      })
    }),
    runs,
  )
})

test('a command that is rejected leaves the book as it was, and tells of nothing', () => {
  const rejected = new Set<number>()
  fc.assert(
    fc.property(anyPolicy, flow, (policy, commands) => {
      walk(policy, commands, ({ book, verdict, before }) => {
        if (verdict >= 0) return
        rejected.add(verdict)
        expect(stateOf(book)).toEqual(before)
        expect(book.fillCount + book.expiredCount).toBe(0)
      })
    }),
    runs,
  )
  const { duplicateId, unknownId, outOfRange, wouldTrade } = verdicts
  expect(rejected).toEqual(new Set([duplicateId, unknownId, outOfRange, wouldTrade]))
})

test('a cancel is done for an order that rests, and else rejected: also where it was filled or cancelled before', () => {
  fc.assert(
    fc.property(anyPolicy, flow, (policy, commands) => {
      walk(policy, commands, ({ command, verdict, before }) => {
        if (command.kind !== 'cancel') return
        const live = before.some(([id]) => id === command.id)
        expect(verdict).toBe(live ? verdicts.done : verdicts.unknownId)
      })
    }),
    runs,
  )
})

test('an id that rests is rejected as a duplicate, and no other is', () => {
  fc.assert(
    fc.property(anyPolicy, flow, (policy, commands) => {
      walk(policy, commands, ({ command, verdict, before }) => {
        if (!('side' in command) || verdict === verdicts.outOfRange) return
        expect(verdict === verdicts.duplicateId).toBe(before.some(([id]) => id === command.id))
      })
    }),
    runs,
  )
})

test('fill-or-kill fills whole or changes nothing', () => {
  fc.assert(
    fc.property(anyPolicy, flow, (policy, commands) => {
      walk(policy, commands, ({ book, command, verdict, before }) => {
        if (command.kind !== 'limit' || command.timeInForce !== timesInForce.fok || verdict < 0) return
        expect([verdicts.done, verdicts.killed]).toContain(verdict)
        if (verdict === verdicts.killed) expect(stateOf(book)).toEqual(before)
        else expect(filledOf(book)).toBe(command.quantity)
      })
    }),
    runs,
  )
})

test('post-only never trades', () => {
  fc.assert(
    fc.property(anyPolicy, flow, (policy, commands) => {
      walk(policy, commands, ({ book, command, verdict }) => {
        if (command.kind !== 'limit' || command.timeInForce !== timesInForce.postOnly) return
        expect(book.fillCount).toBe(0)
        if (verdict >= 0) expect([verdict, book.leaves]).toEqual([verdicts.rested, command.quantity])
      })
    }),
    runs,
  )
})

test('less at the same price keeps its place in the queue, more of it goes to the end', () => {
  const queue = fc.uniqueArray(fc.integer({ min: 1, max: 50 }), { minLength: 2, maxLength: 12 })
  fc.assert(
    fc.property(queue, fc.nat(), fc.integer({ min: 1, max: 20 }), (ids, pick, quantity) => {
      const book = new OrderBook()
      for (const id of ids) book.limit(id, buy, 100, 10)
      const changed = ids[pick % ids.length] ?? 0
      expect(book.modify(changed, 100, quantity)).toBe(verdicts.rested)
      const expected = quantity <= 10 ? ids : [...ids.filter((id) => id !== changed), changed]
      expect(stateOf(book).map(([id]) => id)).toEqual(expected)
    }),
    runs,
  )
})

test('nobody trades with an own order where the policy forbids it', () => {
  fc.assert(
    fc.property(anyPolicy, flow, (policy, commands) => {
      const accountOf = new Map<number, number>()
      walk(policy, commands, ({ book, command, verdict }) => {
        if ('account' in command && verdict >= 0) accountOf.set(command.id, command.account)
        for (let at = 0; at < book.fillCount * fillStride && policy !== 'none'; at += fillStride) {
          const [taker, maker] = [book.fills[at] ?? 0, book.fills[at + 1] ?? 0].map((id) => accountOf.get(id))
          expect(taker === maker && taker !== 0).toBe(false)
        }
        expect(policy === 'expireMaker' || policy === 'both' || book.expiredCount === 0).toBe(true)
        expect(policy === 'expireTaker' || policy === 'both' || verdict !== verdicts.selfTrade).toBe(true)
      })
    }),
    runs,
  )
})

test('the same commands end at the same event hash, and one that differs at another', () => {
  const hashOf = (policy: SelfTradePolicy, commands: readonly BookCommand[]): string => {
    const hash = new EventHash()
    walk(policy, commands, ({ book, verdict }) => hash.add(book, verdict))
    return hash.digest()
  }
  fc.assert(
    fc.property(anyPolicy, flow, (policy, commands) => {
      const hash = hashOf(policy, commands)
      expect(hashOf(policy, commands)).toBe(hash)
      const more = { kind: 'limit', id: 1_000, side: buy, price: 1, quantity: 1, timeInForce: 0, account: 0 } as const
      expect(hashOf(policy, [more, ...commands])).not.toBe(hash)
      expect(hashOf(policy, [...commands, { ...more, quantity: 2 }])).not.toBe(hashOf(policy, [...commands, more]))
    }),
    runs,
  )
})

const emptySide = () => ({ entered: 0, filled: 0, gone: 0 })

const filledOf = (book: OrderBook): number => {
  let sum = 0
  for (let at = 0; at < book.fillCount * fillStride; at += fillStride) sum += book.fills[at + 3] ?? 0
  return sum
}

/** [id, quantity, price, account] of every order, in the order of priority: bids, then asks. */
function stateOf(book: OrderBook): number[][] {
  const orders: number[][] = []
  const add = (price: number): void =>
    book.forEachAt(price, (id, quantity, account) => orders.push([id, quantity, price, account]))
  for (let price = book.bestBid; price !== 0; price = book.bidBelow(price)) add(price)
  for (let price = book.bestAsk; price !== 0; price = book.askAbove(price)) add(price)
  return orders
}
