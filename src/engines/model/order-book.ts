import { enlarged } from '../../core/enlarged.js'
import { BookDepth } from './book-depth.js'
import type {
  BookSide,
  BookTimeInForce,
  buy,
  SelfTradePolicy,
  sell,
  timesInForce,
  Verdict,
  verdicts,
} from './book-terms.js'
import { highWord, IdTable } from './id-table.js'
import { numberOf, OrderRows, type rowLayout } from './order-rows.js'
import { PriceLevels, tickMax } from './price-levels.js'

// Price-time priority order book on flat typed arrays: a trade happens at the resting price, and among equal prices the
// oldest order trades first. Orders are rows threaded into a ring with the row of their level (order-rows.ts). One map of
// levels serves both sides, because bids always lie below asks. Nothing is allocated per command once the arrays have grown
// to what the flow needs. What a command did stands in `fills`, `expired` and `leaves` until the caller takes it
// (`clearEvents`), so that no report objects are made here.
//
// Ids are any 64 bits, told as two int32 (high word, low word) to the methods that end in 64, or any safe integer. Of the
// former, `fills` and `expired` hold a rounded number, `makerIds` and `expiredIds` the words.

// What hot code compares with stands in constants of this file: the compiler folds those, and loads and checks an
// imported one at every use. Types hold them to the terms.
const buySide: typeof buy = 0
const sellSide: typeof sell = 1
const goodTillCancel: typeof timesInForce.gtc = 0
const immediateOrCancel: typeof timesInForce.ioc = 1
const fillOrKill: typeof timesInForce.fok = 2
const participateOnly: typeof timesInForce.postOnly = 3
const done: typeof verdicts.done = 0
const rested: typeof verdicts.rested = 1
const dropped: typeof verdicts.dropped = 2
const killed: typeof verdicts.killed = 3
const selfTrade: typeof verdicts.selfTrade = 4
const duplicateId: typeof verdicts.duplicateId = -1
const unknownId: typeof verdicts.unknownId = -2
const outOfRange: typeof verdicts.outOfRange = -3
const wouldTrade: typeof verdicts.wouldTrade = -4
const highestTick = tickMax
const anyone = 0
const numbersPerFill = 4
const numbersPerExpired = 2

/** No row, and an unoccupied level. */
const none = -1
const next: typeof rowLayout.next = 0
const previous: typeof rowLayout.previous = 1
const orderCount: typeof rowLayout.count = 2
const levelSlot: typeof rowLayout.levelSlot = 2
const levelTick: typeof rowLayout.levelTick = 3
const orderTerms: typeof rowLayout.terms = 4
const orderAccount: typeof rowLayout.account = 5
const rowShift: typeof rowLayout.shift = 3

export class OrderBook {
  /** Best prices in ticks, 0 where a side is empty. */
  bestBid = 0
  bestAsk = 0
  bidLevels = 0
  askLevels = 0
  /** Quantity of the last command that did not trade. */
  leaves = 0
  fills = new Float64Array(64 * numbersPerFill)
  /** Two words per fill. */
  makerIds = new Int32Array(64 * 2)
  fillCount = 0
  expired = new Float64Array(16 * numbersPerExpired)
  expiredIds = new Int32Array(16 * 2)
  expiredCount = 0
  readonly selfTrade: SelfTradePolicy
  readonly depth: BookDepth
  readonly #orders = new OrderRows()
  readonly #levels = new PriceLevels(this.#orders)
  readonly #ids = new IdTable(this.#orders)

