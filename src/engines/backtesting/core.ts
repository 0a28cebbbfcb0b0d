import { durationNs, elapsed, type InstantNs, instantNs, nsPerSec } from '../../core/units.js'
import { openSimulation, pipelineEngines, type Simulation } from '../kit/simulation.js'
import { Level3Book } from '../model/level-3-book.js'
import type { TimedEvent } from '../model/market-generator.js'
import {
  type ExecutionReports,
  type MarketEvent,
  type OrderCommand,
  type Outcome,
  type Topic,
  topics,
} from '../model/messages.js'
import type { BacktestResult } from '../model/observer-messages.js'
import type { BacktestingConfig } from './config.js'
import { Latency } from './latency.js'
import { Ledger } from './ledger.js'
import type { BacktestRequest } from './request.js'

// What a strategy would have earned: market events of the past go through the engines of the pipeline themselves, from
// market-data to matching, on a simulated bus and clock (kit/simulation.ts). Nothing of strategy, risk, gateway or venue is
// written a second time, so that a backtest and a live run differ only in what is modelled here:
//
//   latency   of market data, of each hop, of orders and of reports, with or without jitter. An order meets the quote that
//             stands at the venue when it arrives, and not the one that it was decided on
//   fees      a share of the notional, of fills on arrival and of fills of orders that rested
//   ledger    each fill with its time, price and fee; its sha256 is the same for the same request
//   profit    cash plus positions at the middle of the venue, less fees; its largest fall, and its Sharpe ratio annualised by
//             tradingYear / sampleEvery
//
// Units: ticks, lots, ticks x lots for all that is money; nanoseconds of simulated time from the first event. A backtest runs in
// a thread of its own, and keeps no request waiting.
//
// Source: event-driven replay as in LEAN, zipline and nautilus_trader; the ratio as in Sharpe (1994).
// Known limits: quantities of a file are rounded to `source.qtyDecimalsMax`, and to one lot at least; the desk does not move the
// market that is replayed, and the venue fills at the replayed touch with the quantity of the house maker (settings of matching),
// whatever lies there; a resting order is met by the next order in its symbol; handling takes no time; positions are valued at
// the last middle, and not closed at the end; where the kernels of another machine run on another backend, the last digits of a
// signal may differ, and with them an order.

/** Leaves room below for ids that begin at a time. */
const startAt = instantNs(nsPerSec)
const drainNs = durationNs(5 * nsPerSec)
const ordersMax = 200_000

type Quote = { readonly bid: number; readonly ask: number }

const none: Quote = { bid: 0, ask: 0 }

export class Backtest {
  readonly #request: BacktestRequest
  readonly #desk: Desk
  readonly #simulation: Simulation
  #events = 0

  private constructor(request: BacktestRequest, desk: Desk, simulation: Simulation) {
    this.#request = request
    this.#desk = desk
    this.#simulation = simulation
  }

  static async open(request: BacktestRequest, settings: Pick<BacktestingConfig, 'tradesMax'>): Promise<Backtest> {
    const latency = new Latency(request)
    const desk = new Desk(new Ledger(request, settings.tradesMax))
    const engines = pipelineEngines().map((name) => [name, request.engines[name] ?? {}])
    const simulation = await openSimulation(Object.fromEntries(engines), {
      startAt,
      delayOf: (topic, engine, now) => latency.of(topic, engine, now),
      onMessage: (topic, { body }, now) => desk.hear(topic, body, now),
      arriving: (topic, body) => (topic === topics.orderPlaced ? desk.atVenue(body as OrderCommand) : body),
    })
    return new Backtest(request, desk, simulation)
  }

  get events(): number {
    return this.#events
  }

  get trades(): number {
    return this.#desk.ledger.tradeCount
  }

  /** Lets an event happen, and before it all that was under way. The component case `backtesting.replay` guards it. */
  play({ event, atNs }: TimedEvent): void {
    const at = instantNs(startAt + atNs)
    this.#simulation.advance(at)
    this.#desk.move(event, at)
    this.#simulation.send(topics.marketEvent, event, this.#events)
    this.#events += 1
  }

  /** Lets everything arrive, and says what came of it. */
  finish(): BacktestResult {
    const { tradingYear, sampleEvery } = this.#request
    const { ledger } = this.#desk
    const lastAt = this.#simulation.now
    const periodsPerYear = tradingYear / sampleEvery
    // Before the drain: its time is no part of the market's, and the first fill may come within it.
    const sharpe = ledger.sharpe(lastAt, periodsPerYear)
    this.#simulation.drain(drainNs)
    const { orders, outcomes } = this.#desk
    return {
      ledgerHash: ledger.hash(),
      events: this.#events,
      simulatedNs: elapsed(startAt, lastAt),
      orders,
      outcomes,
      tradeCount: ledger.tradeCount,
      turnover: ledger.turnover,
      fees: ledger.fees,
      profit: ledger.profit,
      drawdownMax: ledger.drawdownMax,
      sharpe,
      periodsPerYear,
      positions: ledger.positions().map(({ symbol, qty, mark }) => ({ symbol, qty, mark })),
      curve: ledger.points.map(({ atNs, profit }) => ({ atNs: atNs - startAt, profit })),
      trades: ledger.trades.map((trade) => ({ ...trade, atNs: trade.atNs - startAt })),
      counters: this.#simulation.counters,
    }
  }
}

/** What is known at the venue, and what happens to the orders of the desk there. */
class Desk {
  readonly ledger: Ledger
  readonly outcomes: Record<string, number> = {}
  orders = 0
  readonly #books = new Map<string, Level3Book>()

  constructor(ledger: Ledger) {
    this.ledger = ledger
  }

  /** The market of a symbol at the venue moves; the desk hears of it later. */
  move(event: MarketEvent, at: InstantNs): void {
    const book = this.#books.get(event.symbol) ?? new Level3Book(ordersMax)
    this.#books.set(event.symbol, book)
    book.apply(event)
    const { bid, ask } = quoteOf(book)
    if (bid > 0) this.ledger.mark(event.symbol, (bid + ask) / 2)
    this.ledger.sample(at)
  }

  hear(topic: Topic, body: unknown, now: InstantNs): void {
    switch (topic) {
      case topics.executionReport:
        this.ledger.report(body as ExecutionReports, now)
        return
      case topics.outcome: {
        const { outcome, reason } = body as Outcome
        const name = `${outcome}: ${reason}`
        this.outcomes[name] = (this.outcomes[name] ?? 0) + 1
        return
      }
      case topics.orderPlaced:
        this.orders += 1
    }
  }

  /** An order with the quote that it meets. */
  atVenue(order: OrderCommand): OrderCommand {
    if (order.kind !== 'new') return order
    const book = this.#books.get(order.symbol)
    return { ...order, ...(book === undefined ? none : quoteOf(book)) }
  }
}

function quoteOf({ bestBid, bestAsk }: Level3Book): Quote {
  return bestBid > 0 && bestAsk > bestBid ? { bid: bestBid, ask: bestAsk } : none
}
