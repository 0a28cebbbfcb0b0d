import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import { monotonicClock } from '../core/clock.js'
import { type InstantNs, instantNs, nsPerMs } from '../core/units.js'
import { type ActivitySample, ActivityWatch } from '../platform/telemetry/activity.js'

/** What disturbed a thread of the driver during the measured window. */
export type ThreadHealth = {
  /** Time it was runnable but waited for a core; 0 where the kernel does not tell. */
  readonly runQueueNs: number
  readonly gcNs: number
  readonly eventLoopDelayNsP99: number
  readonly activity: readonly ActivitySample[]
}

type Amounts = { readonly runQueueNs: number; readonly gcNs: number }

const resolutionMs = 10

/**
 * Watches the calling thread, and tells of the window alone. It watches from before the window, so that a thread that stands
 * still through all of it is seen too; and it ends with the window, since what the drain costs disturbs no measurement.
 */
export class ThreadWatch {
  readonly #watch = new ActivityWatch(monotonicClock, 'thread')
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: resolutionMs })
  readonly #loop: 'turns' | 'blocks'
  #openTimer: NodeJS.Timeout | undefined
  #endTimer: NodeJS.Timeout | undefined
  #fromAt = instantNs(0)
  #toAt = Number.POSITIVE_INFINITY
  #before: Amounts | null = null
  #told: ThreadHealth | null = null

  /** The loop of a thread that `blocks` stands still on purpose. */
  constructor(loop: 'turns' | 'blocks' = 'turns') {
    this.#loop = loop
  }

  window(fromAt: InstantNs, toAt: number): void {
    this.#fromAt = fromAt
    this.#openTimer = setTimeout(() => this.#open(), msUntil(fromAt))
    this.endAt(toAt)
  }

  /** Of an end that came into sight later, the earliest counts. */
  endAt(at: number): void {
    if (at >= this.#toAt) return
    this.#toAt = at
    clearTimeout(this.#endTimer)
    this.#endTimer = setTimeout(() => this.end(), msUntil(at))
  }

  /** Ends the watch where the window has not, and tells. */
  end(): ThreadHealth {
    this.#told ??= this.#read()
    return this.#told
  }

  /** The samples of a long watch are not all kept, its sums are: what lies outside of the window is taken off from them. */
  #open(): Amounts {
    const totals = this.#watch.totals()
    const inside = sumSince(this.#watch.since(instantNs(0)), this.#fromAt)
    this.#before = { runQueueNs: totals.runQueueNs - inside.runQueueNs, gcNs: totals.gcNs - inside.gcNs }
    this.#delay.enable()
    return this.#before
  }

  #read(): ThreadHealth {
    clearTimeout(this.#openTimer)
    clearTimeout(this.#endTimer)
    const before = this.#before ?? this.#open()
    this.#delay.disable()
    const totals = this.#watch.totals()
    const all = this.#watch.since(instantNs(0))
    this.#watch.stop()
    // A timer that was held up ends the watch late: what lay beyond is taken off again.
    const after = sumSince(all, this.#toAt)
    const within = (pick: (amounts: Amounts) => number): number =>
      Math.max(0, Math.round(pick(totals) - pick(before) - pick(after)))
    const samples = all.filter(({ fromAt }) => fromAt < this.#toAt)
    // The monitor records its own period with every sample.
    const delayNs = this.#delay.count > 0 ? this.#delay.percentile(99) - resolutionMs * nsPerMs : 0
    return {
      runQueueNs: within(({ runQueueNs }) => runQueueNs),
      gcNs: within(({ gcNs }) => gcNs),
      eventLoopDelayNsP99: Math.max(0, delayNs),
      activity: this.#loop === 'turns' ? samples : samples.map((sample) => ({ ...sample, eventLoopDelayNsMax: null })),
    }
  }
}

const msUntil = (at: number): number => Math.max(0, at - monotonicClock.now()) / nsPerMs

/** What lies after an instant; of a sample that lies there in part, that share. */
function sumSince(samples: readonly ActivitySample[], at: number): Amounts {
  let runQueueNs = 0
  let gcNs = 0
  for (const sample of samples) {
    const spanNs = sample.toAt - sample.fromAt
    const afterNs = sample.toAt - Math.max(at, sample.fromAt)
    if (afterNs <= 0) continue
    runQueueNs += (sample.runQueueNs * afterNs) / spanNs
    gcNs += ((sample.gcNs ?? 0) * afterNs) / spanNs
  }
  return { runQueueNs, gcNs }
}
