import { closeSync, openSync, readSync } from 'node:fs'
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks'
import type { Clock } from '../../core/clock.js'
import { type InstantNs, nsPerMs, nsPerUs } from '../../core/units.js'

// What a thread of JavaScript does to those who wait for it, four times a second: taking a core, waiting for one, collecting
// garbage, keeping its event loop from turning. One sample costs about 30 us, 0.012 % of a core.

/** What happened between two instants of CLOCK_MONOTONIC, which all processes share. */
export type ActivitySample = {
  readonly fromAt: InstantNs
  readonly toAt: InstantNs
  readonly cpuNs: number
  /** Runnable but without a core; 0 where the kernel does not tell. */
  readonly runQueueNs: number
  /** Null where nobody can tell, as of a command of the user's own. */
  readonly gcNs: number | null
  readonly eventLoopDelayNsMax: number | null
}

const sampleMs = 250
const resolutionMs = 10
/** Ten minutes; of a longer run the last ten. */
const samplesMax = 2_400

type Read = { readonly cpuNs: number; readonly runQueueNs: number }

/** Watches the calling thread. `process` counts the CPU time of all threads beside it: those that collect garbage, for one. */
export class ActivityWatch {
  readonly #clock: Clock
  readonly #scope: 'process' | 'thread'
  readonly #schedstat = openSchedstat()
  readonly #buffer = Buffer.alloc(128)
  readonly #delay = monitorEventLoopDelay({ resolution: resolutionMs })
  readonly #observer: PerformanceObserver
  readonly #timer: NodeJS.Timeout
  readonly #samples: ActivitySample[] = []
  #gcMs = 0
  #gcNsTotal = 0
  #runQueueNsTotal = 0
  #lastAt: InstantNs
  #last: Read

  constructor(clock: Clock, scope: 'process' | 'thread') {
    this.#clock = clock
    this.#scope = scope
    this.#observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) this.#gcMs += entry.duration
    })
    this.#observer.observe({ entryTypes: ['gc'] })
    this.#delay.enable()
    this.#lastAt = clock.now()
    this.#last = this.#read()
    this.#timer = setInterval(() => this.#sample(), sampleMs)
    this.#timer.unref()
  }

  /** What happened since an instant, until now. */
  since(at: InstantNs): ActivitySample[] {
    this.#sample()
    return this.#samples.filter(({ toAt }) => toAt > at)
  }

  /** Sums since the watch began, also of what is no longer kept as samples. */
  totals(): { readonly runQueueNs: number; readonly gcNs: number } {
    this.#sample()
    return { runQueueNs: this.#runQueueNsTotal, gcNs: this.#gcNsTotal }
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#observer.disconnect()
    this.#delay.disable()
    if (this.#schedstat !== null) closeSync(this.#schedstat)
  }

  #sample(): void {
    const now = this.#clock.now()
    const read = this.#read()
    // The monitor records its own period with every turn; before its first it has nothing to tell.
    const delayNs = this.#delay.count > 0 ? Math.max(0, this.#delay.max - resolutionMs * nsPerMs) : 0
    const sample = {
      fromAt: this.#lastAt,
      toAt: now,
      cpuNs: read.cpuNs - this.#last.cpuNs,
      runQueueNs: read.runQueueNs - this.#last.runQueueNs,
      gcNs: Math.round(this.#gcMs * nsPerMs),
      eventLoopDelayNsMax: Math.round(delayNs),
    }
    this.#runQueueNsTotal += sample.runQueueNs
    this.#gcNsTotal += sample.gcNs
    this.#samples.push(sample)
    if (this.#samples.length > samplesMax) this.#samples.shift()
    this.#delay.reset()
    this.#gcMs = 0
    this.#lastAt = now
    this.#last = read
  }

  #read(): Read {
    const [cpuNs = 0, runQueueNs = 0] = this.#readSchedstat()
    if (this.#scope === 'thread') return { cpuNs, runQueueNs }
    const { user, system } = process.cpuUsage()
    return { cpuNs: (user + system) * nsPerUs, runQueueNs }
  }

  /** Time on a core and time waiting for one. */
  #readSchedstat(): number[] {
    if (this.#schedstat === null) return []
    const length = readSync(this.#schedstat, this.#buffer, 0, this.#buffer.length, 0)
    return this.#buffer.toString('latin1', 0, length).split(' ').map(Number)
  }
}

/** The descriptor stays with the thread that opened it. */
function openSchedstat(): number | null {
  try {
    return openSync('/proc/thread-self/schedstat', 'r')
  } catch {
    // Only Linux tells.
    return null
  }
}
