import { type InstantNs, instantNs } from '../../core/units.js'
import { JudgedAccounts } from '../model/judged-accounts.js'
import type { ExecutionReport, Tick } from '../model/messages.js'
import type { AnalyticsTotal, SymbolAnalytics } from '../model/observer-messages.js'
import { ReportOrder } from '../model/report-order.js'
import { ProfitCurve } from '../quant/profit-curve.js'
import { TimeAverage, VolumeAverage } from './averages.js'
import type { AnalyticsConfig } from './config.js'
import { ExecutionCost } from './execution-cost.js'

// How well was traded: figures of a symbol's market, and of what the accounts of the settings did in it, together.
//
//   vwap         average price of all trades of the venue by quantity; each trade counts once, by its buying side
//   twap         average middle by the time for which it stood; time without a quote on both sides is left out
//   profit       qty x mark - net notional of the accounts; mark is the newest middle, before any the price of the fill
//   drawdownMax  largest fall of the profit from its highest value before, from 0 on; absolute, as there is no capital
//   sharpe       mean / standard deviation (n - 1) of the profit of a period x sqrt(periods a year), annualised by
//                tradingYear / sampleEvery; the riskless rate is 0, and periods are taken as independent of each other
//   turnover     notional of all fills, bought and sold
//   slippage     cost against the arrival price: positive is worse (execution-cost.ts)
//
// Units: ticks, lots, and ticks x lots for all that is money. Time is the intended instant of the tick behind an input, so
// that a busy engine changes no figure; it never runs back. A curve begins at the first fill: periods before it do not count.
// Each tick and each report costs O(1), whatever came before it.
//
// Source: implementation shortfall as in Perold (1988), the ratio as in Sharpe (1994), moments by Welford (1962) and Chan,
// Golub and LeVeque (1983). Known limits: profits are exact below 2^53 ticks x lots; totals add ticks x lots of different
// symbols, which is money only where their ticks and lots are alike; one venue, whose repeated reports change nothing.

type Market = {
  readonly symbol: string
  readonly twap: TimeAverage
  readonly vwap: VolumeAverage
  readonly curve: ProfitCurve
  readonly cost: ExecutionCost
  /** Newest middle, 0 before the first quote. */
  middle: number
  /** What values the position: the middle, or the last fill where there was no quote yet. */
  mark: number
  qty: number
  netNotional: number
  /** True from the first fill of the accounts on. */
  traded: boolean
}

/** What became of a report; `fillWithoutArrival` is a fill whose order's arrival price is not known. */
type Applied = 'fill' | 'fillWithoutArrival' | 'noFill' | 'otherAccount' | 'repeated' | 'invalid' | 'overflow'

export class Analytics {
  readonly #settings: AnalyticsConfig
  readonly #periodsPerYear: number
  readonly #accounts: JudgedAccounts
  readonly #markets = new Map<string, Market>()
  readonly #changed = new Set<Market>()
  /** Middle of the market when the order was accepted, by order id, while the order lives. */
  readonly #arrivals = new Map<number, number>()
  readonly #curve: ProfitCurve
  readonly #cost = new ExecutionCost()
  readonly #reports = new ReportOrder()
  #asOf = instantNs(0)

  constructor(settings: AnalyticsConfig) {
    this.#settings = settings
    this.#periodsPerYear = settings.tradingYear / settings.sampleEvery
    this.#accounts = new JudgedAccounts(settings.accounts)
    this.#curve = new ProfitCurve(settings.sampleEvery)
  }

  get symbolCount(): number {
    return this.#markets.size
  }

  get hasChanged(): boolean {
    return this.#changed.size > 0
  }

