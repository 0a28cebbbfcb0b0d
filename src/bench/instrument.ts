import { durationNs } from '../core/units.js'
import type { RunResult, RunResultInput } from '../results/run-result.js'
import type { DurationSummary } from '../stats/summary.js'
import { hasOneRate } from './arrivals.js'
import { judgeInstrument, noTrend } from './fidelity.js'
import type { BenchPlan } from './plan.js'
import type { Trend } from './recorder.js'

/** How the machine and the instrument were when a run was made. */
export type InstrumentState = {
  readonly clockReadNs: number
  /** Time throttled by the cgroup in the window; null where not readable. */
  readonly throttledNs: number | null
  readonly noiseFloor: RunResult['fidelity']['noiseFloor']
  readonly keptAwake: boolean
  readonly idleState: string | null
}

/** What a driver found out about its own work. */
type Driven = {
  readonly planned: number
  readonly accounted: number
  readonly sent: number
  /** Of the window: what was run, and what the source had for it. */
  readonly windowNs: number
  readonly sourceWindowNs: number
  readonly lateness: DurationSummary
  readonly pacing: string
  readonly endToEndNsP99: number
  readonly negativeDifferences: number
  /** Answers whose server says to have taken longer than was waited for it. */
  readonly serverOverruns: number
  readonly sumMismatches: number
  readonly unknownOutcomes: number
  readonly trend: Trend
  /** Of the thread that waited longest. */
  readonly runQueueNs: number
  readonly gcNs: number
  /** Of the thread that reads the answers. */
  readonly eventLoopDelayNsP99: number
}

/** The fidelity of a result: what was seen of the instrument, and the judgement on it. Pure. */
export function fidelityOf(plan: BenchPlan, state: InstrumentState, driven: Driven): RunResultInput['fidelity'] {
  const { clockReadNs, throttledNs, noiseFloor, keptAwake, idleState } = state
  const { planned, sent, lateness, negativeDifferences, sumMismatches, eventLoopDelayNsP99 } = driven
  const shareOfWindow = (ns: number): number => (driven.windowNs === 0 ? 0 : ns / driven.windowNs)
  const runQueueShare = shareOfWindow(driven.runQueueNs)
  // A rate that changes on purpose moves the p95 on purpose.
  const trend = hasOneRate(plan.load.arrivals) ? driven.trend : noTrend
  const { status, reasons } = judgeInstrument({
    ...{ planned, accounted: driven.accounted, sent },
    ...{ windowNs: driven.sourceWindowNs, durationNs: plan.load.duration, warmupNs: plan.load.warmup },
    latenessNsP99: lateness.p99Ns,
    endToEndLimitNs: plan.endToEndLimitsNs.length === 0 ? null : durationNs(Math.min(...plan.endToEndLimitsNs)),
    ...{ endToEndNsP99: driven.endToEndNsP99, samples: sent },
    ...{ negativeDifferences, serverOverruns: driven.serverOverruns, sumMismatches },
    ...{ unknownOutcomes: driven.unknownOutcomes, trend },
    disturbance: {
      ...{ runQueueShare, gcShare: shareOfWindow(driven.gcNs), eventLoopDelayNsP99 },
      ...{ throttledNs, clockReadNs, noiseFloorNsP99: noiseFloor?.p99Ns ?? null },
    },
  })
  return {
    ...{ status, reasons: [...reasons], lateness, pacing: driven.pacing, plannedCount: planned, sentCount: sent },
    ...{ negativeDifferences, serverOverruns: driven.serverOverruns, sumMismatches, clockReadNs },
    generatorRunQueueShare: runQueueShare,
    generatorEventLoopDelayNsP99: eventLoopDelayNsP99,
    generatorGcNs: driven.gcNs,
    ...{ throttledNs, trendShare: trend.share, noiseFloor, keptAwake, idleState },
  }
}
