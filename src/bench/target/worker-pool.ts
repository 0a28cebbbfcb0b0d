import { availableParallelism } from 'node:os'
import type { Clock } from '../../core/clock.js'
import { distFile } from '../../core/paths.js'
import { durationNs, type InstantNs, later, nsPerMs, nsPerSec } from '../../core/units.js'
import type { Decision } from '../decision.js'
import type { Interruption } from '../interruption.js'
import { Thread } from '../threads.js'
import { chooseLoopPacing, mayGoFirst, wakeStride } from './loop-pacing.js'
import type { LoopPacing, Measurement, MeasurementPlan, MeasurementProgress } from './measurement.js'
import { MeasurementMerge } from './measurement-merge.js'
import type { PacerData, PacerQuestions } from './pacer-thread.js'
import { type CursorSchedule, planSchedule } from './schedule-cursor.js'
import type { WorkerData, WorkerProgress, WorkerQuestions, WorkerResult } from './worker.js'

type MeasurementWatch = {
  readonly clock: Clock
  /** What ends the run before its time; what was measured until then is kept. */
  readonly interruption: Interruption
  /** Five times a second. */
  readonly onProgress: (progress: MeasurementProgress) => void
  /** Looks at the run while it goes on, and may end it before the plan does; null where it runs as planned. */
  readonly decision?: Pick<Decision, 'see' | 'windowNs'> | null
}

const openDeadlineNs = durationNs(60 * nsPerSec)
const answerDeadlineNs = durationNs(30 * nsPerSec)
/** Until all threads have been told to begin. */
const startNs = durationNs(50 * nsPerMs)
/** Until all threads have seen that a run is to end: they look every 20 ms. */
const stopNs = durationNs(50 * nsPerMs)
const progressMs = 200

/** Drives a plain target in threads of its own. Rejects where the target cannot be reached. */
export async function runWorkers(plan: MeasurementPlan, watch: MeasurementWatch): Promise<Measurement> {
  const pool = new WorkerPool(plan, watch)
  try {
    await pool.open()
    return await pool.run()
  } finally {
    await pool.end()
  }
}

type WorkerThread = Thread<WorkerQuestions, WorkerProgress>

class WorkerPool {
  readonly #plan: MeasurementPlan
  readonly #watch: MeasurementWatch
  readonly #pacing: LoopPacing
  readonly #merge: MeasurementMerge
  readonly #stopAt = new Float64Array(new SharedArrayBuffer(8))
  readonly #stop = new Int32Array(new SharedArrayBuffer(4))
  readonly #workers: readonly WorkerThread[]
  readonly #pacer: Thread<PacerQuestions, never> | null
  #pacingInWords: string
  #paths: readonly string[] = []

