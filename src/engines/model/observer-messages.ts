import type { Side } from './messages.js'

// What the engines beside the pipeline tell of it, on the bus and by HTTP. No other engine waits for any of this. Prices are in
// ticks, quantities in lots, as in messages.ts.

/** What the quotes of a symbol say by themselves; prices in ticks. */
export type FeatureSet = {
  readonly symbol: string
  /** Quotes of the symbol so far: ticks with both sides, not crossed. */
  readonly quotes: number
  readonly middle: number
  readonly spread: number
  /** From -1, only sellers at the top of the book, to 1, only buyers. */
  readonly imbalance: number
  /** Bid and ask weighted with the quantity of the other side. */
  readonly microprice: number
  /** In the order of the settings. */
  readonly rolling: readonly RollingFigures[]
}

/** Over the last `window` quotes; over those there are while `ready` is false. */
export type RollingFigures = {
  readonly window: number
  readonly ready: boolean
  readonly logReturn: number
  /** Square root of the sum of squared one-quote log returns: of the window, not annualised. */
  readonly volatility: number
}

/** What a model expects of a symbol after one of its quotes. */
export type Prediction = {
  readonly symbol: string
  /** Quotes of the symbol so far, as in the features that it was made of. */
  readonly quotes: number
  readonly model: string
  /** Probability that the middle is higher after the horizon of the model, if it is not the same. */
  readonly probabilityUp: number
}

/** The return of one factor over a period; log returns, so that they add up. */
export type FactorReturn = {
  readonly factor: string
  /** False where the exposures of the period cannot tell this factor from the others: then its return is 0. */
  readonly estimated: boolean
  /** Per standard deviation of exposure; of the market, per unit. */
  readonly periodReturn: number
  readonly standardError: number
  /** Over all periods so far. */
  readonly cumulativeReturn: number
}

export type SymbolFactors = {
  readonly symbol: string
  /** Z-scores at the start of the period, by style. */
  readonly exposures: Readonly<Record<string, number>>
  readonly periodReturn: number
  /** What the factors leave of it. */
  readonly specificReturn: number
}

/** What explains the returns of one period. */
export type FactorFigures = {
  /** Periods explained so far. */
  readonly periods: number
  /** Share of the weighted variance of the returns that the factors explain. */
  readonly rSquared: number
  readonly factors: readonly FactorReturn[]
  readonly symbols: readonly SymbolFactors[]
}

/** One account in one symbol: lots and ticks, and ticks x lots for all that is money. */
export type PositionFigures = {
  readonly account: string
  readonly symbol: string
  /** Lots bought less lots sold. */
  readonly qty: number
  /** Of the lots that are open; 0 where none is. */
  readonly averagePrice: number
  readonly mark: number
  /** Quantity times mark: below zero when short. */
  readonly exposure: number
  readonly realised: number
  readonly unrealised: number
}

/** Over all accounts and symbols; `gross` and `net` are the exposures without and with their signs. */
export type PortfolioTotal = {
  readonly gross: number
  readonly net: number
  readonly realised: number
  readonly unrealised: number
}

/** On the bus: the positions that changed since the last message; by HTTP: all of them. */
export type PortfolioFigures = { readonly positions: readonly PositionFigures[]; readonly total: PortfolioTotal }

/** In ticks x lots; slippage is positive where trading was worse than at the arrival price. */
export type ExecutionCostFigures = {
  readonly turnover: number
  readonly slippage: number
  /** Of the notional at arrival prices, in hundredths of a percent; 0 where none is known. */
  readonly slippageBps: number
}

/** Of the profit of the judged accounts, from their first fill on; in ticks x lots. */
type CurveFigures = {
  readonly profit: number
  readonly drawdownMax: number
  /** Annualised; null before two periods, and where their profits do not differ. */
  readonly sharpe: number | null
}

/** A symbol's market, and what the judged accounts did in it. Averages are in ticks, 0 where there was no price. */
export type SymbolAnalytics = ExecutionCostFigures &
  CurveFigures & {
    readonly symbol: string
    /** Of all trades of the venue, and the lots of these. */
    readonly vwap: number
    readonly volume: number
    readonly twap: number
  }

