import { unansweredOf } from '../results/metrics.js'
import type { RunResult } from '../results/run-result.js'
import { isUnlimited } from '../sla/unlimited.js'
import type { Verdict } from '../sla/verdict.js'
import { formatCount, formatDuration, formatRate } from './format.js'
import { shownQuantileNs } from './quantile.js'
import { checkSentence, interruptionSentence, verdictWord } from './words.js'

// What a report leads with: a word, and the sentence that says most.

/** What stands in place of a verdict where nobody asked for one; null where somebody did, or nothing completed. */
export function measuredSentence(result: RunResult, verdict: Verdict): string | null {
  if (!isUnlimited(result, verdict)) return null
  const { load, endToEnd, cases, accounting } = result
  if (cases.length > 0) return cases.length === 1 ? '1 function timed' : `${cases.length} functions timed`
  if (unansweredOf(accounting) === accounting.planned) return null
  if (load.loop === 'closed') return `${formatRate(load.achievedRatePerSec)} completed`
  const p95Ns = shownQuantileNs(endToEnd, 'p95')
  if (p95Ns === null) return `${endToEnd.summary.count} samples, too few for a p95`
  return `p95 ${formatDuration(p95Ns)}, p99 ${formatDuration(shownQuantileNs(endToEnd, 'p99'))}`
}

/** Stands where a verdict would. */
export const measuredWord = 'MEASURED'

/** The word that leads; a run that nobody asked to judge was only measured. */
export const headlineWord = (result: RunResult, verdict: Verdict): string =>
  measuredSentence(result, verdict) === null ? verdictWord[verdict.status] : measuredWord

export function headlineSentence(result: RunResult, verdict: Verdict): string {
  const worst = verdict.checks[0]
  const measured = measuredSentence(result, verdict)
  if (measured !== null) return measured
  if (isUnlimited(result, verdict))
    return `none of ${formatCount(result.accounting.planned)} ${result.load.unit} completed`
  if (verdict.status === 'invalid') return verdict.reasons.join('; ') || 'no verdict'
  if (verdict.status === 'interrupted') return interruptionSentence(result)
  return worst === undefined ? verdict.reasons.join('; ') : checkSentence(worst)
}
