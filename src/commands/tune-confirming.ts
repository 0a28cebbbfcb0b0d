import type { Io } from '../core/io.js'
import type { Comparison } from '../results/comparison.js'
import type { Study, StudyComparison } from '../results/study.js'
import type { Settings } from '../tune/space.js'
import type { Tuning } from './tuning.js'

// Whether the best of a study is better at all: runs that were looked for by their luck prove nothing, a fresh comparison does. Then
// each changed setting is set back in turn, and what is not worse without it is left as it was.

export type Confirmed = {
  readonly status: 'improved' | 'meetsLimits' | 'nothingBetter' | 'interrupted'
  /** The comparison of the profile with the settings below. */
  readonly comparison: StudyComparison | null
  /** Names of the settings to change. */
  readonly kept: readonly string[]
  /** Names of those that the search had changed for nothing. */
  readonly dropped: readonly string[]
  /** Names of those kept of which no comparison could tell whether they are needed. */
  readonly undecided: readonly string[]
}

type Confirming = {
  readonly study: Study
  readonly best: Settings
  readonly roundsMax: number
}

export async function confirmBest(io: Io, tuning: Tuning, confirming: Confirming): Promise<Confirmed> {
  const { current } = tuning.tuneSpace
  const changed = Object.keys(confirming.best).filter((name) => confirming.best[name] !== current[name])
  const first = await compared(io, tuning, confirming, { a: [], b: changed })
  if (first === null) return { status: 'interrupted', comparison: null, kept: changed, dropped: [], undecided: [] }
  const status = gainOf(first)
  const whole: Confirmed = { status, comparison: first, kept: changed, dropped: [], undecided: [] }
  // Of settings that are there to meet limits, none is set back: no comparison speaks of limits alone.
  return status === 'improved' && changed.length > 1 ? reduced(io, tuning, confirming, whole) : whole
}

function gainOf({ status, goal, brokenByA, brokenByB }: StudyComparison): Confirmed['status'] {
  if (status === 'interrupted') return 'interrupted'
  if (brokenByB.length > 0 || goal === null) return 'nothingBetter'
  if (status === 'improved' && goal.status === 'improved') return 'improved'
  return brokenByA.length > 0 && status !== 'noData' ? 'meetsLimits' : 'nothingBetter'
}

async function reduced(io: Io, tuning: Tuning, confirming: Confirming, whole: Confirmed): Promise<Confirmed> {
  const interrupted: Confirmed = { ...whole, status: 'interrupted' }
  let kept = whole.kept
  const undecided: string[] = []
  for (const name of whole.kept) {
    if (kept.length === 1) break
    tuning.view.note(`without ${name}: is it worse?`)
    const without = kept.filter((other) => other !== name)
    const reversal = await compared(io, tuning, confirming, { a: kept, b: without })
    if (reversal === null) return interrupted
    if (isNotWorse(reversal)) kept = without
    else if (reversal.status !== 'regressed') undecided.push(name)
  }
  if (kept.length === whole.kept.length) return { ...whole, undecided }
  // Each was not worse by more than the margin; together they may be, and the gain that is told is that of what is left.
  tuning.view.note('once more: the settings that are left against the profile')
  const comparison = await compared(io, tuning, confirming, { a: [], b: kept })
  if (comparison === null) return interrupted
  if (gainOf(comparison) !== 'improved') return { ...whole, undecided }
  const dropped = whole.kept.filter((name) => !kept.includes(name))
  return { status: 'improved', comparison, kept, dropped, undecided }
}

const isNotWorse = ({ status, goal, brokenByB }: StudyComparison): boolean =>
  (status === 'ok' || status === 'improved') &&
  (goal?.status === 'ok' || goal?.status === 'improved') &&
  brokenByB.length === 0

type Names = { readonly a: readonly string[]; readonly b: readonly string[] }

