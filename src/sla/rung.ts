import type { Rung } from '../results/capacity.js'
import { unansweredOf } from '../results/metrics.js'
import type { RunResult } from '../results/run-result.js'
import type { Check } from './checks.js'
import { slaOf } from './declared.js'
import type { SearchAnswer } from './rate-search.js'
import { endToEndName } from './series.js'
import { judge, type Verdict } from './verdict.js'

// What one measured rate says in a search: by the same verdict as every run, and by whether its queue still grew when it ended.

/** `wholeNs`: how long a run of full length is, which a longer rung never exceeds. */
export function rungOf(
  result: RunResult,
  wholeNs: number,
): { readonly rung: Omit<Rung, 'purpose'>; readonly said: SearchAnswer } {
  const verdict = judge(result)
  const growth = verdict.status === 'pass' ? growthReason(result, wholeNs) : null
  const answer = answerOf(result, verdict, growth)
  const { summary } = result.endToEnd
  const rung = {
    ratePerSec: result.load.targetRatePerSec,
    achievedRatePerSec: result.load.achievedRatePerSec,
    durationNs: result.load.durationNs,
    answer,
    ...{ p50Ns: summary.p50Ns, p95Ns: summary.p95Ns, p99Ns: summary.p99Ns, count: summary.count },
    unanswered: unansweredOf(result.accounting),
    broken: answer === 'holds' || answer === 'instrument' ? null : brokenOf(verdict.checks),
    mostOf: mostOf(result),
    reasons: [
      ...(result.interrupted === null ? [] : [result.interrupted]),
      ...(growth === null ? [] : [growth]),
      ...verdict.reasons,
    ],
  }
  return { rung, said: { answer, worthLonger: isWorthLonger(result, verdict, { growth, wholeNs }) } }
}

function answerOf(result: RunResult, verdict: Verdict, growth: string | null): Rung['answer'] {
  // What died under the load did not hold it.
  if (result.interrupted !== null) return 'breaks'
  if (verdict.status === 'invalid') return 'instrument'
  if (verdict.status === 'fail') return 'breaks'
  return verdict.status === 'pass' && growth === null ? 'holds' : 'undecided'
}

type Longer = { readonly growth: string | null; readonly wholeNs: number }

function isWorthLonger({ load }: RunResult, { checks }: Verdict, { growth, wholeNs }: Longer): boolean {
  if (load.durationNs >= wholeNs) return false
  if (growth !== null) return true
  return checks.some(
    (check) => check.status === 'inconclusive' && (check.kind !== 'latency' || check.moreSeconds !== null),
  )
}

/** A component before the whole: it tells more. Among several the worst, as the verdict sorts them. */
function brokenOf(checks: readonly Check[]): Rung['broken'] {
  const open = ['fail', 'inconclusive', 'noData'] as const
  for (const status of open) {
    const having = checks.filter((check) => check.critical && check.status === status)
    const check = having.find(({ component }) => component !== endToEndName && component !== 'load') ?? having[0]
    if (check !== undefined) return asBroken(check)
  }
  return null
}

function asBroken(check: Check): NonNullable<Rung['broken']> {
  const { name, component, kind } = check
  switch (kind) {
    case 'latency':
      return { check: name, component, kind, observed: check.observedNs, limit: check.limitNs }
    case 'metric':
      return { check: name, component, kind, observed: check.observed, limit: check.limit }
    case 'window':
      return { check: name, component, kind, observed: check.worstShare, limit: check.allowedShare }
    case 'store':
      return { check: name, component, kind, observed: null, limit: 0 }
  }
}

function mostOf({ attribution }: RunResult): Rung['mostOf'] {
  const [most] = (attribution?.parts ?? []).toSorted((a, b) => b.share - a.share)
  return most === undefined ? null : { stage: most.stage, kind: most.kind, share: most.share }
}

/**
 * A queue that fills passes as long as the run is short: where the median grew from third to third and doubled, and would pass the limit if
 * it went on so until the full length, a longer run must tell.
 */
function growthReason(result: RunResult, wholeNs: number): string | null {
  const { endToEnd, load } = result
  const limitNs = Math.min(...Object.values(slaOf(result).endToEnd).filter((limit) => limit !== undefined))
  const medians = thirdsOf(endToEnd.intervals.flatMap(({ count, p50Ns }) => (count === 0 ? [] : [p50Ns])))
  const [first = 0, second = 0, third = 0] = medians
  if (medians.length < 3 || !(first < second && second < third && third >= 2 * first)) return null
  // From the middle of the first third to that of the last are two thirds of the window.
  const perNs = (third - first) / ((load.durationNs * 2) / 3)
  if (load.durationNs >= wholeNs || third + perNs * (wholeNs - (load.durationNs * 5) / 6) <= limitNs) return null
  return 'response times were still growing when the rung ended'
}

function thirdsOf(values: readonly number[]): number[] {
  const length = Math.floor(values.length / 3)
  if (length === 0) return []
  return [0, 1, 2].map((part) => {
    const sorted = values.slice(part * length, (part + 1) * length).toSorted((a, b) => a - b)
    return sorted[Math.floor(sorted.length / 2)] ?? 0
  })
}
