import { nsPerUs } from '../../core/units.js'
import type { Engine, EngineContext, Input } from '../kit/define.js'
import { defineEngine } from '../kit/define.js'
import { type ExecutionReport, type ExecutionReports, type OrderCommand, topics } from '../model/messages.js'
import { type MatchingConfig, matchingConfig } from './config.js'
import { Venue } from './core.js'
import { emptyCounters, venueCounters } from './counters.js'

export const matchingEngine = defineEngine({
  name: 'matching',
  consumes: [topics.orderPlaced],
  produces: [topics.executionReport],
  config: matchingConfig,
  writes: ['execution_reports', 'positions'],
  create: (settings, context) => new Matching(settings, context),
})

class Matching implements Engine {
  readonly #settings: MatchingConfig
  readonly #context: EngineContext
  readonly #venue: Venue
  readonly #counted = emptyCounters()
  #writePending = false

  constructor(settings: MatchingConfig, context: EngineContext) {
    this.#settings = settings
    this.#context = context
    // Ids begin at the microsecond of the start: a venue that is restarted within a run never uses one twice.
    this.#venue = new Venue(settings, Math.floor(context.clock.now() / nsPerUs))
  }

  handle(input: Input): void {
    const { reports, repeated } = this.#venue.execute(input.envelope.body as OrderCommand)
    const body: ExecutionReports = { reports }
    this.#context.emit(input, topics.executionReport, body)
    this.#countNew()
    if (repeated) return
    for (const report of reports) this.#store(report)
    this.#schedulePositions()
  }

  drain(): void {
    this.#writePositions()
  }

  status(): Readonly<Record<string, number>> {
    return this.#venue.counters
  }

  #store(report: ExecutionReport): void {
    this.#context.store.write('execution_reports', [
      this.#context.run,
      report.execId,
      report.orderId,
      report.account,
      report.symbol,
      report.side,
      report.execType,
      report.ordStatus,
      report.lastQty,
      report.lastPrice,
      report.cumQty,
      report.leavesQty,
    ])
  }

  #schedulePositions(): void {
    if (this.#writePending || !this.#venue.hasChangedPositions) return
    this.#writePending = true
    this.#context.after(this.#settings.positionsEvery, () => {
      this.#writePending = false
      this.#writePositions()
    })
  }

  #writePositions(): void {
    for (const { account, symbol, qty, notional } of this.#venue.takeChangedPositions()) {
      this.#context.store.write('positions', [this.#context.run, account, symbol, qty, String(notional)])
    }
  }

  /** Hands on what the venue counted since the last command. */
  #countNew(): void {
    const now = this.#venue.counters
    for (const name of venueCounters) {
      const by = now[name] - this.#counted[name]
      if (by === 0) continue
      this.#context.count(name, by)
      this.#counted[name] = now[name]
    }
  }
}
