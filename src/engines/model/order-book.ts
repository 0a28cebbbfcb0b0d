import { assert } from '../../core/assert.js'
import { IdTable } from './id-table.js'
import { PriceLevels, tickMax } from './price-levels.js'

// Price-time priority order book on flat typed arrays: a trade happens at the resting price, and among equal prices the
// oldest order trades first. Orders are rows threaded into a list per price level; freed rows are threaded into a free
// list. One map of levels serves both sides, because bids always lie below asks. Nothing is allocated per command once
// the arrays have grown to what the flow needs. What a command did stands in `fills`, `expired` and `leaves` until the
// caller takes it (`clearEvents`), so that no report objects are made here.

export const buy = 0
export const sell = 1
export type BookSide = typeof buy | typeof sell

export const timesInForce = { gtc: 0, ioc: 1, fok: 2 } as const
export type BookTimeInForce = (typeof timesInForce)[keyof typeof timesInForce]

/** What became of a command. Below zero it was rejected and the book is as it was. */
export const verdicts = {
  /** Fully traded; or the cancel or modification was done. */
  done: 0,
  /** The rest is in the book. */
  rested: 1,
  /** The rest was cancelled: immediate-or-cancel, or a market order that met too little. */
  dropped: 2,
  /** Fill-or-kill that could not fill: nothing happened. */
  killed: 3,
  /** The rest was cancelled because it would have traded with its own account. */
  selfTrade: 4,
  duplicateId: -1,
  unknownId: -2,
  outOfRange: -3,
} as const
export type Verdict = (typeof verdicts)[keyof typeof verdicts]

/** Who yields where an order meets one of its own account. */
export type SelfTradePolicy = 'none' | 'expireTaker' | 'expireMaker' | 'both'

/** Orders of this account never count as meeting their own. */
export const noAccount = 0

/** Numbers per fill: taker id, maker id, price, quantity. */
export const fillStride = 4
/** Numbers per expired resting order: id, quantity that was left. */
export const expiredStride = 2

const none = -1
// One order is eight int32 and two doubles.
const next = 0
const previous = 1
const levelSlot = 2
const levelTick = 3
const orderSide = 4
const orderAccount = 5
const rowShift = 3

export class OrderBook {
  /** Best prices in ticks, 0 where a side is empty. */
  bestBid = 0
  bestAsk = 0
  bidLevels = 0
  askLevels = 0
  /** Quantity of the last command that did not trade. */
  leaves = 0
  fills = new Float64Array(64 * fillStride)
  fillCount = 0
  expired = new Float64Array(16 * expiredStride)
  expiredCount = 0
  readonly #policy: SelfTradePolicy
  readonly #levels = new PriceLevels()
  readonly #ids = new IdTable()
  #rows = new Int32Array(256 << rowShift)
  #orderIds = new Float64Array(256)
  #quantities = new Float64Array(256)
  #freeRow = none
  #rowsUsed = 0

  constructor(policy: SelfTradePolicy = 'none') {
    this.#policy = policy
  }

  get liveOrders(): number {
    return this.#ids.count
  }

