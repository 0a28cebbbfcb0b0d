import fc from 'fast-check'
import { type LimitOrderOptions, OrderBook as PeerBook, SelfTradePreventionMode, Side } from 'nodejs-order-book'
import { expect, test } from 'vitest'
import { apply, commandOf, idOf, nearPrices } from './book-commands-fixture.js'
import { buy, fillStride, type SelfTradePolicy, timesInForce, verdicts } from './book-terms.js'
import type { BookCommand } from './command-log.js'
import { OrderBook } from './order-book.js'

// The book beside nodejs-order-book 10 on random flows: queues, and what each order traded. Left out is where the peer's
// rules differ: its modify always loses the place, forgets the account and takes a post-only order out that would trade, its
// fill-or-kill counts own orders as reachable, and what a taker filled at the level where it met its own order is not in
// its answer.

const modes: Readonly<Record<SelfTradePolicy, SelfTradePreventionMode>> = {
  none: SelfTradePreventionMode.NONE,
  expireTaker: SelfTradePreventionMode.EXPIRE_TAKER,
  expireMaker: SelfTradePreventionMode.EXPIRE_MAKER,
  both: SelfTradePreventionMode.EXPIRE_BOTH,
}
const { gtc, ioc, fok, postOnly } = timesInForce
const words = { [gtc]: 'GTC', [ioc]: 'IOC', [fok]: 'FOK', [postOnly]: 'GTC' } as const

test.each(Object.keys(modes) as SelfTradePolicy[])('agrees with nodejs-order-book: self-trade %s', (policy) => {
  const flow = fc.array(commandOf(nearPrices), { maxLength: 200, size: 'max' })
  const compared = { commands: 0, fills: 0 }
  fc.assert(
    fc.property(flow, (commands) => {
      const book = new OrderBook(policy)
      const peer = new PeerBook()
      for (const command of commands) {
        if (leftOut(book, policy, command)) continue
        const verdict = apply(book, command)
        const traded = applyToPeer(peer, policy, command)
        if (verdict >= 0 && verdict !== verdicts.selfTrade && command.kind !== 'cancel')
          expect(traded).toBe(filledOf(book))
        compared.commands += 1
        compared.fills += book.fillCount
        book.clearEvents()
        expect(queuesOf(book)).toEqual(queuesOfPeer(peer))
      }
    }),
    { numRuns: 100 },
  )
  expect(compared.commands).toBeGreaterThan(2_000)
  expect(compared.fills).toBeGreaterThan(200)
})

function leftOut(book: OrderBook, policy: SelfTradePolicy, command: BookCommand): boolean {
  if ('quantity' in command && command.quantity < 1) return true
  switch (command.kind) {
    case 'limit':
      return command.timeInForce === (policy === 'none' ? postOnly : fok)
    case 'market':
      // The peer does not ask for the id of a market order.
      return book.quantityOf(idOf(command)) > 0
    case 'modify':
      return policy !== 'none' || priceOf(book, idOf(command)) === command.price
    case 'cancel':
      return false
  }
}

function applyToPeer(peer: PeerBook, policy: SelfTradePolicy, command: BookCommand): number {
  const id = String(idOf(command))
  switch (command.kind) {
    case 'cancel':
      peer.cancel(id)
      return 0
    case 'modify': {
      const { quantity: size, price } = command
      return size - peer.modify(id, { size, price }).quantityLeft
    }
    default: {
      const order = {
        id,
        side: command.side === buy ? Side.BUY : Side.SELL,
        size: command.quantity,
        ...(command.account === 0 ? {} : { accountId: `account-${command.account}` }),
        stpMode: modes[policy],
      }
      if (command.kind === 'market') return order.size - peer.market(order).quantityLeft
      const limit = {
        ...order,
        price: command.price,
        timeInForce: words[command.timeInForce] as NonNullable<LimitOrderOptions['timeInForce']>,
        postOnly: command.timeInForce === postOnly,
      }
      return order.size - peer.limit(limit).quantityLeft
    }
  }
}

const filledOf = (book: OrderBook): number => {
  let sum = 0
  for (let at = 0; at < book.fillCount * fillStride; at += fillStride) sum += book.fills[at + 3] ?? 0
  return sum
}

type Level = readonly [price: number, ...orders: readonly (readonly [id: string, quantity: number])[]]

/** Bids from the best down and asks from the best up; the orders of a level oldest first. */
function queuesOf(book: OrderBook): Level[][] {
  const level = (price: number): Level => {
    const orders: [string, number][] = []
    book.depth.forEachAt(price, (order) => orders.push([String(idOf(order)), order.quantity]))
    return [price, ...orders]
  }
  const bids: Level[] = []
  const asks: Level[] = []
  for (let price = book.bestBid; price !== 0; price = book.depth.bidBelow(price)) bids.push(level(price))
  for (let price = book.bestAsk; price !== 0; price = book.depth.askAbove(price)) asks.push(level(price))
  return [bids, asks]
}

function queuesOfPeer(peer: PeerBook): Level[][] {
  const { bids, asks } = peer.snapshot()
  const levels = (side: typeof bids): Level[] =>
    side.map(({ price, orders }): Level => [price, ...orders.map(({ id, size }) => [id, size] as const)])
  return [levels(bids).sort((a, b) => b[0] - a[0]), levels(asks).sort((a, b) => a[0] - b[0])]
}

function priceOf(book: OrderBook, id: number): number {
  for (const side of queuesOf(book)) {
    for (const [price, ...orders] of side) if (orders.some(([live]) => live === String(id))) return price
  }
  return 0
}
