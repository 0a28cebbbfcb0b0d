import { type ExecutionReport, houseAccount } from '../engines/model/messages.js'

/** What the driver has seen of a run's orders, warm-up included, to hold against what PostgreSQL keeps. Plain data. */
export type TallyCounts = {
  /** Orders with a report; the house's quotes are not among them. */
  readonly orders: number
  readonly reports: number
  /** `account symbol` -> quantity in lots, without those that are zero. */
  readonly positions: Readonly<Record<string, number>>
}

export type DriverCounts = TallyCounts & {
  /** Sent ticks that failed or had no answer in time: as many orders may have been placed that nobody reported on. */
  readonly unanswered: number
}

export const positionKey = (account: string, symbol: string): string => `${account} ${symbol}`

/** Counts execution reports once each, although the bus may deliver them twice. */
export class Tally {
  readonly #execIds = new IdSet()
  readonly #orderIds = new IdSet()
  readonly #positions = new Map<string, Map<string, number>>()

  add(report: ExecutionReport): void {
    if (!this.#execIds.add(report.execId)) return
    const known = report.execType !== 'cancelRejected' && report.execType !== 'replaceRejected'
    if (known && report.account !== houseAccount) this.#orderIds.add(report.orderId)
    if (report.execType !== 'trade') return
    const signed = report.side === 'buy' ? report.lastQty : -report.lastQty
    let bySymbol = this.#positions.get(report.account)
    if (bySymbol === undefined) {
      bySymbol = new Map()
      this.#positions.set(report.account, bySymbol)
    }
    bySymbol.set(report.symbol, (bySymbol.get(report.symbol) ?? 0) + signed)
  }

  counts(): TallyCounts {
    const positions: Record<string, number> = {}
    for (const [account, bySymbol] of this.#positions) {
      for (const [symbol, qty] of bySymbol) if (qty !== 0) positions[positionKey(account, symbol)] = qty
    }
    return { orders: this.#orderIds.size, reports: this.#execIds.size, positions }
  }
}

const pageBits = 15

/** A set of whole numbers as pages of bits: ids that follow each other take a bit each. */
export class IdSet {
  readonly #pages = new Map<number, Uint32Array>()
  size = 0

  /** False where the id was there already. */
  add(id: number): boolean {
    const pageNumber = Math.floor(id / (1 << pageBits))
    const offset = id - pageNumber * (1 << pageBits)
    let page = this.#pages.get(pageNumber)
    if (page === undefined) {
      page = new Uint32Array((1 << pageBits) / 32)
      this.#pages.set(pageNumber, page)
    }
    const word = page[offset >>> 5] ?? 0
    const bit = 1 << (offset & 31)
    if ((word & bit) !== 0) return false
    page[offset >>> 5] = word | bit
    this.size += 1
    return true
  }
}