  constructor(selfTrade: SelfTradePolicy = 'none') {
    this.selfTrade = selfTrade
    this.depth = new BookDepth({ levels: this.#levels, orders: this.#orders, selfTrade })
  }

  get liveOrders(): number {
    return this.#ids.count
  }

  /** Trades what crosses; the rest stays, is cancelled, or nothing happens at all. */
  limit(
    id: number,
    side: BookSide,
    price: number,
    quantity: number,
    timeInForce: BookTimeInForce = goodTillCancel,
    account = anyone,
  ): Verdict {
    return this.limit64(highWord(id), id | 0, side, price, quantity, timeInForce, account)
  }

  /** Hot path: guarded by `npm run bench:book`. */
  limit64(
    high: number,
    low: number,
    side: BookSide,
    price: number,
    quantity: number,
    timeInForce: BookTimeInForce = goodTillCancel,
    account = anyone,
  ): Verdict {
    if (!(price >= 1 && price <= highestTick && quantity >= 1)) return outOfRange
    if (this.#ids.get64(high, low) !== none) return duplicateId
    const best = side === buySide ? this.bestAsk : this.bestBid
    let left = quantity
    if (best !== 0 && (side === buySide ? best <= price : best >= price)) {
      if (timeInForce === participateOnly) return wouldTrade
      if (timeInForce === fillOrKill && !this.depth.canFill(best, side, price, quantity, account)) {
        this.leaves = quantity
        return killed
      }
      left = this.#sweep(high, low, side, price, quantity, account)
      if (left < 0) {
        this.leaves = -left
        return selfTrade
      }
    } else if (timeInForce === fillOrKill) {
      this.leaves = quantity
      return killed
    }
    this.leaves = left
    if (left === 0) return done
    if (timeInForce === immediateOrCancel) return dropped
    // The rest goes to the end of its level's queue. It stands here and not in a method of its own, which the compiler would
    // translate twice: alone, and within this one.
    const row = this.#orders.take()
    const slot = this.#levels.open(price)
    // Either may have enlarged the arrays.
    const { links: rows, quantities } = this.#orders
    const at = row << rowShift
    const level = slot << rowShift
    const count = rows[level + orderCount] as number
    const last = rows[level + previous] as number
    rows[level + orderCount] = count + 1
    rows[level + previous] = row
    rows[(last << rowShift) + next] = row
    rows[at + previous] = last
    rows[at + next] = slot
    if (count === 0) this.#levelOpened(side, price)
    rows[at + levelSlot] = slot
    rows[at + levelTick] = price
    rows[at + orderTerms] = side | (timeInForce << 1)
    rows[at + orderAccount] = account
    quantities[slot] = (quantities[slot] as number) + left
    quantities[row] = left
    this.#ids.add64(high, low, row)
    return rested
  }

  /** Trades against whatever rests; what finds nothing is cancelled. */
  market(id: number, side: BookSide, quantity: number, account = anyone): Verdict {
    return this.market64(highWord(id), id | 0, side, quantity, account)
  }

  market64(high: number, low: number, side: BookSide, quantity: number, account = anyone): Verdict {
    return this.limit64(high, low, side, side === buySide ? highestTick : 1, quantity, immediateOrCancel, account)
  }

  /** Takes an order out; `leaves` then is the quantity that it still had. */
  cancel(id: number): Verdict {
    return this.cancel64(highWord(id), id | 0)
  }

  /** Hot path. */
  cancel64(high: number, low: number): Verdict {
    const row = this.#ids.get64(high, low)
    if (row === none) return unknownId
    this.#cancelRow(row)
    return done
  }

  /**
   * Sets price and remaining quantity. Less at the same price keeps its place in the queue; all else loses it, and may trade:
   * but for a post-only order, which then is rejected and stays as it is.
   */
  modify(id: number, price: number, quantity: number): Verdict {
    return this.modify64(highWord(id), id | 0, price, quantity)
  }

  modify64(high: number, low: number, price: number, quantity: number): Verdict {
    const row = this.#ids.get64(high, low)
    if (row === none) return unknownId
    if (!(price >= 1 && price <= highestTick && quantity >= 1)) return outOfRange
    const { links, quantities } = this.#orders
    const at = row << rowShift
    const before = quantities[row] as number
    if (links[at + levelTick] === price && quantity <= before) {
      const slot = links[at + levelSlot] as number
      quantities[slot] = (quantities[slot] as number) - (before - quantity)
      quantities[row] = quantity
      this.leaves = quantity
      return rested
    }
    const side = sideOf(links[at + orderTerms] as number)
    const account = links[at + orderAccount] as number
    const timeInForce = ((links[at + orderTerms] as number) >> 1) as BookTimeInForce
    const best = side === buySide ? this.bestAsk : this.bestBid
    const meets = best !== 0 && (side === buySide ? best <= price : best >= price)
    if (meets && timeInForce === participateOnly) return wouldTrade
    this.#cancelRow(row)
    return this.limit64(high, low, side, price, quantity, timeInForce, account)
  }

  clearEvents(): void {
    this.fillCount = 0
    this.expiredCount = 0
  }

  /** Quantity that an order still has in the book, 0 where it is not there. */
  quantityOf(id: number): number {
    const row = this.#ids.get(id)
    return row === none ? 0 : (this.#orders.quantities[row] as number)
  }

  /** The highest price that anyone asks, 0 where nobody does: what the dearest fill of a market order can cost. */
  highestAsk(): number {
    return this.askLevels === 0 ? 0 : this.#levels.atOrBelow(highestTick)
  }

  #cancelRow(row: number): void {
    const { links, quantities } = this.#orders
    const quantity = quantities[row] as number
    const slot = links[(row << rowShift) + levelSlot] as number
    quantities[slot] = (quantities[slot] as number) - quantity
    this.leaves = quantity
    this.#remove(row)
  }

  /** Trades down the other side. Returns what is left, negative where the self-trade policy ended the taker. Hot path. */
  #sweep(high: number, low: number, side: BookSide, price: number, quantity: number, account: number): number {
    const levels = this.#levels
    const rows = this.#orders.links
    const quantities = this.#orders.quantities
    const guarded = this.selfTrade !== 'none' && account !== anyone
    let left = quantity
    for (;;) {
      const tick = side === buySide ? this.bestAsk : this.bestBid
      if (tick === 0 || (side === buySide ? tick > price : tick < price)) return left
      const slot = levels.find(tick)
      const row = rows[(slot << rowShift) + next] as number
      if (guarded && rows[(row << rowShift) + orderAccount] === account) {
        if (this.selfTrade !== 'expireTaker') this.#expire(row)
        if (this.selfTrade !== 'expireMaker') return -left
        continue
      }
      const resting = quantities[row] as number
      const traded = Math.min(left, resting)
      this.#record(high, low, row, tick, traded)
      quantities[slot] = (quantities[slot] as number) - traded
      left -= traded
      if (traded === resting) this.#remove(row)
      else quantities[row] = resting - traded
      if (left === 0) return 0
    }
  }

  /** Takes out a resting order that an order of its own account has met. */
  #expire(row: number): void {
    const index = this.expiredCount
    if (index * numbersPerExpired === this.expired.length) {
      this.expired = enlarged(new Float64Array(this.expired.length * 2), this.expired)
      this.expiredIds = enlarged(new Int32Array(this.expiredIds.length * 2), this.expiredIds)
    }
    this.expired[index * numbersPerExpired] = this.#orders.idOf(row)
    this.expired[index * numbersPerExpired + 1] = this.#orders.quantities[row] as number
    this.expiredIds[index << 1] = this.#orders.highOf(row)
    this.expiredIds[(index << 1) + 1] = this.#orders.lowOf(row)
    this.expiredCount += 1
    this.#cancelRow(row)
  }

  #record(takerHigh: number, takerLow: number, makerRow: number, price: number, quantity: number): void {
    const index = this.fillCount
    const at = index * numbersPerFill
    if (at === this.fills.length) {
      this.fills = enlarged(new Float64Array(this.fills.length * 2), this.fills)
      this.makerIds = enlarged(new Int32Array(this.makerIds.length * 2), this.makerIds)
    }
    const { fills, makerIds } = this
    const high = this.#orders.highOf(makerRow)
    const low = this.#orders.lowOf(makerRow)
    makerIds[index << 1] = high
    makerIds[(index << 1) + 1] = low
    fills[at] = numberOf(takerHigh, takerLow)
    fills[at + 1] = numberOf(high, low)
    fills[at + 2] = price
    fills[at + 3] = quantity
    this.fillCount = index + 1
  }

