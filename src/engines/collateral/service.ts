import type { Engine, EngineContext, Input } from '../kit/define.js'
import { defineEngine } from '../kit/define.js'
import { type CollateralFigures, type ExecutionReports, type Tick, topics } from '../model/messages.js'
import { type CollateralConfig, collateralConfig } from './config.js'
import { CollateralBook } from './core.js'

/** Says what accounts owe as margin, and what is missing. It stands beside the pipeline: it observes ticks and reports. */
export const collateralEngine = defineEngine({
  name: 'collateral',
  consumes: [topics.tick, topics.executionReport],
  observes: [topics.tick, topics.executionReport],
  produces: [topics.collateral],
  config: collateralConfig,
  create: (settings, context) => new CollateralEngine(settings, context),
})

class CollateralEngine implements Engine {
  readonly #settings: CollateralConfig
  readonly #context: EngineContext
  readonly #book: CollateralBook
  #publishPending = false

  constructor(settings: CollateralConfig, context: EngineContext) {
    this.#settings = settings
    this.#context = context
    this.#book = new CollateralBook(settings)
  }

  get routes() {
    const current = (): CollateralFigures => ({ accounts: this.#book.accounts() })
    return { 'GET /v1/collateral': () => ({ status: 200, body: current() }) }
  }

  /** Hot path: ticks only move a mark; figures are made when they are told. */
  handle(input: Input): void {
    if (input.topic === topics.tick) {
      const marked = this.#book.mark(input.envelope.body as Tick)
      if (marked !== 'marked') this.#context.count(marked)
    } else {
      const { reports } = input.envelope.body as ExecutionReports
      for (const report of reports) this.#context.count(this.#book.apply(report))
    }
    this.#schedule()
  }

  drain(): void {
    this.#publish()
  }

  status(): Readonly<Record<string, number>> {
    return { positions: this.#book.positionCount }
  }

  #schedule(): void {
    if (this.#publishPending || !this.#book.mayHaveChanged) return
    this.#publishPending = true
    this.#context.after(this.#settings.publishEvery, () => {
      this.#publishPending = false
      this.#publish()
    })
  }

  #publish(): void {
    if (!this.#book.mayHaveChanged) return
    const accounts = this.#book.takeChanged()
    if (accounts.length === 0) return
    const figures: CollateralFigures = { accounts }
    this.#context.publish(topics.collateral, figures)
  }
}
