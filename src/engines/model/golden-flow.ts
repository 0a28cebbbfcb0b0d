// The golden order flow: a deterministic stream of limit orders and cancels with the totals that every right matching
// engine reaches on it. It is made here, and not kept as a file, by a 64-bit LCG and a plain book that is slow on
// purpose: cancels pick one of the orders that are live, so making the flow means matching it.

/** Columns of the flow, one entry a command. A cancel has quantity 0 and no price. */
type OrderFlow = {
  readonly count: number
  readonly cancel: Uint8Array
  readonly id: Int32Array
  readonly side: Uint8Array
  readonly price: Int32Array
  readonly quantity: Int32Array
}

/** What the flow of 500,000 commands leads to. */
export const goldenTotals = {
  commands: 500_000,
  new: 288_415,
  trades: 75_030,
  tradedQuantity: 1_920_017,
  notional: 19_240_314_307,
  live: 1_003,
  bidLevels: 60,
  askLevels: 54,
  bestBid: 10_030,
  bestAsk: 10_031,
  bidQuantity: 24_187,
  askQuantity: 25_586,
  /** Of the lines `taker,maker,price,quantity` in order. */
  tradesSha256: '8dcef2b688be91c7ea11d616cc56268ef9b81df60518a808a8d9911212ede3f0',
  /** Of the flow's lines `N,id,side,price,quantity` and `C,id,0,0,0`. */
  flowSha256: '96402e3cc4e874d4c9ebd7382c91b6081dc8f3644d92f32fe598b157b93a6459',
} as const

const seed = 20_261_120n
const sides = 2

export function goldenFlow(commands: number = goldenTotals.commands): OrderFlow {
  return flowOf({ commands, liveOrders: 1_000 })
}

/** The golden flow with other counts: up to `liveOrders` nothing is cancelled, and from there on they stay about as many. */
export function flowOf({
  commands,
  liveOrders,
}: {
  readonly commands: number
  readonly liveOrders: number
}): OrderFlow {
  const flow = {
    count: commands,
    cancel: new Uint8Array(commands),
    id: new Int32Array(commands),
    side: new Uint8Array(commands),
    price: new Int32Array(commands),
    quantity: new Int32Array(commands),
  }
  const below = lcg(seed)
  const book = new PlainBook()
  let mid = 10_000
  let id = 0
  for (let index = 0; index < commands; index += 1) {
    if (index % 1000 === 0) mid += below(5) - 2
    if (below(100) < 45 && book.live.length > liveOrders) {
      flow.cancel[index] = 1
      flow.id[index] = book.cancelAt(below(book.live.length))
      continue
    }
    id += 1
    const side = below(sides)
    const quantity = 1 + below(100)
    const aggressive = below(100) < 18
    const distance = 1 + Math.min(below(60), below(60))
    const offset = aggressive ? -Math.trunc(distance / 6) : distance
    const price = side === 0 ? mid - offset : mid + offset
    flow.id[index] = id
    flow.side[index] = side
    flow.price[index] = price
    flow.quantity[index] = quantity
    book.add({ id, side, price, quantity })
  }
  return flow
}

/** The line of one command, as the reference flow is hashed. */
export function goldenLine(flow: OrderFlow, index: number): string {
  if (flow.cancel[index] === 1) return `C,${flow.id[index]},0,0,0\n`
  return `N,${flow.id[index]},${flow.side[index]},${flow.price[index]},${flow.quantity[index]}\n`
}

/** The upper 31 bits of a 64-bit LCG (the constants of Numerical Recipes), reduced below `count`. */
function lcg(start: bigint): (count: number) => number {
  let state = start
  return (count) => {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n)
    return Number(state >> 33n) % count
  }
}

type PlainOrder = { readonly id: number; readonly side: number; readonly price: number; quantity: number }

class PlainBook {
  /** In the order that the flow's picks depend on: the last one takes the place of one that leaves. */
  readonly live: PlainOrder[] = []
  readonly #place = new Map<PlainOrder, number>()
  readonly #levels: readonly [Map<number, PlainOrder[]>, Map<number, PlainOrder[]>] = [new Map(), new Map()]

  add(order: PlainOrder): void {
    const others = this.#levels[order.side === 0 ? 1 : 0]
    while (order.quantity > 0) {
      const best = order.side === 0 ? Math.min(...others.keys()) : Math.max(...others.keys())
      if (order.side === 0 ? best > order.price : best < order.price) break
      const maker = others.get(best)?.[0]
      if (maker === undefined) break
      const traded = Math.min(order.quantity, maker.quantity)
      order.quantity -= traded
      maker.quantity -= traded
      if (maker.quantity === 0) this.#leave(maker)
    }
    if (order.quantity === 0) return
    const own = this.#levels[order.side === 0 ? 0 : 1]
    const queue = own.get(order.price)
    if (queue === undefined) own.set(order.price, [order])
    else queue.push(order)
    this.#place.set(order, this.live.length)
    this.live.push(order)
  }

  cancelAt(index: number): number {
    const order = this.live[index]
    if (order === undefined) return 0
    this.#leave(order)
    return order.id
  }

  #leave(order: PlainOrder): void {
    const own = this.#levels[order.side === 0 ? 0 : 1]
    const queue = own.get(order.price) ?? []
    queue.splice(queue.indexOf(order), 1)
    if (queue.length === 0) own.delete(order.price)
    const place = this.#place.get(order) ?? 0
    this.#place.delete(order)
    const last = this.live.pop()
    if (last === undefined || last === order) return
    this.live[place] = last
    this.#place.set(last, place)
  }
}
