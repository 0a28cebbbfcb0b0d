import { nsPerSec } from '../core/units.js'
import { unansweredOf } from '../results/metrics.js'
import type { RunResult } from '../results/run-result.js'
import { clopperPearson } from '../stats/binomial-bounds.js'
import { normalQuantile } from '../stats/special-functions.js'
import { boundOf, type LatencyCheck, metricOf } from './checks.js'
import type { SlaConfig } from './config.js'
import { declaredLimits, slaOf } from './declared.js'
import { chanceOfExtended, type EarlierRuns, type JudgedRun, latencyCheck } from './latency-check.js'
import { windowOutcome } from './window.js'

// Whether a run that still goes on may end, or should go on longer than planned. Who looks often and stops when the
// figures please is wrong more often than once in twenty, so the looks are few and fixed, and those before the
// planned end ask for a chance of error of one in a thousand: three of them leave that of the end as it is (Haybittle
// 1971; Peto et al., British Journal of Cancer 1976). A run that may be extended has two chances at its end, each of
// half the size; it is extended once.

/** A run as far as it came: its series and counters hold what was due so far and was answered, or will not be. */
export type SoFar = Pick<RunResult, 'id' | 'profile' | 'endToEnd' | 'components' | 'accounting' | 'phases'> & {
  readonly load: Pick<RunResult['load'], 'achievedRatePerSec'>
  readonly elapsedNs: number
  readonly plannedNs: number
  /** How long the window may become; as long as planned where it may not be extended. */
  readonly windowNsMax: number
}

type EarlyDecision =
  | { readonly decision: 'continue' }
  | {
      readonly decision: 'decided'
      readonly status: 'pass' | 'fail' | 'inconclusive'
      readonly reason: string
      readonly savedNs: number
    }
  | { readonly decision: 'extend'; readonly byNs: number; readonly reason: string }

const looksAt = [0.25, 0.5, 0.75] as const
const chanceOfLook = 0.001

/** When the run is to be looked at before its planned end, since the start of the window. */
export const looksOf = (plannedNs: number): number[] => looksAt.map((share) => share * plannedNs)

/** To be called at each of `looksOf`, at the planned end, and at the end of an extension; never in between. */
export function decideEarly(soFar: SoFar, history: EarlierRuns | null): EarlyDecision {
  const { elapsedNs, plannedNs, windowNsMax } = soFar
  // What a later phase will bring is not in what came so far.
  if (soFar.phases.length > 1 && elapsedNs < plannedNs) return { decision: 'continue' }
  const sla = slaOf(soFar)
  const savedNs = Math.max(0, plannedNs - elapsedNs)
  const end = elapsedNs >= plannedNs
  const extensible = windowNsMax > plannedNs
  const chance = end ? (extensible ? chanceOfExtended : null) : chanceOfLook
  const checks = latencyChecks(soFar, sla, { history, chance })
  const failure = checks.find(({ status }) => status === 'fail')?.name ?? failedCounter(soFar, sla, chance)
  if (failure !== null) return { decision: 'decided', status: 'fail', reason: `${failure} fails`, savedNs }
  const open = checks.filter(({ status }) => status !== 'pass')
  if (!end) {
    if (open.length > 0 || mayStillFail(soFar, sla)) return { decision: 'continue' }
    return { decision: 'decided', status: 'pass', reason: 'every limit holds', savedNs }
  }
  if (open.length === 0) return { decision: 'decided', status: 'pass', reason: 'every limit holds', savedNs }
  return extension(soFar, open) ?? undecided(open)
}

const undecided = (open: readonly LatencyCheck[]): EarlyDecision => {
  const reason = `the data cannot tell of ${open.map(({ name }) => name).join(', ')}`
  return { decision: 'decided', status: 'inconclusive', reason, savedNs: 0 }
}

/** Once, and only where it would decide. */
function extension({ elapsedNs, plannedNs, windowNsMax }: SoFar, open: readonly LatencyCheck[]): EarlyDecision | null {
  if (elapsedNs > plannedNs || open.some(({ moreSeconds }) => moreSeconds === null)) return null
  const moreNs = Math.max(...open.map(({ moreSeconds }) => (moreSeconds ?? 0) * nsPerSec))
  // What is said of a longer run is for the usual chance of error; half of it takes as many more samples as the
  // squares of the quantiles say.
  const stricter = (normalQuantile(1 - chanceOfExtended) / normalQuantile(0.95)) ** 2
  const byNs = Math.ceil((elapsedNs + moreNs) * stricter - elapsedNs)
  if (elapsedNs + byNs > windowNsMax) return null
  const reason = `the data cannot tell yet of ${open.map(({ name }) => name).join(', ')}`
  return { decision: 'extend', byNs, reason }
}

function latencyChecks(
  soFar: SoFar,
  sla: SlaConfig,
  { history, chance }: { readonly history: EarlierRuns | null; readonly chance: number | null },
): LatencyCheck[] {
  const run: JudgedRun = { ...soFar, decided: null, load: { durationNs: soFar.elapsedNs } }
  const critical = declaredLimits(sla).filter((limit) => limit.critical)
  return critical.map((limit) => latencyCheck([run], history, limit, chance))
}

/** A counter or a window that has failed whatever comes: counts only grow, and a stall that was there stays. */
function failedCounter(soFar: SoFar, sla: SlaConfig, chance: number | null): string | null {
  const { accounting, endToEnd, components, phases } = soFar
  for (const limit of sla.windows) {
    const series = limit.component === 'endToEnd' ? endToEnd : components.find(({ name }) => name === limit.component)
    const outcome = windowOutcome(limit, series, phases)
    if (outcome !== null && outcome.exceeded !== null) return `${limit.component}.${limit.quantile}`
  }
  for (const { metric, max, critical } of sla.checks) {
    if (max === undefined || !critical || accounting.planned === 0) continue
    const limit = boundOf(metric, max)
    if ('value' in limit && leastAtTheEnd(soFar, metric, chance) > limit.value) return metric
  }
  return null
}

/** What a counter will be at least, whatever comes. */
function leastAtTheEnd(soFar: SoFar, metric: SlaConfig['checks'][number]['metric'], chance: number | null): number {
  if (metric === 'throughput') return 0
  if (metric !== 'errors.rate') return metricOf(soFar, metric) ?? 0
  const { accounting } = soFar
  return clopperPearson(unansweredOf(accounting), accounting.planned, 1 - (chance ?? 0.05)).lower
}

/** Standard errors by which a rate must lie above its limit to be safe from the chance of where the window is cut. */
const rateErrors = 3

/** What holds now and might not at the planned end: then the run is not cut short. */
function mayStillFail(soFar: SoFar, sla: SlaConfig): boolean {
  if (sla.windows.length > 0) return true
  if (declaredLimits(sla).some(({ quantile, critical }) => critical && quantile === 'max')) return true
  return sla.checks.some(({ metric, max, min, critical }) => {
    const value = metricOf(soFar, metric)
    if (!critical) return false
    if (value === null) return true
    const upper = max === undefined ? null : boundOf(metric, max)
    const lower = min === undefined ? null : boundOf(metric, min)
    const slack = metric === 'throughput' ? (rateErrors * value) / Math.sqrt(Math.max(1, soFar.accounting.planned)) : 0
    if (upper !== null && 'value' in upper && value + slack > upper.value) return true
    return lower !== null && 'value' in lower && value - slack < lower.value
  })
}
