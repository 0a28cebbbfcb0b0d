import type { Baseline } from '../results/baselines.js'
import { fingerprintOf, type HistoryEntry } from '../results/history.js'
import { machineClassOf } from '../results/machine.js'
import { kindOf, type Metric, metricsOf } from '../results/metrics.js'
import type { RunResult } from '../results/run-result.js'
import { isWholeRun } from '../results/whole-run.js'
import { occasionsMin, predictionInterval } from '../stats/between-runs.js'
import { marginOf, noticedMetrics, scaleOf } from './comparison-metrics.js'
import type { ExitCode } from './exit.js'
import type { OnInconclusive } from './verdict.js'

// A run against a stored baseline: is it where the next run was expected? Each metric has a prediction interval of
// the earlier runs. The error of 5 % is shared: half of it among the metrics that decide, half among those that are
// watched, so that following twenty figures cries wolf no more often than following one. A change within the margin
// is none, however sure it is.

export type BaselineMetric = {
  readonly name: string
  readonly unit: Metric['unit']
  readonly better: Metric['better']
  readonly role: 'deciding' | 'watched'
  readonly status: 'ok' | 'regressed' | 'improved' | 'inconclusive' | 'noData'
  readonly value: number | null
  readonly centre: number | null
  /** Where the next run was expected. */
  readonly lower: number | null
  readonly upper: number | null
  readonly occasionCount: number
}

export type BaselineVerdict = {
  readonly name: string
  readonly status: 'ok' | 'regressed' | 'inconclusive' | 'noData' | 'missing' | 'unfit'
  readonly exit: ExitCode
  /** Worst first. */
  readonly metrics: readonly BaselineMetric[]
  /** Why nothing was compared, or what is to be known beside it. */
  readonly reason: string | null
}

const errorShare = 0.05
const marginShare = 0.05

export function judgeByBaseline(
  result: RunResult,
  asked: { readonly name: string; readonly baseline: Baseline | null; readonly inconclusive: OnInconclusive },
): BaselineVerdict {
  const { name, baseline } = asked
  const unfit = (reason: string) => ({ name, status: 'unfit', exit: 5, metrics: [], reason }) as const
  if (baseline === null) {
    const reason = `there is no baseline "${name}"`
    return { name, status: 'missing', exit: 5, metrics: [], reason }
  }
  const machineClass = machineClassOf(result.machine)
  if (machineClass !== baseline.machineClass) {
    return unfit(`it was measured on ${baseline.machineClass}, this run on ${machineClass}`)
  }
  if (result.profileName !== baseline.profileName) {
    return unfit(`it is of the profile ${baseline.profileName}, this run of ${result.profileName}`)
  }
  if (fingerprintOf(result) !== baseline.fingerprint) {
    return unfit('its runs had another load, other limits, or other engines, services or another bus')
  }
  if (!isWholeRun(result)) {
    return { name, status: 'noData', exit: 4, metrics: [], reason: 'the run is not whole, or invalid' }
  }
  const verdict = judgeMetrics(result, baseline)
  return verdict.status === 'inconclusive' && asked.inconclusive !== 'fail' ? { ...verdict, exit: 0 } : verdict
}

/** Where a baseline expects the next run, metric by metric. */
export function expectedBy({ entries }: Baseline): BaselineMetric[] {
  return expectedOf(entries, {}).map((asked) => judgeMetric(entries, asked))
}

function judgeMetrics(result: RunResult, baseline: Baseline): BaselineVerdict {
  const entries = baseline.entries.filter(({ id }) => id !== result.id)
  const metrics = expectedOf(entries, metricsOf(result)).map((asked) => judgeMetric(entries, asked))
  const having = (status: BaselineMetric['status']) => metrics.some((one) => one.status === status)
  const missing = occasionsMin - entries.length
  const base = { name: baseline.name, metrics: metrics.toSorted(worseFirst) }
  if (having('regressed')) return { ...base, status: 'regressed', exit: 1, reason: null }
  if (missing > 0) {
    const reason = `${entries.length} earlier runs, ${missing} more are needed: ${occasionsMin} tell how much they differ`
    return { ...base, status: 'inconclusive', exit: 3, reason }
  }
  if (having('noData')) {
    return { ...base, status: 'noData', exit: 4, reason: 'the run lacks figures that its baseline has' }
  }
  return { ...base, status: 'ok', exit: 0, reason: null }
}

type Asked = {
  readonly name: string
  readonly metric: Metric | undefined
  readonly role: BaselineMetric['role']
  readonly confidence: number
}

/** Every figure that the baseline has: a component that is gone must not go unseen. */
function expectedOf(entries: readonly HistoryEntry[], found: Readonly<Record<string, Metric>>): Asked[] {
  const names = [...new Set([...Object.keys(found), ...entries.flatMap((one) => Object.keys(one.metrics))])]
  const decidingCount = names.filter((name) => noticedMetrics.includes(name)).length
  return names.map((name) => {
    const role = noticedMetrics.includes(name) ? 'deciding' : 'watched'
    const sharing = role === 'deciding' ? decidingCount : names.length - decidingCount
    return { name, metric: found[name], role, confidence: 1 - errorShare / 2 / sharing }
  })
}

function judgeMetric(entries: readonly HistoryEntry[], { name, metric, role, confidence }: Asked): BaselineMetric {
  const earlier = entries.flatMap((one) => one.metrics[name] ?? [])
  const expected = predictionInterval(earlier, confidence)
  const { unit, better } = metric ?? kindOf(name)
  const base = { ...{ name, unit, better, role }, value: metric?.value ?? null, occasionCount: earlier.length }
  const { centre = null, lower = null, upper = null } = expected ?? {}
  const figures = { ...base, centre, lower, upper }
  if (metric === undefined) return { ...figures, status: 'noData' }
  if (expected === null) return { ...figures, status: 'inconclusive' }
  const { value } = metric
  const margin = marginOf(name, marginShare)
  const reach = scaleOf(name) === 'ratio' ? Math.abs(expected.centre) * margin : margin
  const above = value > Math.max(expected.upper, expected.centre + reach)
  const below = value < Math.min(expected.lower, expected.centre - reach)
  const worse = better === 'lower' ? above : below
  return { ...figures, status: worse ? 'regressed' : above || below ? 'improved' : 'ok' }
}

const order: readonly BaselineMetric['status'][] = ['regressed', 'noData', 'inconclusive', 'improved', 'ok']

const worseFirst = (a: BaselineMetric, b: BaselineMetric): number =>
  order.indexOf(a.status) - order.indexOf(b.status) ||
  (a.role === 'deciding' ? 0 : 1) - (b.role === 'deciding' ? 0 : 1) ||
  a.name.localeCompare(b.name)
