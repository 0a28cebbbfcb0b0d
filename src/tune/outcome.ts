import { assertNever } from '../core/assert.js'
import { metricsOf } from '../results/metrics.js'
import type { RunResult } from '../results/run-result.js'
import type { StudyRun } from '../results/study.js'
import type { Check } from '../sla/checks.js'
import { judge } from '../sla/verdict.js'
import type { Goal } from './goal.js'

type Outcome = NonNullable<StudyRun['outcome']>
type Limited = Outcome['limits'][string]

/** What a whole run says of its settings, or why it says nothing: what was not measured meets no limit. */
export function outcomeOf(
  result: RunResult,
  { metric }: Goal,
): { readonly outcome: Outcome; readonly failure: null } | { readonly outcome: null; readonly failure: string } {
  const value = metricsOf(result)[metric]?.value
  if (value === undefined) return { outcome: null, failure: `no samples of ${metric}` }
  if (!(value > 0)) return { outcome: null, failure: `${metric} was ${value}` }
  const limits: Record<string, Limited> = {}
  for (const check of judge(result).checks.filter(({ critical }) => critical)) {
    if (check.kind === 'store') {
      if (check.status === 'fail') return { outcome: null, failure: `the store disagrees: ${check.problem}` }
      continue
    }
    const limited = limitedBy(check)
    if (limited === null) return { outcome: null, failure: `no samples for ${check.name}` }
    limits[check.kind === 'metric' ? `${check.name} ${check.bound}` : check.name] = limited
  }
  return { outcome: { value, limits }, failure: null }
}

function limitedBy(check: Exclude<Check, { kind: 'store' }>): Limited | null {
  switch (check.kind) {
    case 'latency':
      return check.observedNs === null ? null : { observed: check.observedNs, limit: check.limitNs, bound: 'max' }
    case 'metric':
      return check.observed === null ? null : { observed: check.observed, limit: check.limit, bound: check.bound }
    case 'window':
      return check.worstShare === null ? null : { observed: check.worstShare, limit: check.allowedShare, bound: 'max' }
    default:
      return assertNever(check)
  }
}
