import type { Engine, EngineContext, Input } from '../kit/define.js'
import { defineEngine } from '../kit/define.js'
import { PublishEvery } from '../kit/publish-every.js'
import { type ExecutionReports, type Tick, topics } from '../model/messages.js'
import type { CollateralFigures } from '../model/observer-messages.js'
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
  readonly #context: EngineContext
  readonly #book: CollateralBook
  readonly #changes: PublishEvery<CollateralFigures>

  constructor(settings: CollateralConfig, context: EngineContext) {
    this.#context = context
    this.#book = new CollateralBook(settings)
    this.#changes = new PublishEvery(context, {
      topic: topics.collateral,
      everyNs: settings.publishEvery,
      hasChanged: () => this.#book.mayHaveChanged,
      takeChanged: () => {
        const accounts = this.#book.takeChanged()
        return accounts.length === 0 ? null : { accounts }
      },
    })
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
    this.#changes.schedule()
  }

  drain(): void {
    this.#changes.publish()
  }

  status(): Readonly<Record<string, number>> {
    return { positions: this.#book.positionCount }
  }
}