  /** Unlinks an order whose quantity was already taken off its level. Hot path. */
  #remove(row: number): void {
    const rows = this.#orders.links
    const at = row << rowShift
    const slot = rows[at + levelSlot] as number
    const before = rows[at + previous] as number
    const after = rows[at + next] as number
    rows[(before << rowShift) + next] = after
    rows[(after << rowShift) + previous] = before
    const level = slot << rowShift
    const count = (rows[level + orderCount] as number) - 1
    rows[level + orderCount] = count
    this.#ids.remove(row)
    this.#orders.giveBack(row)
    if (count === 0) {
      const tick = rows[at + levelTick] as number
      this.#levels.close(slot, tick)
      this.#levelClosed(sideOf(rows[at + orderTerms] as number), tick)
    }
  }

  #levelOpened(side: BookSide, tick: number): void {
    if (side === buySide) {
      this.bidLevels += 1
      if (tick > this.bestBid) this.bestBid = tick
    } else {
      this.askLevels += 1
      if (this.bestAsk === 0 || tick < this.bestAsk) this.bestAsk = tick
    }
  }

  #levelClosed(side: BookSide, tick: number): void {
    if (side === buySide) {
      this.bidLevels -= 1
      if (tick === this.bestBid) this.bestBid = this.bidLevels === 0 ? 0 : this.#levels.atOrBelow(tick)
    } else {
      this.askLevels -= 1
      if (tick === this.bestAsk) this.bestAsk = this.askLevels === 0 ? 0 : this.#levels.atOrAbove(tick)
    }
  }
}

const sideOf = (terms: number): BookSide => ((terms & 1) === buySide ? buySide : sellSide)
