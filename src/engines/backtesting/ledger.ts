import { createHash, type Hash } from 'node:crypto'
import { assert } from '../../core/assert.js'
import type { InstantNs } from '../../core/units.js'
import { type ExecutionReport, type ExecutionReports, houseAccount } from '../model/messages.js'
import type { BacktestTrade, CurvePoint } from '../model/observer-messages.js'
import { ProfitCurve } from '../quant/profit-curve.js'
import type { BacktestRequest } from './request.js'

type Holding = { readonly symbol: string; qty: number; mark: number }

/** Points of a curve between this many and twice as many, however long the backtest. */
const curvePoints = 250

/**
 * Every fill of the desk in its order, what it cost in fees, and what the desk is worth: cash plus positions at the middle of
 * the venue. The hash is of a line for each fill with all that is kept of it, so that two ledgers have the same fills if and only if
 * their hashes are the same; what positions are worth between two fills depends on the quotes and is not part of it.
 */
export class Ledger {
  turnover = 0
  fees = 0
  tradeCount = 0
  readonly trades: BacktestTrade[] = []
  readonly #fees: BacktestRequest['fees']
  readonly #tradesMax: number
  readonly #hash: Hash = createHash('sha256')
  readonly #holdings = new Map<string, Holding>()
  readonly #curve: ProfitCurve
  readonly #samples = new CurveSamples()
  /** Less notional of what was bought, plus that of what was sold. */
  #cash = 0
  /** Of all holdings at their marks. */
  #value = 0

  constructor(request: Pick<BacktestRequest, 'fees' | 'sampleEvery'>, tradesMax: number) {
    this.#fees = request.fees
    this.#tradesMax = tradesMax
    this.#curve = new ProfitCurve(request.sampleEvery)
  }

  get profit(): number {
    return this.#cash + this.#value - this.fees
  }

  get drawdownMax(): number {
    return this.#curve.drawdownMax
  }

  get points(): readonly CurvePoint[] {
    return this.#samples.points
  }

  sharpe(asOf: InstantNs, periodsPerYear: number): number | null {
    return this.#curve.sharpe(asOf, periodsPerYear)
  }

  positions(): readonly Readonly<Holding>[] {
    return [...this.#holdings.values()].filter(({ qty }) => qty !== 0)
  }

  /** Of the fills so far; further ones may follow. */
  hash(): string {
    return this.#hash.copy().digest('hex')
  }

  /** Takes in the reports of one command; the order of the command took, those that it met had rested. */
  report({ reports }: ExecutionReports, at: InstantNs): void {
    const taker = reports.find(({ final }) => final)?.orderId
    for (const report of reports) {
      if (report.execType !== 'trade' || report.account === houseAccount) continue
      this.#fill(report, at, report.orderId === taker)
    }
  }

  /** The middle of a symbol is this from now on. */
  mark(symbol: string, middle: number): void {
    const holding = this.#holding(symbol, middle)
    this.#value += holding.qty * (middle - holding.mark)
    holding.mark = middle
  }

  /** Once a market event: the course of the profit begins with the first fill. */
  sample(at: InstantNs): void {
    if (this.tradeCount === 0) return
    this.#curve.move(at, this.profit)
    this.#samples.add(at, this.profit)
  }

  #fill({ orderId, symbol, side, lastQty, lastPrice }: ExecutionReport, at: InstantNs, took: boolean): void {
    assert(lastQty > 0 && lastPrice > 0, 'the venue fills whole lots at a price')
    const notional = lastQty * lastPrice
    const fee = notional * (took ? this.#fees.taker : this.#fees.maker)
    if (this.tradeCount === 0) this.#curve.move(at, 0)
    this.tradeCount += 1
    this.turnover += notional
    this.fees += fee
    this.#hold(symbol, side === 'buy' ? lastQty : -lastQty, lastPrice)
    const liquidity = took ? 'taker' : 'maker'
    // A symbol may hold any character; as JSON it cannot be taken for the fields beside it.
    const fields = [at, orderId, JSON.stringify(symbol), side, lastQty, lastPrice, fee, liquidity]
    this.#hash.update(`${fields.join(',')}\n`)
    if (this.trades.length >= this.#tradesMax) return
    this.trades.push({ atNs: at, orderId, symbol, side, qty: lastQty, price: lastPrice, fee, liquidity })
  }

  #hold(symbol: string, lots: number, price: number): void {
    const holding = this.#holding(symbol, price)
    holding.qty += lots
    this.#cash -= lots * price
    this.#value += lots * holding.mark
  }

  #holding(symbol: string, mark: number): Holding {
    const known = this.#holdings.get(symbol)
    if (known !== undefined) return known
    const opened = { symbol, qty: 0, mark }
    this.#holdings.set(symbol, opened)
    return opened
  }
}

/** A curve of any length in a bounded number of points: when there are too many, each second one goes. */
class CurveSamples {
  readonly points: CurvePoint[] = []
  #stride = 1
  #skipped = 0

  add(at: InstantNs, profit: number): void {
    this.#skipped += 1
    if (this.#skipped < this.#stride) return
    this.#skipped = 0
    this.points.push({ atNs: at, profit })
    if (this.points.length < 2 * curvePoints) return
    const kept = this.points.filter((_, index) => index % 2 === 1)
    this.points.splice(0, this.points.length, ...kept)
    this.#stride *= 2
  }
}
