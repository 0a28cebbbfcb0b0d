import type { Engine, EngineContext, Input } from '../kit/define.js'
import { defineEngine } from '../kit/define.js'
import { PublishEvery } from '../kit/publish-every.js'
import { type ExecutionReports, type Tick, topics } from '../model/messages.js'
import type { PortfolioFigures } from '../model/observer-messages.js'
import { type PortfolioConfig, portfolioConfig } from './config.js'
import { middleOf, Portfolio } from './core.js'
import { PortfolioRisk, type RiskFigures } from './risk.js'

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
  readonly #risk: PortfolioRisk
  readonly #changes: PublishEvery<PortfolioFigures>

  constructor(settings: PortfolioConfig, context: EngineContext) {
    this.#context = context
    this.#portfolio = new Portfolio(settings)
    this.#risk = new PortfolioRisk(settings)
    this.#changes = new PublishEvery(context, {
      topic: topics.portfolio,
      everyNs: settings.publishEvery,
      hasChanged: () => this.#portfolio.hasChanged,
      takeChanged: () => ({ positions: this.#portfolio.takeChanged(), total: this.#portfolio.total() }),
    })
  }

  get routes() {
    const current = (): PortfolioFigures => ({ positions: this.#portfolio.positions(), total: this.#portfolio.total() })
    const risk = (): RiskFigures => this.#risk.figures(this.#portfolio.exposures())
    return {
      'GET /v1/portfolio': () => ({ status: 200, body: current() }),
      'GET /v1/portfolio/risk': () => ({ status: 200, body: risk() }),
    }
  }

  /** Hot path: ticks only move a mark; figures are made when they are told. */
  handle(input: Input): void {
    if (input.topic === topics.tick) {
      const tick = input.envelope.body as Tick
      const marked = this.#portfolio.mark(tick)
      if (marked === 'marked') this.#risk.mark(tick.symbol, middleOf(tick), input.envelope.intendedAt)
      else this.#context.count(marked)
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
