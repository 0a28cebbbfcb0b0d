import { basename } from 'node:path'
import { maskUrl } from '../../core/secrets.js'
import { durationNs, later, nsPerSec } from '../../core/units.js'
import { type RunResult, type RunResultInput, runResult, runResultSchemaId } from '../../results/run-result.js'
import { activityOfRun } from '../activity.js'
import { describeArrivals, hasOneRate, meanRate, phasesOf } from '../arrivals.js'
import { unitOf } from '../config.js'
import type { EngineUsage } from '../engine-usage.js'
import { judgeInstrument, noTrend } from '../fidelity.js'
import type { BenchPlan, SystemAccess } from '../plan.js'
import { SeriesRecorder } from '../series.js'
import { describeTarget } from './config.js'
import { type Measurement, requestEndings } from './measurement.js'

/** Everything that a run against a plain target has found out. */
type TargetFacts = {
  readonly plan: BenchPlan
  readonly access: SystemAccess
  readonly measurement: Measurement
  readonly startedAt: string
  /** Shorter than asked for where recorded times end before it. */
  readonly plannedWindowNs: number
  readonly decided: RunResult['decided']
  readonly clockReadNs: number
  readonly throttledNs: number | null
  readonly noiseFloor: RunResult['fidelity']['noiseFloor']
  readonly keptAwake: boolean
  readonly idleState: string | null
  /** What the processes of the engines did, as sampled from outside. */
  readonly seen: ReturnType<EngineUsage['activity']>
  readonly engines: RunResult['engines']
  readonly machine: RunResult['machine']
  readonly git: RunResult['git']
  readonly profile: Readonly<Record<string, unknown>>
  readonly version: string
}

/** The same contract as of every run, checked by its own schema. Pure. */
export function assembleTargetResult(facts: TargetFacts): RunResult {
  const { plan, measurement } = facts
  const { counts } = measurement
  const nothing = (name: string) => new SeriesRecorder(name, [], 0).toSeries(0)
  return runResult.parse({
    schema: runResultSchemaId,
    id: plan.runId,
    nautilusVersion: facts.version,
    profileName: plan.profileName,
    startedAt: facts.startedAt,
    interrupted: measurement.interrupted,
    decided: facts.decided,
    git: facts.git,
    profile: { ...facts.profile },
    faults: Object.fromEntries(Object.entries(plan.faults).map(([engine, list]) => [engine, [...list]])),
    load: loadOf(facts),
    accounting: {
      ...{ planned: counts.planned, sent: counts.sent },
      ...{ traded: 0, noTrade: 0, rejected: 0 },
      ...Object.fromEntries(requestEndings.map((ending) => [ending, counts[ending]])),
      ...{ failed: counts.failed, timedOut: counts.timedOut, dropped: counts.dropped, lost: counts.lost },
      ...{ duplicates: 0, late: counts.late },
      reasons: { ...measurement.reasons },
    },
    endToEnd: measurement.endToEnd,
    service: measurement.service,
    noTrade: nothing('no trade'),
    rejected: nothing('rejected'),
    components: [...measurement.components],
    stages: [...measurement.stages],
    attribution: measurement.attribution,
    phases: phasesOf(plan.load.arrivals, plan.load.duration, measurement.windowNs),
    slowest: [...measurement.slowest],
    activity: activityOf(facts),
    fidelity: fidelityOf(facts),
    engines: facts.engines,
    services: facts.access.services.map(({ name, kind, version, origin }) => ({ name, kind, version, origin })),
    store: null,
    machine: facts.machine,
  } satisfies RunResultInput)
}

