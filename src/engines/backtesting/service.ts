import type { z } from 'zod'
import { jsonOf } from '../kit/body.js'
import {
  defineEngine,
  type Engine,
  type EngineContext,
  type HttpReply,
  type HttpRequest,
  type Resident,
} from '../kit/define.js'
import { topics } from '../model/messages.js'
import type { BacktestFigures } from '../model/observer-messages.js'
import { type BacktestingConfig, backtestingConfig } from './config.js'
import { type Job, Jobs } from './jobs.js'
import { backtestRequest, type WrittenRequest } from './request.js'

/** Runs backtests that are asked for by HTTP or on the bus. It stands beside the pipeline: no tick waits for it. */
export const backtestingEngine = defineEngine({
  name: 'backtesting',
  consumes: [topics.backtestRequest],
  observes: [topics.backtestRequest],
  produces: [topics.backtest],
  config: backtestingConfig,
  open: (settings) => new Backtesting(settings),
})

const path = '/v1/backtests'

/** Backtests belong to the process: they go on when a run of the bench begins or ends, and each run may ask for all of them. */
class Backtesting implements Resident {
  readonly #settings: BacktestingConfig
  readonly #jobs: Jobs
  #context: EngineContext | null = null
  /** Progress to be told when the period ends; what changes a state is told at once. */
  readonly #progressed = new Set<Job>()

  constructor(settings: BacktestingConfig) {
    this.#settings = settings
    this.#jobs = new Jobs(settings, (job) => this.#changed(job))
  }

  create(context: EngineContext): Engine {
    this.#context = context
    this.#progressed.clear()
    return {
      handle: ({ envelope }) => {
        const { status } = this.#submit(envelope.body)
        context.count(status === 202 ? 'accepted' : status === 429 ? 'queue full' : 'invalid')
      },
      routes: {
        [`POST ${path}`]: (request) => this.#submit(jsonOf(request.body)),
        [`GET ${path}`]: () => ({ status: 200, body: { backtests: this.#jobs.all().map(figuresOf) } }),
        [`GET ${path}/*`]: (request) => this.#withJob(request, wholeOf),
        [`DELETE ${path}/*`]: (request) => this.#withJob(request, (job) => this.#cancel(job)),
      },
      status: () => ({ running: this.#jobs.running, waiting: this.#jobs.waiting, kept: this.#jobs.all().length }),
    }
  }

  close(): void {
    this.#context = null
    this.#jobs.close()
  }

  #submit(written: unknown): HttpReply {
    const parsed = backtestRequest.safeParse(written)
    if (!parsed.success) return problem(400, problemsOf(parsed.error))
    const { eventsMax, queueMax } = this.#settings
    if (parsed.data.events > eventsMax) return problem(400, `events: at most ${eventsMax} are replayed`)
    const job = this.#jobs.submit(parsed.data, written as WrittenRequest)
    if (job === null) return problem(429, `${queueMax} backtests wait already; ask again when one has ended`)
    return { status: 202, headers: { location: `${path}/${job.id}` }, body: figuresOf(job) }
  }

  #withJob(request: HttpRequest, answer: (job: Job) => HttpReply): HttpReply {
    const id = request.path.slice(path.length + 1)
    const job = this.#jobs.find(id)
    return job === undefined ? problem(404, `there is no backtest ${id}`) : answer(job)
  }

  #cancel(job: Job): HttpReply {
    if (!this.#jobs.cancel(job)) return problem(409, `backtest ${job.id} has ended`)
    return { status: 200, body: figuresOf(job) }
  }

  #changed(job: Job): void {
    const context = this.#context
    if (context === null) return
    if (job.state !== 'running' || job.events === 0) {
      this.#progressed.delete(job)
      context.publish(topics.backtest, figuresOf(job))
      return
    }
    if (this.#progressed.has(job)) return
    this.#progressed.add(job)
    context.after(this.#settings.publishEvery, () => {
      if (this.#progressed.delete(job)) context.publish(topics.backtest, figuresOf(job))
    })
  }
}

function figuresOf({ id, state, events, eventsMax, problem: text, result }: Job): BacktestFigures {
  if (result === null) return { id, state, events, eventsMax, problem: text, result: null }
  const { positions: _positions, curve: _curve, trades: _trades, counters: _counters, ...short } = result
  return { id, state, events, eventsMax, problem: text, result: short }
}

const wholeOf = (job: Job): HttpReply => ({
  status: 200,
  body: { ...figuresOf(job), request: job.written, result: job.result },
})

const problem = (status: number, error: string): HttpReply => ({ status, body: { error } })

const problemsOf = ({ issues }: z.ZodError): string =>
  issues.map(({ path: where, message }) => [where.join('.'), message].filter(Boolean).join(': ')).join('; ')
