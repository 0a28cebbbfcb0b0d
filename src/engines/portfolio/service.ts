import type { Engine, EngineContext, Input } from '../kit/define.js'
import { defineEngine } from '../kit/define.js'
import { type ExecutionReports, type PortfolioFigures, type Tick, topics } from '../model/messages.js'
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
  readonly #settings: PortfolioConfig
  readonly #context: EngineContext
  readonly #portfolio: Portfolio
  #publishPending = false

  constructor(settings: PortfolioConfig, context: EngineContext) {
    this.#settings = settings
    this.#context = context
    this.#portfolio = new Portfolio(settings)
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
    this.#schedule()
  }

  drain(): void {
    this.#publish()
  }

  status(): Readonly<Record<string, number>> {
    return { positions: this.#portfolio.positionCount }
  }

  #schedule(): void {
    if (this.#publishPending || !this.#portfolio.hasChanged) return
    this.#publishPending = true
    this.#context.after(this.#settings.publishEvery, () => {
      this.#publishPending = false
      this.#publish()
    })
  }

  #publish(): void {
    if (!this.#portfolio.hasChanged) return
    const figures: PortfolioFigures = { positions: this.#portfolio.takeChanged(), total: this.#portfolio.total() }
    this.#context.publish(topics.portfolio, figures)
  }
}