  /** Takes in one tick. Hot path: the component case `analytics.update` guards it together with the fills. */
  tick(tick: Tick, at: InstantNs): 'quoted' | 'unquoted' | 'overflow' {
    this.#pass(at)
    const market = this.#market(tick.symbol)
    if (market === null) return 'overflow'
    const quoted = tick.bid > 0 && tick.ask > tick.bid
    const middle = quoted ? (tick.bid + tick.ask) / 2 : 0
    market.twap.move(this.#asOf, middle)
    this.#changed.add(market)
    if (!quoted) return 'unquoted'
    market.middle = middle
    market.mark = middle
    if (market.traded) this.#value(market)
    return 'quoted'
  }

  report(report: ExecutionReport, at: InstantNs): Applied {
    this.#pass(at)
    if (!this.#reports.advance(report)) return 'repeated'
    if (report.execType === 'trade') return this.#trade(report)
    if (report.execType === 'new') this.#arrive(report)
    else if (report.leavesQty === 0 && report.ordStatus !== 'rejected') this.#arrivals.delete(report.orderId)
    return 'noFill'
  }

  symbols(): SymbolAnalytics[] {
    return [...this.#markets.values()].map((market) => this.#figuresOf(market))
  }

  /** Of the symbols that had a tick or a trade since the last call. */
  takeChanged(): SymbolAnalytics[] {
    const changed = [...this.#changed].map((market) => this.#figuresOf(market))
    this.#changed.clear()
    return changed
  }

  total(): AnalyticsTotal {
    const { profit, drawdownMax } = this.#curve
    const periodsPerYear = this.#periodsPerYear
    const sharpe = this.#curve.sharpe(this.#asOf, periodsPerYear)
    return { profit, drawdownMax, sharpe, periodsPerYear, ...this.#cost.figures() }
  }

  #figuresOf({ symbol, twap, vwap, curve, cost }: Market): SymbolAnalytics {
    return {
      symbol,
      vwap: vwap.mean,
      volume: vwap.volume,
      twap: twap.until(this.#asOf),
      profit: curve.profit,
      drawdownMax: curve.drawdownMax,
      sharpe: curve.sharpe(this.#asOf, this.#periodsPerYear),
      ...cost.figures(),
    }
  }

  /** Reports come with the instant of the tick that caused them, after newer ticks. */
  #pass(at: InstantNs): void {
    if (at > this.#asOf) this.#asOf = at
  }

  /** The venue accepts an order before it trades: that report is where its arrival price is taken. */
  #arrive({ account, orderId, symbol }: ExecutionReport): void {
    const middle = this.#markets.get(symbol)?.middle ?? 0
    if (middle === 0 || !this.#accounts.has(account) || this.#arrivals.size >= this.#settings.ordersMax) return
    this.#arrivals.set(orderId, middle)
  }

  #trade(report: ExecutionReport): Applied {
    const { account, orderId, side, lastQty, lastPrice, leavesQty } = report
    if (!Number.isSafeInteger(lastQty) || lastQty < 1 || !Number.isSafeInteger(lastPrice)) return 'invalid'
    const market = this.#market(report.symbol)
    if (market === null) return 'overflow'
    this.#changed.add(market)
    if (side === 'buy') market.vwap.add(lastPrice, lastQty)
    if (!this.#accounts.has(account)) return 'otherAccount'
    const lots = side === 'buy' ? lastQty : -lastQty
    market.qty += lots
    market.netNotional += lots * lastPrice
    if (market.middle === 0) market.mark = lastPrice
    market.traded = true
    this.#value(market)
    const arrival = this.#arrivals.get(orderId) ?? null
    if (leavesQty === 0) this.#arrivals.delete(orderId)
    market.cost.add(lots, lastPrice, arrival)
    this.#cost.add(lots, lastPrice, arrival)
    return arrival === null ? 'fillWithoutArrival' : 'fill'
  }

  /** Values are halves of whole numbers, so that the total, which moves by each change, stays exact. */
  #value(market: Market): void {
    const profit = market.qty * market.mark - market.netNotional
    const change = profit - market.curve.profit
    market.curve.move(this.#asOf, profit)
    this.#curve.move(this.#asOf, this.#curve.profit + change)
  }

  #market(symbol: string): Market | null {
    const known = this.#markets.get(symbol)
    if (known !== undefined) return known
    if (this.#markets.size >= this.#settings.symbolsMax) return null
    const market: Market = {
      symbol,
      twap: new TimeAverage(),
      vwap: new VolumeAverage(),
      curve: new ProfitCurve(this.#settings.sampleEvery),
      cost: new ExecutionCost(),
      middle: 0,
      mark: 0,
      qty: 0,
      netNotional: 0,
      traded: false,
    }
    this.#markets.set(symbol, market)
    return market
  }
}
