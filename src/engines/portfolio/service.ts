import type { Engine, EngineContext, Input } from '../kit/define.js'
import { defineEngine } from '../kit/define.js'
import { PublishEvery } from '../kit/publish-every.js'
import { type ExecutionReports, type Tick, topics } from '../model/messages.js'
import type { PortfolioFigures } from '../model/observer-messages.js'
import { type PortfolioConfig, portfolioConfig } from './config.js'
import { Portfolio } from './core.js'

/** Keeps what accounts hold and what it is worth. It stands beside the pipeline: it observes ticks and reports. */
export const portfolioEngine = defineEngine({
  name: 'portfolio',
  consumes: [topics.tick, topics.executionReport],
  observes: [topics.tick, topics.executionReport],
  produces: [topics.portfolio],
  config: portfolioConfig,
  create: (settings, context) => new PortfolioEngine(settings, context),
})

class PortfolioEngine implements Engine {
  readonly #context: EngineContext
  readonly #portfolio: Portfolio
  readonly #changes: PublishEvery<PortfolioFigures>

  constructor(settings: PortfolioConfig, context: EngineContext) {
    this.#context = context
    this.#portfolio = new Portfolio(settings)
    this.#changes = new PublishEvery(context, {
      topic: topics.portfolio,
      everyNs: settings.publishEvery,
      hasChanged: () => this.#portfolio.hasChanged,
      takeChanged: () => ({ positions: this.#portfolio.takeChanged(), total: this.#portfolio.total() }),
    })
  }

  get routes() {
    const current = (): PortfolioFigures => ({ positions: this.#portfolio.positions(), total: this.#portfolio.total() })
    return { 'GET /v1/portfolio': () => ({ status: 200, body: current() }) }
  }

  /** Hot path: ticks only move a mark; figures are made when they are told. */
  handle(input: Input): void {
    if (input.topic === topics.tick) {
      const marked = this.#portfolio.mark(input.envelope.body as Tick)
      if (marked !== 'marked') this.#context.count(marked)
    } else {
      const { reports } = input.envelope.body as ExecutionReports
      for (const report of reports) this.#context.count(this.#portfolio.apply(report))
    }
    this.#changes.schedule()
  }

  drain(): void {
    this.#changes.publish()
  }

  status(): Readonly<Record<string, number>> {
    return { positions: this.#portfolio.positionCount }
  }
}
