import { Worker } from 'node:worker_threads'
import { assert, assertNever } from '../../core/assert.js'
import { messageOf } from '../../core/errors.js'
import { distFile } from '../../core/paths.js'
import { nsPerMs, nsPerSec } from '../../core/units.js'
import { BoundedQueue } from '../../platform/flow/bounded-queue.js'
import type { BacktestFigures, BacktestResult } from '../model/observer-messages.js'
import type { BacktestingConfig } from './config.js'
import type { BacktestRequest, WrittenRequest } from './request.js'
import type { WorkerMessage, WorkerTask } from './worker.js'

export type Job = {
  readonly id: string
  readonly written: WrittenRequest
  readonly eventsMax: number
  state: BacktestFigures['state']
  events: number
  problem: string | null
  result: BacktestResult | null
}

type Running = { readonly job: Job; readonly worker: Worker; readonly timer: NodeJS.Timeout }

/** Memory of one thread; a backtest that needs more fails, and not the engine. */
const heapMbMax = 1_024

/** Backtests of the process: they wait in a bounded queue, run in threads, and are kept for a while when they have ended. */
export class Jobs {
  readonly #settings: BacktestingConfig
  readonly #onChange: (job: Job) => void
  readonly #jobs = new Map<string, Job>()
  readonly #waiting: BoundedQueue<Job>
  readonly #running = new Map<string, Running>()
  readonly #ended: BoundedQueue<string>
  #next = 1

  constructor(settings: BacktestingConfig, onChange: (job: Job) => void) {
    this.#settings = settings
    this.#onChange = onChange
    this.#waiting = new BoundedQueue(settings.queueMax)
    this.#ended = new BoundedQueue(settings.keepMax)
  }

  get running(): number {
    return this.#running.size
  }

  get waiting(): number {
    return this.#waiting.length
  }

  all(): readonly Job[] {
    return [...this.#jobs.values()]
  }

  find(id: string): Job | undefined {
    return this.#jobs.get(id)
  }

  /** Null where the queue is full. */
  submit(request: BacktestRequest, written: WrittenRequest): Job | null {
    const id = `b${this.#next}`
    const job: Job = { id, written, eventsMax: request.events, state: 'queued', events: 0, problem: null, result: null }
    if (!this.#waiting.push(job)) return null
    this.#next += 1
    this.#jobs.set(id, job)
    this.#onChange(job)
    this.#startNext()
    return job
  }

  /** Ends a job that waits or runs; false where it has ended. */
  cancel(job: Job): boolean {
    if (job.state !== 'queued' && job.state !== 'running') return false
    if (job.state === 'queued') this.#withdraw(job)
    this.#end(job, 'cancelled', null)
    return true
  }

  close(): void {
    // A thread that ends begins the next backtest, and none is to begin now.
    this.#waiting.take(this.#waiting.length)
    for (const { worker, timer } of this.#running.values()) {
      clearTimeout(timer)
      void worker.terminate()
    }
    this.#running.clear()
  }

  #startNext(): void {
    while (this.#running.size < this.#settings.threads) {
      const job = this.#waiting.shift()
      if (job === undefined) return
      this.#start(job)
    }
  }

  #start(job: Job): void {
    assert(job.state === 'queued', 'a job is started once')
    const { tradesMax, dataFolder, timeLimit } = this.#settings
    const task: WorkerTask = { request: job.written, settings: { tradesMax, dataFolder } }
    const worker = new Worker(distFile('engines/backtesting/worker.js'), {
      workerData: task,
      name: `backtest ${job.id}`,
      resourceLimits: { maxOldGenerationSizeMb: heapMbMax },
    })
    const late = (): void => this.#end(job, 'failed', `it had not ended after ${timeLimit / nsPerSec} s`)
    // A timer for longer than this would fire at once.
    const timer = setTimeout(late, Math.min(timeLimit / nsPerMs, 2 ** 31 - 1))
    this.#running.set(job.id, { job, worker, timer })
    job.state = 'running'
    worker.on('message', (message: WorkerMessage) => this.#told(job, message))
    worker.on('error', (error) => this.#end(job, 'failed', messageOf(error)))
    worker.on('exit', () => this.#end(job, 'failed', 'its thread ended early'))
    this.#onChange(job)
  }

  #told(job: Job, message: WorkerMessage): void {
    if (job.state !== 'running') return
    switch (message.kind) {
      case 'progress':
        job.events = message.events
        this.#onChange(job)
        return
      case 'done':
        job.events = message.result.events
        job.result = message.result
        this.#end(job, 'done', null)
        return
      case 'failed':
        this.#end(job, 'failed', message.problem)
        return
      default:
        assertNever(message)
    }
  }

  /** The first end of a job counts: a thread that is terminated tells of its exit too. */
  #end(job: Job, state: 'done' | 'failed' | 'cancelled', problem: string | null): void {
    if (job.state !== 'queued' && job.state !== 'running') return
    job.state = state
    job.problem = problem
    const running = this.#running.get(job.id)
    if (running !== undefined) {
      clearTimeout(running.timer)
      void running.worker.terminate()
      this.#running.delete(job.id)
    }
    this.#keep(job)
    this.#onChange(job)
    this.#startNext()
  }

  #keep(job: Job): void {
    if (this.#ended.push(job.id)) return
    this.#jobs.delete(this.#ended.shift() ?? '')
    this.#ended.push(job.id)
  }

  #withdraw(job: Job): void {
    for (const other of this.#waiting.take(this.#waiting.length)) if (other !== job) this.#waiting.push(other)
  }
}
