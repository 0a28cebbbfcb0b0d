import type { RunResult } from '../results/run-result.js'
import { isUnlimited } from '../sla/unlimited.js'
import type { Verdict } from '../sla/verdict.js'
import { formatDuration, formatRate } from './format.js'
import { shownQuantileNs } from './quantile.js'

/** What stands in place of a verdict where nobody asked for one; null where somebody did. */
export function measuredSentence(result: RunResult, verdict: Verdict): string | null {
  if (!isUnlimited(result, verdict)) return null
  const { load, endToEnd, cases } = result
  if (cases.length > 0) return cases.length === 1 ? '1 function timed' : `${cases.length} functions timed`
  if (load.loop === 'closed') return `${formatRate(load.achievedRatePerSec)} completed`
  const p95Ns = shownQuantileNs(endToEnd, 'p95')
  if (p95Ns === null) return `${endToEnd.summary.count} samples, too few for a p95`
  return `p95 ${formatDuration(p95Ns)}, p99 ${formatDuration(shownQuantileNs(endToEnd, 'p99'))}`
}
