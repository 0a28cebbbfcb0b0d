import fc from 'fast-check'
import { expect, test } from 'vitest'
import { apply, commandOf, nearPrices, policies, wideIds } from './book-commands-fixture.js'
import {
  type BookTimeInForce,
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

// What must hold of any book, one property each, without a second book to compare with. Ids are told apart by their words:
// many of the flow are one number where they are rounded.

const flow = fc.array(commandOf(nearPrices, wideIds), { maxLength: 150 })
/** Long enough that post-only orders rest and are changed. */
const longFlow = fc.array(commandOf(nearPrices, wideIds), { maxLength: 150, size: 'max' })
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
  readonly before: readonly Order[]
}

type Order = {
  readonly id: bigint
  readonly price: number
  readonly quantity: number
  readonly timeInForce: BookTimeInForce
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
      const sideOfLive = new Map<bigint, 0 | 1>()
      const book = walk(policy, commands, ({ book, command, verdict, before }) => {
        if (verdict < 0) return
        const placed = 'side' in command ? command : null
        const side = placed?.side ?? sideOfLive.get(idOf(command)) ?? 0
        const held = before.find(({ id }) => id === idOf(command))?.quantity ?? 0
        if (command.kind === 'cancel') sides[side].gone += held
        else sides[side].entered += command.quantity - held
        for (let fill = 0; fill < book.fillCount; fill += 1) {
          const maker = sideOfLive.get(idAt(book.makerIds, fill))
          expect(maker).toBe(side === buy ? sell : buy)
          sides[side].filled += book.fills[fill * fillStride + 3] ?? 0
          sides[maker ?? 0].filled += book.fills[fill * fillStride + 3] ?? 0
        }
        for (let index = 0; index < book.expiredCount; index += 1) {
          const expired = sideOfLive.get(idAt(book.expiredIds, index))
          sides[expired ?? 0].gone += book.expired[index * expiredStride + 1] ?? 0
        }
        if (verdict === verdicts.rested) sideOfLive.set(idOf(command), side)
        else if (command.kind !== 'cancel') sides[side].gone += book.leaves
      })
      const rests = [0, 0]
      for (const { id, quantity } of stateOf(book)) {
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
        for (const price of new Set(orders.map(({ price }) => price))) {
          const sum = orders
            .filter((order) => order.price === price)
            .reduce((total, { quantity }) => total + quantity, 0)
          expect(book.depth.quantityAt(price)).toBe(sum)
        }
        expect(new Set(orders.map(({ price }) => price)).size).toBe(book.bidLevels + book.askLevels)
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
        const live = before.some(({ id }) => id === idOf(command))
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
        expect(verdict === verdicts.duplicateId).toBe(before.some(({ id }) => id === idOf(command)))
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

test('post-only never trades, by a change neither', () => {
  const refused = new Set<string>()
  fc.assert(
    fc.property(anyPolicy, longFlow, (policy, commands) => {
      walk(policy, commands, ({ book, command, verdict, before }) => {
        const order = command.kind === 'limit' ? command : before.find(({ id }) => id === idOf(command))
        if (order?.timeInForce !== timesInForce.postOnly || !('price' in command)) return
        expect(book.fillCount + book.expiredCount).toBe(0)
        if (verdict >= 0) expect([verdict, book.leaves]).toEqual([verdicts.rested, command.quantity])
        if (verdict !== verdicts.wouldTrade) return
        refused.add(command.kind)
        expect(stateOf(book)).toEqual(before)
      })
    }),
    runs,
  )
  expect(refused).toEqual(new Set(['limit', 'modify']))
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
      expect(stateOf(book).map(({ id }) => Number(id))).toEqual(expected)
    }),
    runs,
  )
})

test('nobody trades with an own order where the policy forbids it', () => {
  fc.assert(
    fc.property(anyPolicy, flow, (policy, commands) => {
      const accountOf = new Map<bigint, number>()
      walk(policy, commands, ({ book, command, verdict }) => {
        if ('account' in command && verdict >= 0) accountOf.set(idOf(command), command.account)
        const taker = accountOf.get(idOf(command))
        for (let fill = 0; fill < book.fillCount && policy !== 'none'; fill += 1) {
          const maker = accountOf.get(idAt(book.makerIds, fill))
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
    walk(policy, commands, ({ book, command, verdict }) => hash.add(book, command.high, command.low, verdict))
    return hash.digest()
  }
  fc.assert(
    fc.property(anyPolicy, flow, (policy, commands) => {
      const hash = hashOf(policy, commands)
      expect(hashOf(policy, commands)).toBe(hash)
      const id = { high: 1 << 30, low: 1_000 }
      const more = { kind: 'limit', ...id, side: buy, price: 1, quantity: 1, timeInForce: 0, account: 0 } as const
      expect(hashOf(policy, [more, ...commands])).not.toBe(hash)
      expect(hashOf(policy, [...commands, { ...more, quantity: 2 }])).not.toBe(hashOf(policy, [...commands, more]))
      expect(hashOf(policy, [...commands, { ...more, low: 1_001 }])).not.toBe(hashOf(policy, [...commands, more]))
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

const idOf = ({ high, low }: { readonly high: number; readonly low: number }): bigint =>
  (BigInt(high) << 32n) | BigInt(low >>> 0)

const idAt = (words: Int32Array, index: number): bigint =>
  idOf({ high: words[index * 2] ?? 0, low: words[index * 2 + 1] ?? 0 })

/** Every order, in the order of priority: bids, then asks. */
function stateOf({ depth, bestBid, bestAsk }: OrderBook): Order[] {
  const orders: Order[] = []
  const add = (price: number): void =>
    depth.forEachAt(price, ({ high, low, ...order }) => orders.push({ ...order, price, id: idOf({ high, low }) }))
  for (let price = bestBid; price !== 0; price = depth.bidBelow(price)) add(price)
  for (let price = bestAsk; price !== 0; price = depth.askAbove(price)) add(price)
  return orders
}