  /** Trades what crosses; the rest stays, is cancelled, or nothing happens at all. Hot path: guarded by `npm run bench:book`. */
  limit(
    id: number,
    side: BookSide,
    price: number,
    quantity: number,
    timeInForce: BookTimeInForce = timesInForce.gtc,
    account = noAccount,
  ): Verdict {
    if (!(price >= 1 && price <= tickMax && quantity >= 1)) return verdicts.outOfRange
    if (this.#ids.get(id) !== none) return verdicts.duplicateId
    return this.#enter(id, side, price, quantity, timeInForce, account)
  }

  /** Trades against whatever rests; what finds nothing is cancelled. */
  market(id: number, side: BookSide, quantity: number, account = noAccount): Verdict {
    return this.limit(id, side, side === buy ? tickMax : 1, quantity, timesInForce.ioc, account)
  }

  /** Takes an order out; `leaves` then is the quantity that it still had. Hot path. */
  cancel(id: number): Verdict {
    const row = this.#ids.get(id)
    if (row === none) return verdicts.unknownId
    const quantity = this.#quantities[row] as number
    const slot = this.#rows[(row << rowShift) + levelSlot] as number
    const levels = this.#levels
    levels.quantity[slot] = (levels.quantity[slot] as number) - quantity
    this.leaves = quantity
    this.#remove(row)
    return verdicts.done
  }

  /** Sets price and remaining quantity. Less at the same price keeps its place in the queue; all else loses it, and may trade. */
  modify(id: number, price: number, quantity: number): Verdict {
    const row = this.#ids.get(id)
    if (row === none) return verdicts.unknownId
    if (!(price >= 1 && price <= tickMax && quantity >= 1)) return verdicts.outOfRange
    const at = row << rowShift
    const before = this.#quantities[row] as number
    if (this.#rows[at + levelTick] === price && quantity <= before) {
      const slot = this.#rows[at + levelSlot] as number
      this.#levels.quantity[slot] = (this.#levels.quantity[slot] as number) - (before - quantity)
      this.#quantities[row] = quantity
      this.leaves = quantity
      return verdicts.rested
    }
    const side = this.#rows[at + orderSide] === buy ? buy : sell
    const account = this.#rows[at + orderAccount] as number
    this.cancel(id)
    return this.#enter(id, side, price, quantity, timesInForce.gtc, account)
  }

  clearEvents(): void {
    this.fillCount = 0
    this.expiredCount = 0
  }

  /** Quantity that an order still has in the book, 0 where it is not there. */
  quantityOf(id: number): number {
    const row = this.#ids.get(id)
    return row === none ? 0 : (this.#quantities[row] as number)
  }

  /** Quantity at a price, of the one side that can be there. */
  levelQuantity(tick: number): number {
    const slot = this.#levels.find(tick)
    return slot === none ? 0 : (this.#levels.quantity[slot] as number)
  }

  /** The nearest lower price with bids, 0 where there is none; start with `bestBid`. */
  bidBelow(tick: number): number {
    return tick <= 1 ? 0 : this.#levels.atOrBelow(tick - 1)
  }

  /** The nearest higher price with asks, 0 where there is none; start with `bestAsk`. */
  askAbove(tick: number): number {
    return tick >= tickMax ? 0 : this.#levels.atOrAbove(tick + 1)
  }

  /** The highest price that anyone asks, 0 where nobody does: what the dearest fill of a market order can cost. */
  highestAsk(): number {
    return this.askLevels === 0 ? 0 : this.#levels.atOrBelow(tickMax)
  }

  /** Calls `visit` for each order at a price, oldest first. */
  forEachAt(tick: number, visit: (id: number, quantity: number) => void): void {
    const slot = this.#levels.find(tick)
    if (slot === none) return
    let row = this.#levels.head[slot] as number
    while (row !== none) {
      visit(this.#orderIds[row] as number, this.#quantities[row] as number)
      row = this.#rows[(row << rowShift) + next] as number
    }
  }

  #enter(
    id: number,
    side: BookSide,
    price: number,
    quantity: number,
    timeInForce: BookTimeInForce,
    account: number,
  ): Verdict {
    const best = side === buy ? this.bestAsk : this.bestBid
    let left = quantity
    if (best !== 0 && (side === buy ? best <= price : best >= price)) {
      if (timeInForce === timesInForce.fok && !this.#canFill(side, price, quantity, account)) {
        this.leaves = quantity
        return verdicts.killed
      }
      left = this.#sweep(id, side, price, quantity, account)
      if (left < 0) {
        this.leaves = -left
        return verdicts.selfTrade
      }
    } else if (timeInForce === timesInForce.fok) {
      this.leaves = quantity
      return verdicts.killed
    }
    this.leaves = left
    if (left === 0) return verdicts.done
    if (timeInForce !== timesInForce.gtc) return verdicts.dropped
    this.#rest(id, side, price, left, account)
    return verdicts.rested
  }

  /** Trades down the other side. Returns what is left, negative where the self-trade policy ended the taker. Hot path. */
  #sweep(id: number, side: BookSide, price: number, quantity: number, account: number): number {
    const levels = this.#levels
    const rows = this.#rows
    const quantities = this.#quantities
    const guarded = this.#policy !== 'none' && account !== noAccount
    let left = quantity
    for (;;) {
      const tick = side === buy ? this.bestAsk : this.bestBid
      if (tick === 0 || (side === buy ? tick > price : tick < price)) return left
      const slot = levels.find(tick)
      const row = levels.head[slot] as number
      if (guarded && rows[(row << rowShift) + orderAccount] === account) {
        if (this.#meetsOwn(row)) return -left
        continue
      }
      const resting = quantities[row] as number
      const traded = Math.min(left, resting)
      this.#record(id, this.#orderIds[row] as number, tick, traded)
      levels.quantity[slot] = (levels.quantity[slot] as number) - traded
      left -= traded
      if (traded === resting) this.#remove(row)
      else quantities[row] = resting - traded
      if (left === 0) return 0
    }
  }

  /** Ends the resting order, the taker, or both; returns whether the taker ends. */
  #meetsOwn(row: number): boolean {
    if (this.#policy !== 'expireTaker') this.#expire(row)
    return this.#policy !== 'expireMaker'
  }

  #expire(row: number): void {
    if ((this.expiredCount + 1) * expiredStride > this.expired.length) this.expired = doubled(this.expired)
    const at = this.expiredCount * expiredStride
    const id = this.#orderIds[row] as number
    this.expired[at] = id
    this.expired[at + 1] = this.#quantities[row] as number
    this.expiredCount += 1
    this.cancel(id)
  }

  /** Whether a fill-or-kill order would fill, with what the self-trade policy would take out of its way left out. */
  #canFill(side: BookSide, price: number, quantity: number, account: number): boolean {
    const guarded = this.#policy !== 'none' && account !== noAccount
    let missing = quantity
    let tick = side === buy ? this.bestAsk : this.bestBid
    while (tick !== 0 && (side === buy ? tick <= price : tick >= price)) {
      const slot = this.#levels.find(tick)
      if (!guarded) missing -= this.#levels.quantity[slot] as number
      else {
        let row = this.#levels.head[slot] as number
        while (row !== none && missing > 0) {
          const own = this.#rows[(row << rowShift) + orderAccount] === account
          if (own && this.#policy !== 'expireMaker') return false
          if (!own) missing -= this.#quantities[row] as number
          row = this.#rows[(row << rowShift) + next] as number
        }
      }
      if (missing <= 0) return true
      tick = side === buy ? this.askAbove(tick) : this.bidBelow(tick)
    }
    return false
  }

  #record(taker: number, maker: number, price: number, quantity: number): void {
    const at = this.fillCount * fillStride
    if (at === this.fills.length) this.fills = doubled(this.fills)
    const fills = this.fills
    fills[at] = taker
    fills[at + 1] = maker
    fills[at + 2] = price
    fills[at + 3] = quantity
    this.fillCount += 1
  }

  /** Puts the rest of an order at the end of its level's queue. Hot path. */
  #rest(id: number, side: BookSide, price: number, quantity: number, account: number): void {
    const row = this.#takeRow()
    const levels = this.#levels
    const rows = this.#rows
    const slot = levels.open(price)
    const at = row << rowShift
    const count = levels.count[slot] as number
    if (count === 0) {
      levels.head[slot] = row
      rows[at + previous] = none
      this.#levelOpened(side, price)
    } else {
      const last = levels.tail[slot] as number
      rows[(last << rowShift) + next] = row
      rows[at + previous] = last
    }
    levels.tail[slot] = row
    levels.count[slot] = count + 1
    levels.quantity[slot] = (levels.quantity[slot] as number) + quantity
    rows[at + next] = none
    rows[at + levelSlot] = slot
    rows[at + levelTick] = price
    rows[at + orderSide] = side
    rows[at + orderAccount] = account
    this.#orderIds[row] = id
    this.#quantities[row] = quantity
    this.#ids.add(id, row)
  }

