import { durationNs } from '../../core/units.js'
import { plannedRequests, rateAtStart } from '../arrivals.js'
import type { BenchPlan } from '../plan.js'
import type { BenchHooks } from '../run.js'
import type { RunSnapshot } from '../snapshot.js'
import { type MeasurementProgress, requestEndings } from './measurement.js'

/** Makes snapshots of a run against a plain target; one at each change of phase and each progress. */
export class TargetView {
  readonly #plan: BenchPlan
  readonly #hooks: Pick<BenchHooks, 'onSnapshot' | 'sampleEngines'>
  #phase: RunSnapshot['phase'] = 'starting'
  #progress: MeasurementProgress | null = null

  constructor(plan: BenchPlan, hooks: Pick<BenchHooks, 'onSnapshot' | 'sampleEngines'>) {
    this.#plan = plan
    this.#hooks = hooks
    this.#show()
  }

  phase(phase: RunSnapshot['phase']): void {
    this.#phase = phase
    this.#show()
  }

  progress(progress: MeasurementProgress): void {
    this.#progress = progress
    this.phase(progress.phase)
  }

  #show(): void {
    this.#hooks.onSnapshot(this.#snapshot())
  }

  #snapshot(): RunSnapshot {
    const { load, profileName, runId, endToEndLimitsNs } = this.#plan
    const progress = this.#progress
    const response = progress?.responseTime
    return {
      profileName,
      runId,
      phase: this.#phase,
      elapsedNs: progress?.elapsedNs ?? durationNs(0),
      totalNs: progress?.totalNs ?? durationNs(load.warmup + load.duration),
      targetRatePerSec: targetRateNow(load, progress),
      achievedRatePerSec: progress?.completedPerSec ?? 0,
      inFlight: progress?.inFlight ?? 0,
      sent: progress?.counts.sent ?? 0,
      planned: plannedRequests(load.arrivals, load.duration),
      outcomes: Object.fromEntries(requestEndings.map((ending) => [ending, progress?.counts[ending] ?? 0])),
      endToEnd: {
        name: load.arrivals.kind === 'closed' ? 'service time' : 'end to end',
        count: response?.count ?? 0,
        p50Ns: response?.p50Ns ?? 0,
        p95Ns: response?.p95Ns ?? 0,
        p99Ns: response?.p99Ns ?? 0,
        budgetNs: endToEndLimitsNs[0] ?? null,
      },
      components: [],
      engines: this.#hooks.sampleEngines?.() ?? [],
    }
  }
}

/** The rate that is asked at this moment; null for a closed loop, which is asked none. */
function targetRateNow(load: BenchPlan['load'], progress: MeasurementProgress | null): number | null {
  const { arrivals, warmup, duration } = load
  const inWindowNs = Math.max(0, (progress?.elapsedNs ?? 0) - warmup)
  if (arrivals.kind === 'ramp') {
    return arrivals.from + (arrivals.to - arrivals.from) * Math.min(1, inWindowNs / duration)
  }
  if (arrivals.kind !== 'steps') return rateAtStart(arrivals)
  let endNs = 0
  const now = arrivals.phases.find((phase) => {
    endNs += phase.duration
    return inWindowNs < endNs
  })
  return (now ?? arrivals.phases.at(-1))?.rate ?? null
}
