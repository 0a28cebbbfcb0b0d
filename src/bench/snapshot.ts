import type { DurationNs } from '../core/units.js'

/** What a view shows of a run that is under way; a fresh one at most five times a second. Plain data. */
export type RunSnapshot = {
  readonly profileName: string
  readonly runId: string
  readonly phase: 'starting' | 'warm-up' | 'measuring' | 'draining' | 'checking' | 'writing' | 'done'
  readonly elapsedNs: DurationNs
  readonly totalNs: DurationNs
  /** Null where no rate is asked for: a closed loop, or times of a source that is not read yet. */
  readonly targetRatePerSec: number | null
  readonly achievedRatePerSec: number
  readonly inFlight: number
  readonly sent: number
  /** Null where the target decides how many there will be. */
  readonly planned: number | null
  readonly outcomes: Readonly<Record<string, number>>
  readonly endToEnd: ComponentSnapshot | null
  readonly components: readonly ComponentSnapshot[]
  readonly engines: readonly EngineSnapshot[]
}

export type ComponentSnapshot = {
  readonly name: string
  readonly count: number
  readonly p50Ns: number
  readonly p95Ns: number
  readonly p99Ns: number
  readonly budgetNs: number | null
}

export type EngineSnapshot = {
  readonly name: string
  readonly state: string
  readonly pid: number | null
  readonly cpuShare: number
  readonly rssBytes: number
  /** Share of the time spent runnable but waiting for a core. */
  readonly runQueueShare: number
}
