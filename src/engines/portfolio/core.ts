import { JudgedAccounts } from '../model/judged-accounts.js'
import type { ExecutionReport, Tick } from '../model/messages.js'
import type { PortfolioTotal, PositionFigures } from '../model/observer-messages.js'
import { ReportOrder } from '../model/report-order.js'
import type { PortfolioConfig } from './config.js'
import { fill, newPosition, type Position, profitOf } from './position.js'

// Positions of accounts from execution reports, valued at marks from ticks: the middle of the newest quote with both sides
// that is not crossed, and the price of the last fill where a symbol has had none yet.
//
//   exposure    qty x mark, below zero when short
//   gross, net  sum of the exposures without and with their signs, over accounts and symbols
//   realised, unrealised: see position.ts
//   risk        value at risk and expected shortfall of the present positions over one period, with the correlations of the
//               largest, from what symbols did in the last periods; see portfolio/risk.ts
//
// Units: lots, ticks, and ticks x lots for all that is money. Fees are not part of the model. The venue is the source: a
// repeated report changes nothing; see model/report-order.ts.
//
// Source: profit by average cost, the method of most brokers' statements; see position.ts. Value at risk by historical simulation.
// Known limits: value at risk has no drift and no scaling to longer horizons; totals add ticks x lots of different symbols,
// which is money only where their ticks and lots are alike; an engine that starts in the middle of a run knows what came
// since; one venue, whose execIds grow.

/** What became of a report. Only `applied` changes a position. */
type Applied = 'applied' | 'noFill' | 'otherAccount' | 'repeated' | 'invalid' | 'overflow'

type Market = {
  readonly symbol: string
  readonly positions: Map<string, Position>
  mark: number
  /** False while the mark is the price of a fill. */
  quoted: boolean
}

export class Portfolio {
  readonly #settings: PortfolioConfig
  readonly #accounts: JudgedAccounts
  readonly #markets = new Map<string, Market>()
  readonly #changed = new Set<Market>()
  #positionCount = 0
  readonly #reports = new ReportOrder()

  constructor(settings: PortfolioConfig) {
    this.#settings = settings
    this.#accounts = new JudgedAccounts(settings.accounts)
  }

  get positionCount(): number {
    return this.#positionCount
  }

  get hasChanged(): boolean {
    return this.#changed.size > 0
  }

  /** Takes in one report. Hot path: the component case `portfolio.update` guards it together with the marks. */
  apply(report: ExecutionReport): Applied {
    if (!this.#reports.advance(report)) return 'repeated'
    if (report.execType !== 'trade') return 'noFill'
    if (!this.#accounts.has(report.account)) return 'otherAccount'
    const { lastQty, lastPrice } = report
    if (!Number.isSafeInteger(lastQty) || lastQty < 1 || !Number.isSafeInteger(lastPrice)) return 'invalid'
    const market = this.#market(report.symbol)
    const position = market === null ? null : this.#position(market, report.account)
    if (market === null || position === null) return 'overflow'
    fill(position, report.side === 'buy' ? lastQty : -lastQty, lastPrice)
    if (!market.quoted) market.mark = lastPrice
    this.#changed.add(market)
    return 'applied'
  }

  /** Takes in the mark of a tick: O(1), since only the values of its own symbol move. */
  mark(tick: Tick): 'marked' | 'unquoted' | 'overflow' {
    if (tick.bid <= 0 || tick.ask <= tick.bid) return 'unquoted'
    const market = this.#market(tick.symbol)
    if (market === null) return 'overflow'
    const mark = middleOf(tick)
    if (mark !== market.mark && market.positions.size > 0) this.#changed.add(market)
    market.mark = mark
    market.quoted = true
    return 'marked'
  }

  positions(): PositionFigures[] {
    return [...this.#markets.values()].flatMap(figuresOf)
  }

  /** Positions that were filled, or marked at another price, since the last call. */
  takeChanged(): PositionFigures[] {
    const changed = [...this.#changed].flatMap(figuresOf)
    this.#changed.clear()
    return changed
  }

  /** Of all accounts together, by symbol. */
  exposures(): ReadonlyMap<string, number> {
    const nets = [...this.#markets.values()].map(({ symbol, mark, positions }) => {
      const lots = [...positions.values()].reduce((sum, { qty }) => sum + qty, 0)
      return [symbol, lots * mark] as const
    })
    return new Map(nets)
  }

  /** Goes through all positions. */
  total(): PortfolioTotal {
    const total = { gross: 0, net: 0, realised: 0, unrealised: 0 }
    for (const { exposure, realised, unrealised } of this.positions()) {
      total.gross += Math.abs(exposure)
      total.net += exposure
      total.realised += realised
      total.unrealised += unrealised
    }
    return total
  }

  #market(symbol: string): Market | null {
    const known = this.#markets.get(symbol)
    if (known !== undefined) return known
    if (this.#markets.size >= this.#settings.symbolsMax) return null
    const market: Market = { symbol, positions: new Map(), mark: 0, quoted: false }
    this.#markets.set(symbol, market)
    return market
  }

  #position(market: Market, account: string): Position | null {
    const known = market.positions.get(account)
    if (known !== undefined) return known
    if (this.#positionCount >= this.#settings.positionsMax) return null
    this.#positionCount += 1
    const position = newPosition()
    market.positions.set(account, position)
    return position
  }
}

export const middleOf = ({ bid, ask }: Tick): number => (bid + ask) / 2

function figuresOf({ symbol, mark, positions }: Market): PositionFigures[] {
  return [...positions].map(([account, position]): PositionFigures => {
    const { qty, cost } = position
    const averagePrice = qty === 0 ? 0 : cost / qty
    return { account, symbol, qty, averagePrice, mark, exposure: qty * mark, ...profitOf(position, mark) }
  })
}
