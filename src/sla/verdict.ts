import { assertNever } from '../core/assert.js'
import { NautilusError } from '../core/errors.js'
import { nsPerSec } from '../core/units.js'
import type { ProfileHistory } from '../results/history.js'
import type { RunResult, Series, StoreCheck } from '../results/run-result.js'
import {
  boundOf,
  type Check,
  type CheckStatus,
  type LatencyCheck,
  type MetricCheck,
  metricOf,
  type StoreAgreement,
  severityOf,
  type WindowCheck,
} from './checks.js'
import { type SlaConfig, slaConfig } from './config.js'
import { type ExitCode, exitOf, exitOfInterruption } from './exit.js'
import { allowedShare, type QuantileName } from './quantile.js'
import { type WindowLimit, windowOutcome } from './window.js'

// RunResult -> Verdict, pure. A limit on a quantile is asked as an exceedance rate: it fails where the exact share of
// samples above it is larger than the share that the quantile leaves. What was not measured is never a pass.

export type VerdictStatus = 'pass' | 'fail' | 'inconclusive' | 'noData' | 'invalid' | 'interrupted'

export type Verdict = {
  readonly status: VerdictStatus
  readonly exit: ExitCode
  /** Worst first: failures by the share of requests they touch, then what has no data, then passes by headroom. */
  readonly checks: readonly Check[]
  /** Why there is no verdict, or what is to be known beside it: sentences without a full stop. */
  readonly reasons: readonly string[]
  readonly degraded: boolean
}

/** What is known beside the run itself. */
export type JudgeContext = {
  /** The other runs of the same measurement (`--runs`), without `result` itself. */
  readonly siblings?: readonly RunResult[]
  /** Earlier runs of the same profile on this class of machine. */
  readonly history?: ProfileHistory | null
  /** What becomes of the exit code of an inconclusive verdict: it stays 3, or is 0 with a word, or 0. */
  readonly inconclusive?: 'fail' | 'warn' | 'pass'
}

export const endToEndName = 'end to end'

/** Judges a run by the limits in its own resolved profile. */
export function judge(result: RunResult, _context: JudgeContext = {}): Verdict {
  const sla = slaOf(result)
  const judged = [
    ...latencyChecks(endToEndName, result.endToEnd, { limits: sla.endToEnd, critical: true }, 'sla.endToEnd'),
    ...Object.entries(sla.budget).flatMap(([name, { of: _, critical, ...limits }]) =>
      latencyChecks(name, seriesOf(result, name), { limits, critical }, `sla.budget.${name}`),
    ),
    ...sla.windows.map((limit, index) => windowCheck(result, limit, `sla.windows[${index}]`)),
    ...sla.checks.flatMap((check, index) => metricChecks(result, check, `sla.checks[${index}]`)),
    ...(result.store === null ? [] : [storeAgreement(result.store)]),
  ]
  const unjudged = result.fidelity.status === 'invalid' || cutOf(result) === 6
  const checks = unjudged ? judged.map((check): Check => ({ ...check, status: 'notJudged' })) : worstFirst(judged)
  return { ...outcomeOf(result, checks), checks, degraded: result.fidelity.status === 'degraded' }
}

/** `endToEnd`, or a group of the budget. */
const seriesOf = (result: RunResult, name: string): Series | undefined =>
  name === 'endToEnd' ? result.endToEnd : result.components.find((component) => component.name === name)

/** The `sla` part of the profile that a result carries. */
function slaOf(result: RunResult): SlaConfig {
  const parsed = slaConfig.safeParse(result.profile['sla'] ?? { endToEnd: {} })
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const where = ['profile', 'sla', ...(issue?.path ?? [])].join('.')
  throw new NautilusError('RESULT_INVALID', `result of run ${result.id}: ${where}: ${issue?.message ?? 'not readable'}`)
}

