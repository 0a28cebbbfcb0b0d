import type { Engine, EngineContext, Input } from '../kit/define.js'
import { defineEngine } from '../kit/define.js'
import { PublishEvery } from '../kit/publish-every.js'
import { type ExecutionReports, type Tick, topics } from '../model/messages.js'
import type { AnalyticsFigures } from '../model/observer-messages.js'
import { type AnalyticsConfig, analyticsConfig } from './config.js'
import { Analytics } from './core.js'

/** Says how well was traded. It stands beside the pipeline: it observes ticks and reports. */
export const analyticsEngine = defineEngine({
  name: 'analytics',
  consumes: [topics.tick, topics.executionReport],
  observes: [topics.tick, topics.executionReport],
  produces: [topics.analytics],
  config: analyticsConfig,
  create: (settings, context) => new AnalyticsEngine(settings, context),
})

class AnalyticsEngine implements Engine {
  readonly #context: EngineContext
  readonly #analytics: Analytics
  readonly #changes: PublishEvery<AnalyticsFigures>

  constructor(settings: AnalyticsConfig, context: EngineContext) {
    this.#context = context
    this.#analytics = new Analytics(settings)
    this.#changes = new PublishEvery(context, {
      topic: topics.analytics,
      everyNs: settings.publishEvery,
      hasChanged: () => this.#analytics.hasChanged,
      takeChanged: () => ({ symbols: this.#analytics.takeChanged(), total: this.#analytics.total() }),
    })
  }

  get routes() {
    const current = (): AnalyticsFigures => ({ symbols: this.#analytics.symbols(), total: this.#analytics.total() })
    return { 'GET /v1/analytics': () => ({ status: 200, body: current() }) }
  }

  /** Hot path: figures are made when they are told. */
  handle(input: Input): void {
    const { body, intendedAt } = input.envelope
    if (input.topic === topics.tick) {
      const taken = this.#analytics.tick(body as Tick, intendedAt)
      if (taken !== 'quoted') this.#context.count(taken)
    } else {
      const { reports } = body as ExecutionReports
      for (const report of reports) this.#context.count(this.#analytics.report(report, intendedAt))
    }
    this.#changes.schedule()
  }

  drain(): void {
    this.#changes.publish()
  }

  status(): Readonly<Record<string, number>> {
    return { symbols: this.#analytics.symbolCount }
  }
}
