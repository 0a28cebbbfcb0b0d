import { instantNs, nsPerSec } from '../core/units.js'
import { type RunResult, type RunResultInput, runResult } from '../results/run-result.js'
import { Histogram } from '../stats/histogram.js'
import { summarise } from '../stats/summary.js'
import { activityOfRun } from './activity.js'
import { describeArrivals } from './arrivals.js'
import type { Collected } from './collection.js'
import { unitOf } from './config.js'
import type { EngineUsage } from './engine-usage.js'
import { fidelityOf, type InstrumentState } from './instrument.js'
import type { Prepared } from './protocol.js'
import { headOf, type RunContext } from './result-head.js'
import { endings, sendStates } from './settlement.js'
import type { FlushResult } from './store-check.js'
import type { ThreadHealth } from './thread-health.js'

/** Everything that a run has found out, once it is over. */
type RunFacts = RunContext &
  InstrumentState & {
    readonly prepared: Prepared
    readonly collected: Collected
    readonly startAtNs: number
    readonly interrupted: string | null
    readonly decided: RunResult['decided']
    /** What of the window was run, and how many ticks were due in it. */
    readonly windowNs: number
    readonly plannedCount: number
    readonly sentCount: number
    readonly health: { readonly sender: ThreadHealth; readonly collector: ThreadHealth }
    readonly seen: ReturnType<EngineUsage['activity']>
    readonly told: FlushResult['flushed']
    readonly store: RunResult['store']
    readonly buses: RunResult['buses']
  }

/** The one contract in the middle, checked by its own schema. Pure. */
export function assembleResult(facts: RunFacts): RunResult {
  const { collected } = facts
  const { recorded } = collected
  return runResult.parse({
    ...headOf(facts, facts.windowNs),
    interrupted: facts.interrupted,
    decided: facts.decided,
    load: loadOf(facts),
    accounting: {
      planned: facts.plannedCount,
      sent: facts.sentCount,
      ...collected.counts,
      duplicates: collected.duplicates,
      late: collected.late,
      reasons: { ...collected.reasons },
    },
    endToEnd: recorded.endToEnd,
    noTrade: recorded.noTrade,
    rejected: recorded.rejected,
    components: [...recorded.components],
    stages: [...recorded.stages],
    attribution: recorded.attribution,
    slowest: [...collected.slowest],
    activity: activityOf(facts),
    fidelity: fidelityOfRun(facts),
    store: facts.store,
    buses: [...facts.buses],
  } satisfies RunResultInput)
}

function loadOf(facts: RunFacts): RunResultInput['load'] {
  const { load } = facts.plan
  const { counts } = facts.collected
  const answered = facts.plannedCount - counts.dropped - counts.lost
  return {
    scenario: load.scenario,
    unit: unitOf(load.scenario),
    arrivals: describeArrivals(load.arrivals),
    source: facts.prepared.source,
    seed: load.seed,
    targetRatePerSec: facts.prepared.targetRatePerSec,
    achievedRatePerSec: facts.windowNs === 0 ? 0 : (answered * nsPerSec) / facts.windowNs,
    warmupNs: load.warmup,
    durationNs: facts.windowNs,
    timeoutNs: load.timeout,
    drainNs: load.drain,
  }
}

function activityOf({ seen, told, health, startAtNs, prepared, windowNs }: RunFacts): RunResultInput['activity'] {
  const threads = { sender: health.sender.activity, collector: health.collector.activity }
  return activityOfRun({ seen, told, threads }, { startAt: instantNs(startAtNs + prepared.warmupNs), windowNs })
}

function fidelityOfRun(facts: RunFacts): RunResultInput['fidelity'] {
  const { plan, collected, health, prepared } = facts
  return fidelityOf(plan, facts, {
    ...{ planned: facts.plannedCount, sent: facts.sentCount },
    accounted: endings.reduce((sum, ending) => sum + collected.counts[ending], 0),
    ...{ windowNs: facts.windowNs, sourceWindowNs: prepared.windowNs },
    ...{ lateness: summarise(latenessOf(facts)), pacing: prepared.pacing },
    endToEndNsP99: collected.recorded.endToEnd.summary.p99Ns,
    negativeDifferences: collected.negativeDifferences,
    serverOverruns: 0,
    sumMismatches: collected.sumMismatches,
    unknownOutcomes: collected.unknown,
    trend: collected.recorded.trend,
    runQueueNs: Math.max(health.sender.runQueueNs, health.collector.runQueueNs),
    gcNs: health.sender.gcNs + health.collector.gcNs,
    eventLoopDelayNsP99: health.collector.eventLoopDelayNsP99,
  })
}

/** How late each measured tick was sent, from the ledger that the sender kept. */
function latenessOf({ prepared, startAtNs }: RunFacts): Histogram {
  const { ledger, warmupCount } = prepared
  const lateness = new Histogram()
  for (let seq = warmupCount; seq < ledger.sendStates.length; seq += 1) {
    if (ledger.sendStates[seq] !== sendStates.sent) continue
    lateness.record((ledger.sentAt[seq] ?? 0) - startAtNs - (ledger.offsetsNs[seq] ?? 0))
  }
  return lateness
}