function outcomeOf(result: RunResult, checks: readonly Check[]): Pick<Verdict, 'status' | 'exit' | 'reasons'> {
  const { fidelity } = result
  const cut = cutOf(result)
  const signalled = cut === 130 || cut === 143
  // What a dead server made of the requests under way says nothing about the system.
  if (cut === 6) return { status: 'interrupted', exit: cut, reasons: fidelity.reasons }
  if (fidelity.status === 'invalid') {
    return { status: 'invalid', exit: signalled ? cut : 4, reasons: fidelity.reasons }
  }
  const failed = checks.some((check) => check.status === 'fail')
  const silent = checks.filter((check) => check.status === 'noData')
  const unlimited = checks.every((check) => check.kind === 'store')
  const exit = exitOf([
    ...(cut === null ? [] : [cut]),
    ...(failed ? [1 as const] : []),
    ...(silent.length > 0 || unlimited ? [4 as const] : []),
  ])
  const reasons = [
    ...fidelity.reasons,
    ...(unlimited ? ['the profile sets no limit, so there is nothing to judge'] : []),
    ...(silent.length > 0 ? [`no samples for ${silent.map((check) => check.name).join(', ')}`] : []),
  ]
  if (signalled) return { status: 'interrupted', exit, reasons }
  if (failed) return { status: 'fail', exit, reasons }
  if (cut !== null) return { status: 'interrupted', exit, reasons }
  return { status: exit === 4 ? 'noData' : 'pass', exit, reasons }
}

/** The exit code of what ended the run before its time; null where nothing did. */
function cutOf({ interrupted, services }: RunResult): ExitCode | null {
  if (interrupted === null) return null
  return exitOfInterruption(
    interrupted,
    services.map(({ name }) => name),
  )
}

type Limits = Readonly<Partial<Record<QuantileName, number | undefined>>>

function latencyChecks(
  component: string,
  series: Series | undefined,
  { limits, critical }: { readonly limits: Limits; readonly critical: boolean },
  path: string,
): LatencyCheck[] {
  const quantiles: readonly QuantileName[] = ['p95', 'p99', 'p99.9', 'p50', 'max']
  return quantiles.flatMap((quantile) => {
    const limitNs = limits[quantile]
    return limitNs === undefined ? [] : [latencyCheck({ component, series, quantile, limitNs, critical, path })]
  })
}

function latencyCheck(asked: {
  readonly component: string
  readonly series: Series | undefined
  readonly quantile: QuantileName
  readonly limitNs: number
  readonly critical: boolean
  readonly path: string
}): LatencyCheck {
  const { component, series, quantile, limitNs } = asked
  const count = series?.summary.count ?? 0
  const counter = series?.over.find((entry) => entry.limitNs === limitNs)
  const base = {
    kind: 'latency',
    name: `${component === endToEndName ? 'endToEnd' : component}.${quantile}`,
    component,
    path: `${asked.path}.${quantile}`,
    quantile,
    limitNs,
    count,
    allowedShare: allowedShare[quantile],
    nEffective: null,
    lowerNs: null,
    upperNs: null,
    confidence: 0.95,
    moreSeconds: null,
    basis: 'single-run',
    runCount: 1,
    critical: asked.critical,
  } as const
  // The histogram is good to a bucket only, so without the exact counter there is nothing to judge by.
  if (series === undefined || counter === undefined || count === 0) {
    return { ...base, status: 'noData', observedNs: null, overCount: 0, headroom: null }
  }
  const observedNs = quantileNs(series, quantile)
  return {
    ...base,
    // Division rounds correctly, so a share of exactly 5 % compares equal to 0.05.
    status: counter.count / count > base.allowedShare ? 'fail' : 'pass',
    observedNs,
    overCount: counter.count,
    headroom: limitNs === 0 ? (observedNs === 0 ? 0 : -1) : 1 - observedNs / limitNs,
  }
}

