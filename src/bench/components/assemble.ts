import {
  type RunResult,
  type RunResultInput,
  runResult,
  runResultSchemaId,
  type Series,
} from '../../results/run-result.js'
import { Histogram } from '../../stats/histogram.js'
import { summarise } from '../../stats/summary.js'
import type { MeasuredComponents } from './run.js'

/** What is known of a run that times functions and sends nothing. */
type ComponentRunFacts = {
  readonly measured: MeasuredComponents
  readonly runId: string
  readonly profileName: string
  readonly startedAt: string
  readonly profile: Readonly<Record<string, unknown>>
  readonly machine: RunResult['machine']
  readonly git: RunResult['git']
  readonly version: string
}

/** A run of its own: what speaks of requests is empty in it. Pure. */
export function componentResult(facts: ComponentRunFacts): RunResult {
  const { measured } = facts
  const calls = measured.cases.reduce((sum, { callCount }) => sum + callCount, 0)
  return runResult.parse({
    schema: runResultSchemaId,
    id: facts.runId,
    nautilusVersion: facts.version,
    profileName: facts.profileName,
    startedAt: facts.startedAt,
    interrupted: measured.interrupted,
    git: facts.git,
    profile: { ...facts.profile },
    faults: {},
    load: loadOf(measured),
    accounting: { ...nothing, planned: calls, sent: calls, completed: calls },
    ...{ endToEnd: empty('end to end'), noTrade: empty('no trade'), rejected: empty('rejected') },
    components: [...measured.series],
    stages: [],
    attribution: null,
    cases: [...measured.cases],
    fidelity: fidelityOf(measured, calls),
    ...{ engines: [], services: [], store: null },
    machine: facts.machine,
  } satisfies RunResultInput)
}

/** The run of a profile that loads a system and times functions: one result, one verdict. Pure. */
export function withComponents(result: RunResult, measured: MeasuredComponents): RunResult {
  const { fidelity } = result
  const { instrument } = measured
  return {
    ...result,
    interrupted: result.interrupted ?? measured.interrupted,
    components: [...result.components, ...measured.series],
    cases: [...measured.cases],
    fidelity: {
      ...fidelity,
      status: fidelity.status === 'valid' ? instrument.status : fidelity.status,
      reasons: [...fidelity.reasons, ...instrument.reasons],
    },
  }
}

const nothing = {
  ...{ traded: 0, noTrade: 0, rejected: 0, failed: 0, timedOut: 0, dropped: 0, lost: 0, duplicates: 0, late: 0 },
  reasons: {},
}

function loadOf({ elapsedNs, warmupNs }: MeasuredComponents): RunResultInput['load'] {
  return {
    scenario: 'component',
    unit: 'calls',
    loop: 'closed',
    arrivals: 'one call after the other',
    source: 'component cases',
    seed: 0,
    targetRatePerSec: 0,
    achievedRatePerSec: 0,
    warmupNs,
    durationNs: elapsedNs,
    timeoutNs: 0,
    drainNs: 0,
  }
}

function fidelityOf({ instrument }: MeasuredComponents, calls: number): RunResultInput['fidelity'] {
  return {
    status: instrument.status,
    reasons: [...instrument.reasons],
    lateness: summarise(new Histogram()),
    pacing: 'none',
    plannedCount: calls,
    sentCount: calls,
    negativeDifferences: 0,
    sumMismatches: 0,
    clockReadNs: instrument.clockReadNs,
    generatorRunQueueShare: instrument.runQueueShare,
    generatorEventLoopDelayNsP99: 0,
    generatorGcNs: instrument.gcNs,
    throttledNs: null,
    trendShare: instrument.trendShare,
  }
}

const empty = (name: string): Series => ({
  name,
  summary: summarise(new Histogram()),
  over: [],
  intervals: [],
  histogram: [],
})