/** Compares, or finds what was compared before the study was interrupted. Null where it is interrupted now. */
async function compared(
  io: Io,
  tuning: Tuning,
  { study, best, roundsMax }: Confirming,
  names: Names,
): Promise<StudyComparison | null> {
  const { appendToStudy } = await import('../results/studies.js')
  const { newComparisonId } = await import('../results/comparisons.js')
  const { keepComparison } = await import('../report/keep-comparison.js')
  const { judgeComparison } = await import('../sla/comparison.js')
  const { runComparison } = await import('./comparing.js')
  const setOf = (chosen: readonly string[]): string[] =>
    tuning.tuneSpace.overridesOf(Object.fromEntries(chosen.flatMap((name) => entryOf(best, name))))
  const [a, b] = [setOf(names.a), setOf(names.b)]
  const known = study.comparisons.find((each) => isSame(each.a, a) && isSame(each.b, b))
  if (known !== undefined) return known
  if (io.stop.aborted) return null
  const { header, view, offline, goal, folder } = tuning
  const id = newComparisonId(io.cwd)
  const side = (set: readonly string[]) => ({
    ...{ ref: null, profile: header.profile, inject: [] },
    set: [...tuning.set, ...set],
    label: [header.profile, ...tuning.set, ...set].join(' '),
  })
  const comparison = await runComparison(io, {
    ...{ id, build: null, offline, view, sides: { a: side(a), b: side(b) } },
    rules: { kind: 'ab', roundsMax, marginShare, metrics: await metricsFor(tuning), controls: [] },
  })
  const verdict = judgeComparison(comparison)
  const problem = await keepComparison(io.cwd, comparison, verdict)
  if (problem !== null) throw problem
  if (verdict.status === 'interrupted') return null
  const { status, reasons } = verdict
  const line: StudyComparison = {
    ...{ kind: 'comparison', id, a, b, status, reasons: [...reasons] },
    goal: verdict.metrics.find(({ name }) => name === goal.metric) ?? null,
    brokenByA: await brokenBy(io, comparison, 'a'),
    brokenByB: await brokenBy(io, comparison, 'b'),
  }
  // Without figures there is nothing to be remembered: who goes on with the study asks again.
  if (status !== 'noData') await appendToStudy(folder, line)
  return line
}

/** Change that is no gain yet, as of `nautilus compare`. */
const marginShare = 0.05

const entryOf = (settings: Settings, name: string): [string, Settings[string]][] => {
  const value = settings[name]
  return value === undefined ? [] : [[name, value]]
}

const isSame = (one: readonly string[], other: readonly string[]): boolean =>
  JSON.stringify(one) === JSON.stringify(other)

/** No gain is one that is paid for with answers that fail or never come. */
async function metricsFor({ goal, profile }: Tuning): Promise<string[]> {
  const { isLoaded } = await import('../profile/followed-names.js')
  return [...new Set([goal.metric, ...(isLoaded(profile) ? ['throughput', 'errors.rate'] : [])])]
}

/** Limits that the runs of a side, taken together, exceed. */
async function brokenBy(io: Io, comparison: Comparison, side: 'a' | 'b'): Promise<string[]> {
  const { join } = await import('node:path')
  const { comparisonFolder } = await import('../results/comparisons.js')
  const { readResult, resultFileName } = await import('../results/store.js')
  const { wholeRounds } = await import('../sla/comparison.js')
  const { judge } = await import('../sla/verdict.js')
  const folders = wholeRounds(comparison).map(({ index }) => `${String(index + 1).padStart(2, '0')}-${side}`)
  const [first, ...siblings] = await Promise.all(
    folders.map((name) => readResult(join(comparisonFolder(io.cwd, comparison.id), 'rounds', name, resultFileName))),
  )
  if (first === undefined) return []
  const { checks } = judge(first, { siblings })
  return checks.filter(({ critical, status }) => critical && status === 'fail').map(({ name }) => name)
}
