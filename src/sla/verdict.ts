import { nsPerSec } from '../core/units.js'
import type { RunResult, StoreCheck } from '../results/run-result.js'
import { isWholeRun } from '../results/whole-run.js'
import { isSuspect } from '../stats/between-runs.js'
import { type Check, type CheckStatus, type StoreAgreement, severityOf, type WindowCheck } from './checks.js'
import { componentLimitsOf } from './component-limits.js'
import type { SlaConfig } from './config.js'
import { declaredLimits, limitsIn, slaOf } from './declared.js'
import { type ExitCode, exitOf, exitOfInterruption } from './exit.js'
import { type EarlierRuns, earlierValues, latencyCheck, type Runs } from './latency-check.js'
import { metricChecks } from './metric-check.js'
import { allowedShare } from './quantile.js'
import { endToEndName, seriesOf } from './series.js'
import { isUnasked } from './unlimited.js'
import { type WindowLimit, windowOutcome } from './window.js'

// RunResult -> Verdict, pure. What was not measured is never a pass, and neither is what the data cannot tell.

export type VerdictStatus = 'pass' | 'fail' | 'inconclusive' | 'noData' | 'invalid' | 'interrupted'

export type Verdict = {
  readonly status: VerdictStatus
  readonly exit: ExitCode
  /** Worst first: failures by the share of requests they touch, what has no data, what is undecided, passes by headroom. */
  readonly checks: readonly Check[]
  /** Why there is no verdict, or what is to be known beside it: sentences without a full stop. */
  readonly reasons: readonly string[]
  readonly degraded: boolean
  /** Names of the checks whose figure is below half of what earlier runs had: work that was not done is fast. */
  readonly suspect: readonly string[]
  /** Runs that were judged together. */
  readonly runCount: number
}

/** What becomes of the exit code of an inconclusive verdict. */
export type OnInconclusive = 'fail' | 'warn' | 'pass'

/** What is known beside the run itself. */
export type JudgeContext = {
  /** The other runs of the same measurement (`--runs`), without `result` itself. */
  readonly siblings?: readonly RunResult[]
  /** Earlier runs of the same profile on this class of machine. */
  readonly history?: EarlierRuns | null
  /** `fail`: exit 3, the default; `warn`: exit 0 and a word; `pass`: it counts as a pass. */
  readonly inconclusive?: OnInconclusive
}

/** Judges a run by the limits in its own resolved profile. */
export function judge(result: RunResult, context: JudgeContext = {}): Verdict {
  const siblings = (context.siblings ?? []).filter(isWholeRun)
  const excluded = (context.siblings ?? []).length - siblings.length
  const runs = [result, ...siblings] as const
  const history = context.history ?? null
  const judged = checksOf(runs, history, slaOf(result))
  const unjudged = result.fidelity.status === 'invalid' || cutOf(result) === 6
  const checks = unjudged ? judged.map((check): Check => ({ ...check, status: 'notJudged' })) : worstFirst(judged)
  const outcome = outcomeOf(result, checks, context.inconclusive ?? 'fail')
  const left =
    excluded === 0 ? [] : [`${excluded} of ${excluded + runs.length} runs were not whole or invalid, and left out`]
  return {
    ...outcome,
    reasons: [...outcome.reasons, ...left],
    checks,
    degraded: runs.some(({ fidelity }) => fidelity.status === 'degraded'),
    suspect: unjudged ? [] : suspectsOf(checks, history),
    runCount: runs.length,
  }
}

function checksOf(runs: Runs, history: EarlierRuns | null, sla: SlaConfig): Check[] {
  const [result] = runs
  const ofComponents = componentLimitsOf(result).flatMap((limited) => limitsIn({ ...limited, critical: true }))
  return [
    ...declaredLimits(sla).map((limit) => latencyCheck(runs, history, limit)),
    // The length of the window is that of the load, or of all functions together: no advice for one of them.
    ...ofComponents.map((limit) => ({ ...latencyCheck(runs, history, limit), moreSeconds: null })),
    ...sla.windows.map((limit, index) => windowCheck(runs, limit, `sla.windows[${index}]`)),
    ...sla.checks.flatMap((check, index) => metricChecks(runs, check, `sla.checks[${index}]`)),
    ...(result.store === null ? [] : [storeAgreement(runs.flatMap(({ store }) => (store === null ? [] : [store])))]),
  ]
}

type Outcome = Pick<Verdict, 'status' | 'exit' | 'reasons'>