  constructor(plan: MeasurementPlan, watch: MeasurementWatch) {
    this.#plan = plan
    this.#watch = watch
    const { arrivals, connections, targetIsLocal } = plan
    const users = arrivals.kind === 'closed' ? arrivals.users : connections
    const workers = Math.max(1, Math.min(plan.workers, connections, users))
    const coresUsable = availableParallelism()
    this.#pacing = plan.pacing ?? chooseLoopPacing({ coresUsable, workers, targetIsLocal })
    this.#pacingInWords = arrivals.kind === 'closed' ? 'closed loop' : this.#pacing
    this.#merge = new MeasurementMerge(plan, workers)
    const schedule = arrivals.kind === 'closed' ? null : planSchedule({ ...plan, arrivals })
    const words = new Int32Array(new SharedArrayBuffer(4 * wakeStride * workers))
    const perSec = (schedule?.peakPerSec ?? Number.POSITIVE_INFINITY) / workers
    const goesFirst = mayGoFirst({ pacing: this.#pacing, perSec, client: plan.client.kind })
    this.#workers = Array.from({ length: workers }, (_, index) =>
      this.#startWorker({
        plan,
        schedule,
        worker: { index, of: workers },
        pacing: this.#pacing,
        goesFirst,
        words,
        stopAt: this.#stopAt,
      }),
    )
    this.#pacer = schedule === null || this.#pacing === 'poll' ? null : this.#startPacer(schedule, workers, words)
  }

  async open(): Promise<void> {
    const opened = this.#workers.map((worker) => worker.ask('open', null, openDeadlineNs))
    const answers = await Promise.all(opened)
    this.#paths = [...new Set(answers.map(({ path }) => path))]
    if (this.#pacer !== null) {
      const how = await this.#pacer.ask('prepare', null, openDeadlineNs)
      const alike = answers.every(({ wakeUps }) => wakeUps !== '' && how.endsWith(wakeUps))
      this.#pacingInWords = `pacer thread${alike ? ' and workers' : ''} (${how})`
    }
  }

  async run(): Promise<Measurement> {
    const { clock, interruption } = this.#watch
    const startAt = later(clock.now(), startNs)
    if (interruption.first !== null) this.#endAt(startAt)
    void interruption.happened.then(() => this.#endAt(later(clock.now(), stopNs)))
    const { warmupNs, windowNs, drainNs } = this.#plan
    const deadlineNs = durationNs(warmupNs + windowNs + 2 * drainNs + answerDeadlineNs)
    const timer = setInterval(() => this.#tell(startAt), progressMs)
    try {
      const worked = Promise.all(this.#workers.map((worker) => worker.ask('run', { startAt }, deadlineNs)))
      // The pacer is told also when a worker fails, and is waited for together with them: none is left to reject alone.
      const [results] = await Promise.all([
        worked.finally(() => this.#stopPacer()),
        this.#pacer?.ask('run', { startAt }, deadlineNs),
      ])
      return this.#measurement(startAt, results)
    } finally {
      clearInterval(timer)
    }
  }

  async end(): Promise<void> {
    await Promise.all([...this.#workers.map((worker) => worker.end()), this.#pacer?.end()])
  }

  #stopPacer(): void {
    Atomics.store(this.#stop, 0, 1)
    Atomics.notify(this.#stop, 0)
  }

  /** The earliest word counts. */
  #endAt(at: InstantNs): void {
    const [until = 0] = this.#stopAt
    if (until === 0 || at < until) this.#stopAt[0] = at
  }

  #tell(startAt: InstantNs): void {
    const { clock, decision, onProgress } = this.#watch
    const now = clock.now()
    if (now < startAt) return
    const { warmupNs, windowNs } = this.#plan
    const endNs = decision?.see(now - startAt - warmupNs, (elapsedNs) => this.#merge.soFar(elapsedNs)) ?? null
    if (endNs !== null) this.#endAt(later(startAt, durationNs(warmupNs + endNs)))
    onProgress(this.#merge.progress(now - startAt, decision?.windowNs ?? windowNs))
  }

  #measurement(startAt: InstantNs, results: readonly WorkerResult[]): Measurement {
    const { first } = this.#watch.interruption
    const path = this.#paths.join(', ')
    for (const result of results) this.#merge.finish(result)
    return this.#merge.measurement({
      startedAt: startAt,
      interrupted: first?.reason ?? null,
      stoppedNs: this.#stopAt[0] === 0 ? null : (this.#stopAt[0] ?? 0) - startAt - this.#plan.warmupNs,
      pacing: this.#pacingInWords,
      path,
    })
  }

  #startWorker(data: WorkerData): WorkerThread {
    const name = `worker-${data.worker.index}`
    return new Thread(distFile('bench/target/worker.js'), { name, data }, (progress) => this.#merge.add(progress))
  }

  #startPacer(schedule: CursorSchedule, workers: number, words: Int32Array): Thread<PacerQuestions, never> {
    const data: PacerData = { schedule, workers, words, stop: this.#stop }
    return new Thread(distFile('bench/target/pacer-thread.js'), { name: 'pacer', data }, () => undefined)
  }
}
