import { durationNs, instantNs, nsPerSec } from '../core/units.js'
import { type RunResult, type RunResultInput, runResult, runResultSchemaId } from '../results/run-result.js'
import { Histogram } from '../stats/histogram.js'
import { summarise } from '../stats/summary.js'
import { activityOfRun } from './activity.js'
import { describeArrivals, hasOneRate, phasesOf } from './arrivals.js'
import type { Collected } from './collection.js'
import { unitOf } from './config.js'
import type { EngineUsage } from './engine-usage.js'
import { judgeInstrument, noTrend } from './fidelity.js'
import type { BenchPlan, SystemAccess } from './plan.js'
import type { Prepared } from './protocol.js'
import { endings, sendStates } from './settlement.js'
import type { FlushResult } from './store-check.js'
import type { ThreadHealth } from './thread-health.js'

/** Everything that a run has found out, once it is over. */
type RunFacts = {
  readonly plan: BenchPlan
  readonly access: SystemAccess
  readonly prepared: Prepared
  readonly collected: Collected
  readonly startedAt: string
  readonly startAtNs: number
  readonly interrupted: string | null
  /** What of the window was run, and how many ticks were due in it. */
  readonly windowNs: number
  readonly plannedCount: number
  readonly sentCount: number
  readonly clockReadNs: number
  readonly health: { readonly sender: ThreadHealth; readonly collector: ThreadHealth }
  readonly throttledNs: number | null
  readonly noiseFloor: RunResult['fidelity']['noiseFloor']
  readonly keptAwake: boolean
  readonly idleState: string | null
  readonly seen: ReturnType<EngineUsage['activity']>
  readonly told: FlushResult['flushed']
  readonly engines: RunResult['engines']
  readonly store: RunResult['store']
  readonly machine: RunResult['machine']
  readonly git: RunResult['git']
  readonly profile: Readonly<Record<string, unknown>>
  readonly version: string
}

/** The one contract in the middle, checked by its own schema. Pure. */
export function assembleResult(facts: RunFacts): RunResult {
  const { plan, collected } = facts
  const { recorded } = collected
  const faults = Object.entries(plan.faults).map(([engine, list]) => [engine, [...list]])
  return runResult.parse({
    schema: runResultSchemaId,
    id: plan.runId,
    nautilusVersion: facts.version,
    profileName: plan.profileName,
    startedAt: facts.startedAt,
    interrupted: facts.interrupted,
    git: facts.git,
    profile: { ...facts.profile },
    faults: Object.fromEntries(faults),
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
    phases: phasesOf(plan.load.arrivals, plan.load.duration, facts.windowNs),
    slowest: [...collected.slowest],
    activity: activityOf(facts),
    fidelity: fidelityOf(facts),
    engines: facts.engines,
    services: facts.access.services.map(({ name, kind, version, origin }) => ({ name, kind, version, origin })),
    store: facts.store,
    machine: facts.machine,
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

function fidelityOf(facts: RunFacts): RunResultInput['fidelity'] {
  const { collected, health, plan } = facts
  const lateness = latenessOf(facts)
  const runQueueNs = Math.max(health.sender.runQueueNs, health.collector.runQueueNs)
  const runQueueShare = facts.windowNs === 0 ? 0 : runQueueNs / facts.windowNs
  const gcNs = health.sender.gcNs + health.collector.gcNs
  const accounted = endings.reduce((sum, ending) => sum + collected.counts[ending], 0)
  const { status, reasons } = judgeInstrument({
    planned: facts.plannedCount,
    accounted,
    sent: facts.sentCount,
    windowNs: facts.prepared.windowNs,
    durationNs: plan.load.duration,
    warmupNs: plan.load.warmup,
    latenessNsP99: lateness.quantile(0.99),
    endToEndLimitNs: plan.endToEndLimitsNs.length === 0 ? null : durationNs(Math.min(...plan.endToEndLimitsNs)),
    endToEndNsP99: collected.recorded.endToEnd.summary.p99Ns,
    samples: facts.sentCount,
    negativeDifferences: collected.negativeDifferences,
    sumMismatches: collected.sumMismatches,
    unknownOutcomes: collected.unknown,
    // A rate that changes on purpose moves the p95 on purpose.
    trend: hasOneRate(plan.load.arrivals) ? collected.recorded.trend : noTrend,
    disturbance: {
      runQueueShare,
      gcShare: facts.windowNs === 0 ? 0 : gcNs / facts.windowNs,
      eventLoopDelayNsP99: health.collector.eventLoopDelayNsP99,
      throttledNs: facts.throttledNs,
      clockReadNs: facts.clockReadNs,
      noiseFloorNsP99: facts.noiseFloor?.p99Ns ?? null,
    },
  })
  return {
    status,
    reasons: [...reasons],
    lateness: summarise(lateness),
    pacing: facts.prepared.pacing,
    plannedCount: facts.plannedCount,
    sentCount: facts.sentCount,
    negativeDifferences: collected.negativeDifferences,
    sumMismatches: collected.sumMismatches,
    clockReadNs: facts.clockReadNs,
    generatorRunQueueShare: runQueueShare,
    generatorEventLoopDelayNsP99: health.collector.eventLoopDelayNsP99,
    generatorGcNs: gcNs,
    throttledNs: facts.throttledNs,
    trendShare: collected.recorded.trend.share,
    noiseFloor: facts.noiseFloor,
    keptAwake: facts.keptAwake,
    idleState: facts.idleState,
  }
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