function outcomeOf(result: RunResult, checks: readonly Check[], onInconclusive: OnInconclusive): Outcome {
  const { fidelity } = result
  const cut = cutOf(result)
  const signalled = cut === 130 || cut === 143
  // What a dead server made of the requests under way says nothing about the system.
  if (cut === 6) return { status: 'interrupted', exit: cut, reasons: fidelity.reasons }
  if (signalled && result.accounting.planned === 0) {
    return { status: 'interrupted', exit: cut, reasons: ['it was stopped before anything was measured'] }
  }
  if (fidelity.status === 'invalid') {
    return { status: 'invalid', exit: signalled ? cut : 4, reasons: fidelity.reasons }
  }
  const deciding = checks.filter((check) => check.critical)
  const having = (status: CheckStatus) => deciding.filter((check) => check.status === status)
  const failed = having('fail').length > 0
  const silent = having('noData')
  const undecided = having('inconclusive')
  const unlimited = deciding.every((check) => check.kind === 'store')
  const exit = exitOf([
    ...(cut === null ? [] : [cut]),
    ...(failed ? [1 as const] : []),
    ...(silent.length > 0 || (unlimited && !isUnasked(result, checks)) ? [4 as const] : []),
    ...(undecided.length > 0 && onInconclusive === 'fail' ? [3 as const] : []),
  ])
  const reasons = [
    ...fidelity.reasons,
    ...(unlimited ? [unlimitedReason(checks)] : []),
    ...(silent.length > 0 ? [`no samples for ${namesOf(silent)}`] : []),
    ...(undecided.length > 0 ? [`the data cannot tell of ${namesOf(undecided)}`] : []),
  ]
  if (signalled) return { status: 'interrupted', exit, reasons }
  if (failed) return { status: 'fail', exit, reasons }
  if (cut !== null) return { status: 'interrupted', exit, reasons }
  if (silent.length > 0 || unlimited) return { status: 'noData', exit, reasons }
  return { status: undecided.length > 0 && onInconclusive !== 'pass' ? 'inconclusive' : 'pass', exit, reasons }
}

const unlimitedReason = (checks: readonly Check[]): string =>
  checks.every((check) => check.kind === 'store')
    ? 'the profile sets no limit, so there is nothing to judge'
    : 'no limit of the profile is critical, so nothing decides'

const namesOf = (checks: readonly Check[]): string => checks.map((check) => check.name).join(', ')

/** The exit code of what ended the run before its time; null where nothing did. */
function cutOf({ interrupted, services }: RunResult): ExitCode | null {
  if (interrupted === null) return null
  return exitOfInterruption(
    interrupted,
    services.map(({ name }) => name),
  )
}

/** Of several runs the one that was worst. */
function windowCheck(runs: Runs, limit: WindowLimit, path: string): WindowCheck {
  const { component, quantile, limitNs, spanNs, phase } = limit
  const outcomes = runs.map((run) => windowOutcome(limit, seriesOf(run, component), run.phases))
  const known = outcomes.filter((found) => found !== null)
  const outcome = known.length < runs.length ? null : (known.toSorted((a, b) => b.worstShare - a.worstShare)[0] ?? null)
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

function storeAgreement(stores: readonly StoreCheck[]): StoreAgreement {
  const broken = stores.find(({ agrees }) => !agrees)
  return {
    kind: 'store',
    name: 'store.agrees',
    component: 'store',
    path: 'services',
    status: broken === undefined ? 'pass' : 'fail',
    headroom: null,
    critical: true,
    problem: broken === undefined ? null : (broken.problem ?? 'the counts differ'),
  }
}

const suspectsOf = (checks: readonly Check[], history: EarlierRuns | null): string[] =>
  checks.flatMap((check) =>
    check.kind === 'latency' &&
    check.observedNs !== null &&
    isSuspect(check.observedNs, earlierValues(history, check.name))
      ? [check.name]
      : [],
  )

const statusOrder: readonly CheckStatus[] = ['fail', 'noData', 'inconclusive', 'pass', 'notJudged']
const kindOrder: readonly Check['kind'][] = ['latency', 'window', 'metric', 'store']

function worstFirst(checks: readonly Check[]): Check[] {
  // Of two limits that as many requests exceed, the component tells more than the whole.
  const rank = (check: Check): number =>
    kindOrder.indexOf(check.kind) * 2 + (check.status === 'fail' && check.component === endToEndName ? 1 : 0)
  return checks.toSorted(
    (a, b) =>
      // What only warns stands behind what decides, unless it says no more than that all is well.
      (a.critical || a.status === 'pass' ? 0 : 1) - (b.critical || b.status === 'pass' ? 0 : 1) ||
      statusOrder.indexOf(a.status) - statusOrder.indexOf(b.status) ||
      // In whole percent: two limits that nearly all requests exceed are told apart by how far.
      Math.round(severityOf(b) * 100) - Math.round(severityOf(a) * 100) ||
      rank(a) - rank(b) ||
      (a.headroom ?? 0) - (b.headroom ?? 0),
  )
}