function loadOf({ plan, measurement }: TargetFacts): RunResultInput['load'] {
  const { load } = plan
  const { counts, windowNs } = measurement
  const completedPerSec = windowNs === 0 ? 0 : (counts.completed * nsPerSec) / windowNs
  const plannedPerSec = windowNs === 0 ? 0 : (counts.planned * nsPerSec) / windowNs
  const closed = load.arrivals.kind === 'closed'
  return {
    scenario: load.scenario,
    unit: unitOf(load.scenario),
    loop: closed ? 'closed' : 'open',
    target: load.target === undefined ? null : maskUrl(describeTarget(load.target)),
    connections: connectionsOf(load),
    workers: load.workers,
    arrivals: describeArrivals(load.arrivals),
    source: sourceOf(load.target),
    seed: load.seed,
    // A closed loop asks for no rate: what it reached is what it asked.
    targetRatePerSec: meanRate(load.arrivals, load.duration) ?? (closed ? completedPerSec : plannedPerSec),
    achievedRatePerSec: completedPerSec,
    warmupNs: load.warmup,
    durationNs: windowNs,
    timeoutNs: load.timeout,
    drainNs: load.drain,
  }
}

/** A function has none, and the bus opens its own. */
function connectionsOf({ scenario, arrivals, connections }: BenchPlan['load']): number | null {
  if (scenario === 'function' || scenario === 'bus') return null
  return arrivals.kind === 'closed' ? arrivals.users : connections
}

function activityOf({ seen, plan, measurement }: TargetFacts): RunResultInput['activity'] {
  const { startedAt, windowNs, workers } = measurement
  const threads = Object.fromEntries(workers.map(({ name, health }) => [name, health.activity]))
  return activityOfRun({ seen, told: [], threads }, { startAt: later(startedAt, plan.load.warmup), windowNs })
}

function sourceOf(target: BenchPlan['load']['target']): string {
  if (target === undefined || !('data' in target) || target.data === undefined) return 'the same request'
  return `rows of ${basename(target.data.file)}, ${target.data.order}`
}

function fidelityOf(facts: TargetFacts): RunResultInput['fidelity'] {
  const { plan, measurement } = facts
  const { counts, lateness, windowNs } = measurement
  const worst = (pick: (worker: Measurement['workers'][number]) => number): number =>
    Math.max(0, ...measurement.workers.map(pick))
  const share = (ns: number): number => (windowNs === 0 ? 0 : ns / windowNs)
  const runQueueShare = share(worst(({ health }) => health.runQueueNs))
  const gcNs = worst(({ health }) => health.gcNs)
  const eventLoopDelayNsP99 = worst(({ health }) => health.eventLoopDelayNsP99)
  const trend = hasOneRate(plan.load.arrivals) ? measurement.trend : noTrend
  const { status, reasons } = judgeInstrument({
    planned: counts.planned,
    accounted: requestEndings.reduce((sum, ending) => sum + counts[ending], 0),
    sent: counts.sent,
    windowNs: facts.plannedWindowNs,
    durationNs: plan.load.duration,
    warmupNs: plan.load.warmup,
    latenessNsP99: lateness.p99Ns,
    endToEndLimitNs: plan.endToEndLimitsNs.length === 0 ? null : durationNs(Math.min(...plan.endToEndLimitsNs)),
    endToEndNsP99: measurement.endToEnd.summary.p99Ns,
    samples: counts.sent,
    negativeDifferences: measurement.negativeDifferences,
    sumMismatches: measurement.sumMismatches,
    unknownOutcomes: 0,
    trend,
    disturbance: {
      runQueueShare,
      gcShare: share(gcNs),
      eventLoopDelayNsP99,
      throttledNs: facts.throttledNs,
      clockReadNs: facts.clockReadNs,
      noiseFloorNsP99: facts.noiseFloor?.p99Ns ?? null,
    },
  })
  return {
    status,
    reasons: [...reasons],
    lateness,
    pacing: measurement.pacing,
    plannedCount: counts.planned,
    sentCount: counts.sent,
    negativeDifferences: measurement.negativeDifferences,
    sumMismatches: measurement.sumMismatches,
    clockReadNs: facts.clockReadNs,
    generatorRunQueueShare: runQueueShare,
    generatorEventLoopDelayNsP99: eventLoopDelayNsP99,
    generatorGcNs: gcNs,
    throttledNs: facts.throttledNs,
    trendShare: trend.share,
    noiseFloor: facts.noiseFloor,
    libraryPath: measurement.libraryPath,
    keptAwake: facts.keptAwake,
    idleState: facts.idleState,
  }
}
