import { basename } from 'node:path'
import { maskUrl } from '../../core/secrets.js'
import { later, nsPerSec } from '../../core/units.js'
import { type RunResult, type RunResultInput, runResult } from '../../results/run-result.js'
import { activityOfRun } from '../activity.js'
import { describeArrivals, meanRate } from '../arrivals.js'
import { unitOf } from '../config.js'
import type { EngineUsage } from '../engine-usage.js'
import { fidelityOf, type InstrumentState } from '../instrument.js'
import type { BenchPlan } from '../plan.js'
import { headOf, type RunContext } from '../result-head.js'
import { SeriesRecorder } from '../series.js'
import type { ThreadHealth } from '../thread-health.js'
import { describeTarget } from './config.js'
import { type Measurement, requestEndings } from './measurement.js'

/** Everything that a run against a plain target has found out. */
type TargetFacts = RunContext &
  InstrumentState & {
    readonly measurement: Measurement
    /** Shorter than asked for where recorded times end before it. */
    readonly plannedWindowNs: number
    readonly decided: RunResult['decided']
    readonly buses: RunResult['buses']
    /** What the processes of the engines did, as sampled from outside. */
    readonly seen: ReturnType<EngineUsage['activity']>
  }

/** The same contract as of every run, checked by its own schema. Pure. */
export function assembleTargetResult(facts: TargetFacts): RunResult {
  const { measurement } = facts
  const { counts } = measurement
  const nothing = (name: string) => new SeriesRecorder(name, [], 0).toSeries(0)
  return runResult.parse({
    ...headOf(facts, measurement.windowNs),
    interrupted: measurement.interrupted,
    decided: facts.decided,
    load: loadOf(facts),
    accounting: {
      ...counts,
      ...{ traded: 0, noTrade: 0, rejected: 0, duplicates: 0 },
      reasons: { ...measurement.reasons },
    },
    endToEnd: measurement.endToEnd,
    service: measurement.service,
    noTrade: nothing('no trade'),
    rejected: nothing('rejected'),
    components: [...measurement.components],
    stages: [...measurement.stages],
    attribution: measurement.attribution,
    slowest: [...measurement.slowest],
    activity: activityOf(facts),
    fidelity: fidelityOfTarget(facts),
    store: null,
    buses: [...facts.buses],
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

function fidelityOfTarget(facts: TargetFacts): RunResultInput['fidelity'] {
  const { plan, measurement } = facts
  const { counts, lateness, pacing, windowNs } = measurement
  const worst = (pick: (health: ThreadHealth) => number): number =>
    Math.max(0, ...measurement.workers.map(({ health }) => pick(health)))
  const fidelity = fidelityOf(plan, facts, {
    ...{ planned: counts.planned, sent: counts.sent },
    accounted: requestEndings.reduce((sum, ending) => sum + counts[ending], 0),
    ...{ windowNs, sourceWindowNs: facts.plannedWindowNs, lateness, pacing },
    endToEndNsP99: measurement.endToEnd.summary.p99Ns,
    negativeDifferences: measurement.negativeDifferences,
    serverOverruns: measurement.serverOverruns,
    sumMismatches: measurement.sumMismatches,
    unknownOutcomes: 0,
    trend: measurement.trend,
    runQueueNs: worst(({ runQueueNs }) => runQueueNs),
    gcNs: worst(({ gcNs }) => gcNs),
    eventLoopDelayNsP99: worst(({ eventLoopDelayNsP99 }) => eventLoopDelayNsP99),
  })
  return { ...fidelity, libraryPath: measurement.libraryPath }
}