  /** Unlinks an order whose quantity was already taken off its level. Hot path. */
  #remove(row: number): void {
    const rows = this.#rows
    const levels = this.#levels
    const at = row << rowShift
    const slot = rows[at + levelSlot] as number
    const before = rows[at + previous] as number
    const after = rows[at + next] as number
    if (before === none) levels.head[slot] = after
    else rows[(before << rowShift) + next] = after
    if (after === none) levels.tail[slot] = before
    else rows[(after << rowShift) + previous] = before
    const count = (levels.count[slot] as number) - 1
    levels.count[slot] = count
    this.#ids.remove(this.#orderIds[row] as number)
    rows[at + next] = this.#freeRow
    this.#freeRow = row
    if (count === 0) {
      const tick = rows[at + levelTick] as number
      levels.close(slot, tick)
      this.#levelClosed(rows[at + orderSide] === buy ? buy : sell, tick)
    }
  }

  #levelOpened(side: BookSide, tick: number): void {
    if (side === buy) {
      this.bidLevels += 1
      if (tick > this.bestBid) this.bestBid = tick
    } else {
      this.askLevels += 1
      if (this.bestAsk === 0 || tick < this.bestAsk) this.bestAsk = tick
    }
  }

  #levelClosed(side: BookSide, tick: number): void {
    if (side === buy) {
      this.bidLevels -= 1
      if (tick === this.bestBid) this.bestBid = this.bidLevels === 0 ? 0 : this.#levels.atOrBelow(tick)
    } else {
      this.askLevels -= 1
      if (tick === this.bestAsk) this.bestAsk = this.askLevels === 0 ? 0 : this.#levels.atOrAbove(tick)
    }
  }

  #takeRow(): number {
    const row = this.#freeRow
    if (row !== none) {
      this.#freeRow = this.#rows[(row << rowShift) + next] as number
      return row
    }
    if (this.#rowsUsed === this.#orderIds.length) this.#growRows()
    this.#rowsUsed += 1
    return this.#rowsUsed - 1
  }

  #growRows(): void {
    const rows = new Int32Array(this.#rows.length * 2)
    rows.set(this.#rows)
    this.#rows = rows
    this.#orderIds = doubled(this.#orderIds)
    this.#quantities = doubled(this.#quantities)
    assert(this.#rowsUsed < this.#orderIds.length, 'growing makes room')
  }
}

function doubled(old: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(old.length * 2)
  larger.set(old)
  return larger
}
