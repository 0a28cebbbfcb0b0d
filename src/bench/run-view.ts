import type { Clock } from '../core/clock.js'
import { durationNs, type InstantNs, nsPerSec } from '../core/units.js'
import type { Driver } from './driver.js'
import type { BenchPlan } from './plan.js'
import type { Progress } from './protocol.js'
import { endings } from './settlement.js'
import type { ComponentSnapshot, EngineSnapshot, RunSnapshot } from './snapshot.js'

type Phase = RunSnapshot['phase']
type Watcher = {
  readonly clock: Clock
  readonly onSnapshot: (snapshot: RunSnapshot) => void
  readonly sampleEngines?: () => readonly EngineSnapshot[]
}

/** Makes snapshots of a run out of what the collector tells; a snapshot at each change of phase and each progress. */
export class RunView {
  readonly #plan: BenchPlan
  readonly #watcher: Watcher
  #phase: Phase = 'starting'
  #driver: Driver | null = null
  #startAt: InstantNs | null = null
  #progress: Progress

  constructor(plan: BenchPlan, watcher: Watcher) {
    this.#plan = plan
    this.#watcher = watcher
    this.#progress = noProgress(plan)
    this.#show()
  }

  get current(): Phase {
    return this.#phase
  }

  begin(driver: Driver, startAt: InstantNs): void {
    this.#driver = driver
    this.#startAt = startAt
    this.phase('warm-up')
  }

  phase(phase: Phase): void {
    this.#phase = phase
    this.#show()
  }

  progress(progress: Progress): void {
    this.#progress = progress
    this.#show()
  }

  #show(): void {
    this.#watcher.onSnapshot(this.#snapshot())
  }

  #snapshot(): RunSnapshot {
    const { load, profileName, runId } = this.#plan
    const driver = this.#driver
    const prepared = driver?.prepared ?? null
    const progress = this.#progress
    const totalNs = driver === null ? load.warmup + load.duration : driver.prepared.warmupNs + driver.windowNs
    const elapsedNs =
      this.#startAt === null ? 0 : Math.min(Math.max(this.#watcher.clock.now() - this.#startAt, 0), totalNs)
    const { outcomes } = progress
    const settled = Object.values(outcomes).reduce((sum, count) => sum + count, 0)
    const measuredNs = Math.max(0, elapsedNs - (prepared?.warmupNs ?? 0))
    const sent = driver?.sentCount ?? 0
    return {
      profileName,
      runId,
      phase: this.#phase,
      elapsedNs: durationNs(elapsedNs),
      totalNs: durationNs(totalNs),
      targetRatePerSec: prepared?.targetRatePerSec ?? 0,
      achievedRatePerSec: measuredNs > 0 ? (settled * nsPerSec) / measuredNs : 0,
      inFlight: Math.max(0, sent - progress.settledCount),
      sent,
      planned: driver?.dueCount ?? 0,
      outcomes,
      endToEnd: progress.endToEnd,
      components: progress.components,
      engines: this.#watcher.sampleEngines?.() ?? [],
    }
  }
}

/** What stands there before the collector has told anything: every row that will come, so that nothing moves later. */
function noProgress({ endToEndLimitsNs, components }: BenchPlan): Progress {
  const empty = (name: string, limitsNs: readonly number[]): ComponentSnapshot => {
    return { name, count: 0, p50Ns: 0, p95Ns: 0, p99Ns: 0, budgetNs: limitsNs[0] ?? null }
  }
  return {
    settledCount: 0,
    outcomes: Object.fromEntries(endings.map((ending) => [ending, 0])),
    endToEnd: empty('end to end', endToEndLimitsNs),
    components: components.map(({ name, limitsNs }) => empty(name, limitsNs)),
    ended: [],
    duplicates: 0,
  }
}
