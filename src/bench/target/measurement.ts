import type { DurationNs, InstantNs } from '../../core/units.js'
import type { Attribution, Series, SlowRequest } from '../../results/run-result.js'
import type { Histogram } from '../../stats/histogram.js'
import type { DurationSummary } from '../../stats/summary.js'
import type { ComponentPlan } from '../plan.js'
import type { Trend } from '../recorder.js'
import type { ThreadHealth } from '../thread-health.js'
import type { ClientPlan } from './client-plan.js'

// What a measurement of a plain target is asked and what it answers: plain data, which passes between threads. `runWorkers` of
// worker-pool.ts makes one of the other; a RunResult is made elsewhere.

/** How the instants of a phase lie: at equal distances of the rate, or independent (Poisson) with an exact count. */
export type Spacing = 'even' | 'poisson'

/** A part of the window whose rate goes evenly from one value to another; both are equal for a constant rate. */
export type PhasePlan = {
  readonly lengthNs: DurationNs
  readonly fromPerSec: number
  readonly toPerSec: number
}

export type ArrivalsPlan =
  /** Constant, Poisson, ramp and steps: phases one after the other, which together are the window. */
  | { readonly kind: 'phases'; readonly spacing: Spacing; readonly phases: readonly PhasePlan[] }
  /** Times since the start of the window, ascending; what lies beyond the window is left out. */
  | { readonly kind: 'recorded'; readonly offsetsNs: Float64Array }
  /** Each user sends its next request when the last one ended. Throughput only. */
  | { readonly kind: 'closed'; readonly users: number }

/** How a worker waits for the next instant while its event loop also reads answers. */
export type LoopPacing = 'poll' | 'pacer-thread'

export type MeasurementPlan = {
  readonly arrivals: ArrivalsPlan
  readonly seed: number
  /** Before the window, at the rate with which the window begins, rising to it over the first half. Not in any figure. */
  readonly warmupNs: DurationNs
  readonly windowNs: DurationNs
  /** From the intended instant; what is not answered by then is abandoned. */
  readonly timeoutNs: DurationNs
  /** Wait for answers after the end of the window, at most; what has none then is lost. */
  readonly drainNs: DurationNs
  /** Threads, each with an equal share of the connections and every n-th instant of the one schedule. */
  readonly workers: number
  /** Of all workers. */
  readonly connections: number
  /** Requests under way or waiting for a connection, of all workers; what comes beyond them is dropped and counted. */
  readonly inFlightMax: number
  readonly endToEndLimitsNs: readonly number[]
  /** Budget groups over the stages `driver`, `connection`, `server`, `wire`, `body`; `edges` means the last two. */
  readonly components: readonly ComponentPlan[]
  /** Null: chosen by the cores that can be spared. */
  readonly pacing: LoopPacing | null
  /** Whether the target runs on this machine and wants a core too. */
  readonly targetIsLocal: boolean
  readonly client: ClientPlan
}

/** Every planned request ends in exactly one way. */
export const requestEndings = ['completed', 'failed', 'timedOut', 'dropped', 'lost'] as const
export type RequestEnding = (typeof requestEndings)[number]

/** Of measured requests. planned = completed + failed + timedOut + dropped + lost. */
export type RequestCounts = Readonly<Record<RequestEnding, number>> & {
  /** Due in the part of the window that was run; in a closed loop what was sent in it. */
  readonly planned: number
  /** Handed to the client, which may still have let them wait for a connection. */
  readonly sent: number
  /** Of `timedOut`: answered all the same before they were abandoned. */
  readonly late: number
}

/** What a view shows of a measurement under way, five times a second. */
export type MeasurementProgress = {
  readonly phase: 'warm-up' | 'measuring' | 'draining'
  readonly elapsedNs: DurationNs
  readonly totalNs: DurationNs
  readonly counts: RequestCounts
  readonly inFlight: number
  /** Completed per second over the window so far. */
  readonly completedPerSec: number
  /** Of the intervals that are closed: those whose requests have all ended. From the intended instant; a closed loop has service times. */
  readonly responseTime: {
    readonly count: number
    readonly p50Ns: number
    readonly p95Ns: number
    readonly p99Ns: number
  }
  /** Intervals closed since the last progress, in order. */
  readonly intervals: Series['intervals']
}

export type Measurement = {
  readonly startedAt: InstantNs
  /** Of the window: what was run of it. */
  readonly windowNs: DurationNs
  /** Why it ended before its time; null for a whole one. */
  readonly interrupted: string | null
  readonly counts: RequestCounts
  /** Failures by reason, at most 100 of them. */
  readonly reasons: Readonly<Record<string, number>>
  /** From the intended instant; failed, timed out, dropped and lost count at least the timeout. Empty in a closed loop. */
  readonly endToEnd: Series
  /** The same of some intervals of the window alone, by number. */
  readonly responseTimesOf: (intervals: readonly number[]) => Histogram
  /** From the send; completed requests only. */
  readonly service: Series
  /** Where the time of completed requests went: `driver`, `connection`, `server`, `wire`, `body`. Empty in a closed loop. */
  readonly stages: readonly Series[]
  readonly components: readonly Series[]
  readonly attribution: Attribution | null
  /** Of the end-to-end p95 over the window. */
  readonly trend: Trend
  readonly lateness: DurationSummary
  readonly slowest: readonly SlowRequest[]
  /** In words, such as `poll`. */
  readonly pacing: string
  /** In words: what carried the requests, by the client's own account. */
  readonly path: string
  /** Set where a library carried them in place of the fast path. */
  readonly libraryPath: string | null
  readonly sumMismatches: number
  readonly negativeDifferences: number
  /** Answers whose server says to have taken longer than was waited for it. */
  readonly serverOverruns: number
  readonly workers: readonly { readonly name: string; readonly health: ThreadHealth }[]
}