/** Over all symbols, with the periods a year by which the Sharpe ratios are annualised. */
export type AnalyticsTotal = ExecutionCostFigures & CurveFigures & { readonly periodsPerYear: number }

/** On the bus: the symbols that changed since the last message; by HTTP: all of them. */
export type AnalyticsFigures = { readonly symbols: readonly SymbolAnalytics[]; readonly total: AnalyticsTotal }

/** How one-sided the flow of a symbol was over its last full buckets of equal volume. */
type BucketFigures = {
  /** In lots; not always a whole number of them. */
  readonly bucketVolume: number
  /** Full buckets so far. */
  readonly bucketCount: number
  /** False, and `vpin` null, until as many buckets are full as a figure spans. */
  readonly ready: boolean
  /** From 0, as much bought as sold in each bucket, to 1, each of one side alone. */
  readonly vpin: number | null
}

/** Told when a bucket, or several at once, came to be full. */
export type VpinFigures = BucketFigures & { readonly symbol: string }

type RankedBucketFigures = BucketFigures & {
  /** Share of its own earlier figures that the newest exceeds, equal ones by half; null where there are none. */
  readonly percentileRank: number | null
  /** How many earlier figures that is taken among. */
  readonly historyCount: number
}

/** Told when a bucket of any size came to be full; the sizes are in the order of the settings. */
export type EnhancedVpinFigures = { readonly symbol: string; readonly sizes: readonly RankedBucketFigures[] }

/** What one account owes as margin and has brought in for it; in ticks x lots, summed over commodities. */
export type AccountCollateral = {
  readonly account: string
  /** Worst loss over the scenarios. */
  readonly scan: number
  /** For deltas between expiries, and for contracts in delivery. */
  readonly charges: number
  /** For commodities that offset each other. */
  readonly credit: number
  /** What options that were sold ask for at least. */
  readonly shortOptionMin: number
  /** Of each commodity the larger of both: scan + charges - credit, or the minimum. */
  readonly requirement: number
  /** After haircuts. */
  readonly collateral: number
  /** Collateral less requirement, below zero where a call is due. */
  readonly excess: number
  readonly marginCall: number
  /** Options held whose underlying has had no price yet; the scenarios leave them out. */
  readonly unvalued: number
}

/** On the bus: the accounts that changed since the last message; by HTTP: all of them. */
export type CollateralFigures = { readonly accounts: readonly AccountCollateral[] }

/** `atNs` is simulated time from the first event. */
export type BacktestTrade = {
  readonly atNs: number
  readonly orderId: number
  readonly symbol: string
  readonly side: Side
  readonly qty: number
  readonly price: number
  readonly fee: number
  /** `maker` where the order had rested. */
  readonly liquidity: 'taker' | 'maker'
}

export type CurvePoint = { readonly atNs: number; readonly profit: number }

/** What a strategy would have earned; in ticks x lots. */
export type BacktestResult = {
  /** sha256 of all fills with their times and fees. */
  readonly ledgerHash: string
  /** Market events that were replayed, and how long they took in the market. */
  readonly events: number
  readonly simulatedNs: number
  /** Placed at the venue. */
  readonly orders: number
  /** How ticks ended before an execution report, with the reason. */
  readonly outcomes: Readonly<Record<string, number>>
  readonly tradeCount: number
  readonly turnover: number
  readonly fees: number
  /** After fees. */
  readonly profit: number
  readonly drawdownMax: number
  readonly sharpe: number | null
  readonly periodsPerYear: number
  readonly positions: readonly { readonly symbol: string; readonly qty: number; readonly mark: number }[]
  readonly curve: readonly CurvePoint[]
  /** The first ones, as many as the settings list. */
  readonly trades: readonly BacktestTrade[]
  /** What the engines counted. */
  readonly counters: Readonly<Record<string, Readonly<Record<string, number>>>>
}

/** On the bus when it changes; without what is long, which is to be had by HTTP. */
export type BacktestFigures = {
  readonly id: string
  readonly state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled'
  /** Replayed so far, of as many as were asked for. */
  readonly events: number
  readonly eventsMax: number
  /** Why it failed. */
  readonly problem: string | null
  readonly result: Omit<BacktestResult, 'positions' | 'curve' | 'trades' | 'counters'> | null
}
