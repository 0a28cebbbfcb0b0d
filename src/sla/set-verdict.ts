import { assert } from '../core/assert.js'
import type { Kept } from '../results/references.js'
import type { RunResult } from '../results/run-result.js'
import type { RunSet } from '../results/sets.js'
import { isWholeRun } from '../results/whole-run.js'
import { type JudgeContext, judge, type Verdict } from './verdict.js'

/** Runs that were measured together, as one: the run that stands for them in a report, and the verdict across them. */
export type JudgedSet = { readonly result: RunResult; readonly verdict: Verdict }

/** What was asked of the set, and what ended it before it had that. */
type SetAsked = Pick<RunSet, 'wantedCount' | 'interrupted'>

/**
 * Judges runs by their spread. The one with the middle end-to-end p95 stands for them. Where a run broke off, or fewer are whole than were
 * wanted, the set bears that like a single run would, so it never passes by its better runs alone.
 */
export function judgeSet(
  results: readonly RunResult[],
  asked: SetAsked,
  context: Omit<JudgeContext, 'siblings'>,
): JudgedSet {
  const whole = results.filter(isWholeRun)
  const middle = middleOf(whole) ?? results.at(-1)
  assert(middle !== undefined, 'a set that is judged has a run')
  const result = whole.length === 0 ? middle : burdened(middle, results, asked)
  const siblings = results.filter((run) => run !== middle)
  return { result, verdict: judge(result, { ...context, siblings }) }
}

/** Judges a kept run by itself, or a kept set across its runs. */
export function judgeKept(
  kept: Exclude<Kept, { readonly kind: 'comparison' | 'capacity' }>,
  context: Omit<JudgeContext, 'siblings'>,
): JudgedSet {
  if (kept.kind === 'run') return { result: kept.result, verdict: judge(kept.result, context) }
  return judgeSet(kept.results, kept.set, context)
}

function burdened(middle: RunResult, results: readonly RunResult[], { wantedCount, interrupted }: SetAsked): RunResult {
  const wholeCount = results.filter(isWholeRun).length
  const broken = results.findIndex(({ interrupted }) => interrupted !== null)
  if (broken >= 0) {
    return { ...middle, interrupted: `${results[broken]?.interrupted} in run ${broken + 1} of ${wantedCount}` }
  }
  if (wholeCount >= wantedCount) return middle
  if (interrupted !== null) {
    return { ...middle, interrupted: `${interrupted} before run ${wholeCount + 1} of ${wantedCount}` }
  }
  const reasons = [`only ${wholeCount} of ${wantedCount} runs are valid`, ...(results.at(-1)?.fidelity.reasons ?? [])]
  return { ...middle, fidelity: { ...middle.fidelity, status: 'invalid', reasons } }
}

function middleOf(runs: readonly RunResult[]): RunResult | undefined {
  const sorted = runs.toSorted((one, other) => one.endToEnd.summary.p95Ns - other.endToEnd.summary.p95Ns)
  return sorted[Math.floor((sorted.length - 1) / 2)]
}
