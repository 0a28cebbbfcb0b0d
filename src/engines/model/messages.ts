import type { InstantNs } from '../../core/units.js'
import type { ActivitySample } from '../../platform/telemetry/activity.js'

// What the engines of the reference pipeline say to each other. Prices are integer ticks, quantities integer lots;
// decimal strings exist only at the edges (HTTP, files, PostgreSQL). What those beside it tell is in observer-messages.ts.

export const topics = {
  marketEvent: 'market.event',
  tick: 'tick',
  signal: 'signal',
  orderIntent: 'order.intent',
  orderChecked: 'order.checked',
  orderPlaced: 'order.placed',
  executionReport: 'execution.report',
  outcome: 'outcome',
  control: 'control',
  flushed: 'flushed',
  features: 'features',
  portfolio: 'portfolio',
  analytics: 'analytics',
  factor: 'factor',
  vpin: 'vpin',
  enhancedVpin: 'enhanced-vpin',
  collateral: 'collateral',
  prediction: 'prediction',
  backtestRequest: 'backtest.request',
  backtest: 'backtest',
} as const
export type Topic = (typeof topics)[keyof typeof topics]

/** The venue's own maker: its orders rest at the venue and are never placed through the gateway. */
export const houseAccount = 'house'

export type Side = 'buy' | 'sell'

/** One level-3 event of an order book, as replayed or generated. `qty` is what remains of the order, in lots. */
export type MarketEvent = {
  readonly symbol: string
  readonly action: 'created' | 'changed' | 'deleted'
  readonly orderId: number
  readonly side: Side
  readonly price: number
  readonly qty: number
  /** Exchange time in ms since the epoch, or 0 where the source has none. */
  readonly exchangeMs: number
}

/** The top of the book after one event. A side that is empty has price and quantity 0. */
export type Tick = {
  readonly symbol: string
  readonly bid: number
  readonly bidQty: number
  readonly ask: number
  readonly askQty: number
  /** True where bid >= ask, as in raw feeds about 2 % of the time: shown, never traded on. */
  readonly crossed: boolean
}

export type Signal = {
  readonly symbol: string
  /** Combined score of the orthogonalised signals, in cross-sectional standard deviations; positive means buy. */
  readonly alpha: number
  /** False until the cross-section holds enough symbols for an alpha, and for a symbol beyond its size; alpha then is 0. */
  readonly ready: boolean
  readonly bid: number
  readonly ask: number
  readonly crossed: boolean
}

export type NewOrder = {
  readonly kind: 'new'
  /** Unique within a run; the key of idempotency everywhere. */
  readonly orderId: number
  readonly account: string
  readonly symbol: string
  readonly side: Side
  readonly type: 'limit' | 'market'
  /** `postOnly` rests like `gtc`, and is rejected where it would trade at once. */
  readonly timeInForce: 'gtc' | 'ioc' | 'fok' | 'postOnly'
  /** Limit in ticks; 0 for a market order. */
  readonly price: number
  readonly qty: number
  /** The quote that the order reacts to; the venue's house maker quotes around it. 0 where unknown. */
  readonly bid: number
  readonly ask: number
}

export type CancelOrder = {
  readonly kind: 'cancel'
  readonly orderId: number
  readonly account: string
  readonly symbol: string
}

/** Sets price and quantity of an order that rests: what FIX calls a cancel/replace request. */
export type ReplaceOrder = {
  readonly kind: 'replace'
  readonly orderId: number
  readonly account: string
  readonly symbol: string
  /** Counts the replacements that were asked for of this order, from 1 on; the key of idempotency. */
  readonly revision: number
  readonly price: number
  /** Of the whole order, what has traded included. */
  readonly qty: number
  /** The quote that the change reacts to, as of a new order. */
  readonly bid: number
  readonly ask: number
}

export type OrderCommand = NewOrder | CancelOrder | ReplaceOrder

/** Those that end in `Rejected` are FIX's OrderCancelReject: a request was refused, and its order is as it was. */
export type ExecType =
  | 'new'
  | 'trade'
  | 'replaced'
  | 'canceled'
  | 'rejected'
  | 'expired'
  | 'cancelRejected'
  | 'replaceRejected'
export type OrdStatus = 'new' | 'partiallyFilled' | 'filled' | 'canceled' | 'rejected' | 'expired'

/**
 * FIX 8: `execType` says why the report was sent, `ordStatus` the state of the order now; that of an order which the venue
 * does not know is `rejected`.
 */
export type ExecutionReport = {
  readonly execId: number
  readonly orderId: number
  readonly account: string
  readonly symbol: string
  readonly side: Side
  readonly execType: ExecType
  readonly ordStatus: OrdStatus
  readonly lastQty: number
  readonly lastPrice: number
  readonly cumQty: number
  readonly leavesQty: number
  /** Sum of lastPrice * lastQty over the order: the exact integer behind AvgPx. */
  readonly cumNotional: number
  /** The last replacement that came into force, 0 before the first; of a `replaceRejected`, the one that was refused. */
  readonly revision: number
  readonly reason: string
  /** Set on the last report of the command's own order, and on no other: it ends the tick. */
  readonly final: boolean
}

/** All reports that one command caused: its own order's and the fills of orders that rested. */
export type ExecutionReports = { readonly reports: readonly ExecutionReport[] }

/** How a tick ended before an execution report. */
export type OutcomeKind = 'noTrade' | 'rejected' | 'failed'
export type Outcome = { readonly outcome: OutcomeKind; readonly reason: string; readonly engine: string }

/** Sent by the driver to every engine: write out what is queued, and say so and what you did since an instant on `flushed`. */
export type Control = { readonly kind: 'flush'; readonly run: string; readonly since: InstantNs }
export type Flushed = {
  readonly engine: string
  readonly instance: number
  readonly run: string
  readonly written: number
  readonly overflowed: number
  readonly failed: number
  /** Counters of the engine since the run began, shown in the result. */
  readonly counters: Readonly<Record<string, number>>
  /** Its work on the inputs of the run. */
  readonly processing?: { readonly count: number; readonly meanNs: number; readonly p95Ns: number }
  /** What its process did; none where it shares one with the driver. */
  readonly activity: readonly ActivitySample[]
}