/** The quantile of a series that a limit speaks of. */
export function quantileNs({ summary }: Series, quantile: QuantileName): number {
  switch (quantile) {
    case 'p50':
      return summary.p50Ns
    case 'p95':
      return summary.p95Ns
    case 'p99':
      return summary.p99Ns
    case 'p99.9':
      return summary.p999Ns
    case 'max':
      return summary.maxNs
    default:
      return assertNever(quantile)
  }
}

function metricChecks(result: RunResult, check: SlaConfig['checks'][number], path: string): MetricCheck[] {
  const observed = metricOf(result, check.metric)
  return (['max', 'min'] as const).flatMap((bound) => {
    const text = check[bound]
    if (text === undefined) return []
    const parsed = boundOf(check.metric, text)
    const { metric, critical } = check
    if ('value' in parsed) return [metricCheck({ metric, critical, observed, bound, limit: parsed.value, path })]
    throw new NautilusError('RESULT_INVALID', `result of run ${result.id}: profile.${path}.${bound}: ${parsed.problem}`)
  })
}

function metricCheck(
  asked: Pick<MetricCheck, 'metric' | 'critical' | 'observed' | 'bound' | 'limit' | 'path'>,
): MetricCheck {
  const { metric, observed, bound, limit } = asked
  const base = {
    ...asked,
    kind: 'metric',
    name: metric,
    component: 'load',
    path: `${asked.path}.${bound}`,
    critical: true,
  } as const
  if (observed === null) return { ...base, status: 'noData', headroom: null }
  // A billionth for the division by the seconds of the window.
  const slack = Math.abs(limit) * 1e-9
  const holds = bound === 'max' ? observed <= limit + slack : observed >= limit - slack
  const used = bound === 'max' ? ratio(observed, limit) : ratio(limit, observed)
  return { ...base, status: holds ? 'pass' : 'fail', headroom: 1 - used }
}

const ratio = (value: number, by: number): number => (by !== 0 ? value / by : value === 0 ? 0 : 2)

function windowCheck(result: RunResult, limit: WindowLimit, path: string): WindowCheck {
  const { component, quantile, limitNs, spanNs, phase } = limit
  const outcome = windowOutcome(limit, seriesOf(result, component), result.phases)
  const exceeded = outcome?.exceeded ?? null
  return {
    kind: 'window',
    name: `${component}.${quantile} for ${spanNs / nsPerSec}s${phase === null ? '' : ` in ${phase}`}`,
    component: component === 'endToEnd' ? endToEndName : component,
    path,
    status: outcome === null ? 'noData' : exceeded === null ? 'pass' : 'fail',
    headroom: outcome === null ? null : 1 - outcome.worstShare / allowedShare[quantile],
    critical: true,
    quantile,
    limitNs,
    spanNs,
    phase,
    beganNs: exceeded?.beganNs ?? null,
    lastedNs: exceeded?.lastedNs ?? null,
    worstShare: outcome?.worstShare ?? null,
    allowedShare: allowedShare[quantile],
  }
}

function storeAgreement(store: StoreCheck): StoreAgreement {
  return {
    kind: 'store',
    name: 'store.agrees',
    component: 'store',
    path: 'services',
    status: store.agrees ? 'pass' : 'fail',
    headroom: null,
    critical: true,
    problem: store.agrees ? null : (store.problem ?? 'the counts differ'),
  }
}

const statusOrder: readonly CheckStatus[] = ['fail', 'noData', 'inconclusive', 'pass', 'notJudged']

function worstFirst(checks: readonly Check[]): Check[] {
  const kindOrder = (check: Check) =>
    check.kind === 'latency' ? (check.component === endToEndName ? 1 : 0) : check.kind === 'metric' ? 2 : 3
  return checks.toSorted(
    (a, b) =>
      statusOrder.indexOf(a.status) - statusOrder.indexOf(b.status) ||
      // In whole percent: two limits that nearly all requests exceed are told apart by how far.
      Math.round(severityOf(b) * 100) - Math.round(severityOf(a) * 100) ||
      kindOrder(a) - kindOrder(b) ||
      (a.headroom ?? 0) - (b.headroom ?? 0),
  )
}
