import type { Comparison, ComparisonRound } from '../results/comparison.js'
import {
  alphaOfLook,
  logRatio,
  looks,
  minimumDetectableEffect,
  type PairedStatus,
  pairedLook,
} from '../stats/paired.js'
import { studentT } from '../stats/special-functions.js'
import { marginOf, scaleOf } from './comparison-metrics.js'
import { culpritOf } from './culprit.js'
import { type ExitCode, exitOfInterruption } from './exit.js'
import type { OnInconclusive } from './verdict.js'

// Comparison -> verdict, pure. Each metric is judged by its paired differences at the looks of stats/paired.ts. What decides the
// whole: a deciding metric by itself; a watched one only at an error divided by the number of the watched, for eight
// noisy tails at 1 % each would cry wolf in every twelfth comparison of A with itself (simulated, deviation 20 % a round).

export type MetricStatus = PairedStatus | 'noData'

export type MetricVerdict = {
  readonly name: string
  readonly role: 'deciding' | 'watched' | 'control'
  readonly status: MetricStatus
  /** `ratio`: change, bounds and margin are shares of A. `difference`: they are shares of all requests. */
  readonly scale: 'ratio' | 'difference'
  readonly margin: number
  /** Positive where B is worse, whichever way the metric improves; null without rounds. */
  readonly change: number | null
  readonly lower: number | null
  readonly upper: number | null
  /** Medians over the rounds. */
  readonly a: number | null
  readonly b: number | null
  readonly unit: 'ns' | 'perSec' | 'share' | 'bytes'
  readonly better: 'lower' | 'higher'
  readonly roundCount: number
  /** Rounds at which it was decided. */
  readonly decidedAt: number | null
  /** The least change that all rounds would call a regression with a power of 80 %, at the noise that was seen. */
  readonly detectable: number | null
  readonly reason: string | null
}

type Status = 'regressed' | 'improved' | 'ok' | 'inconclusive' | 'noData' | 'interrupted'

export type ComparisonVerdict = {
  readonly status: Status
  readonly exit: ExitCode
  /** Worst first. */
  readonly metrics: readonly MetricVerdict[]
  readonly culprit: ReturnType<typeof culpritOf>
  readonly roundCount: number
  /** Rounds without figures, each of which was repeated. */
  readonly repeatedCount: number
  /** Why there is no other verdict, or what is to be known beside it. */
  readonly reasons: readonly string[]
}

/** What a judgement needs of a comparison: its rules and its rounds, not who ran it where. */
export type JudgedComparison = Pick<
  Comparison,
  'interrupted' | 'marginShare' | 'deciding' | 'watched' | 'controls' | 'roundsMax' | 'rounds'
>

/** Judges what is there of a comparison, at the last look that its rounds allow. */
export function judgeComparison(
  comparison: JudgedComparison,
  inconclusive: OnInconclusive = 'fail',
): ComparisonVerdict {
  const whole = wholeRounds(comparison)
  const judged = [
    ...comparison.deciding.map((name) => judgeMetric(comparison, whole, name, 'deciding')),
    ...comparison.watched.map((name) => judgeMetric(comparison, whole, name, 'watched')),
    ...comparison.controls.map((name) => judgeMetric(comparison, whole, name, 'control')),
  ]
  const { status, exit, reasons } = outcomeOf(comparison, judged, inconclusive)
  return {
    status,
    exit,
    metrics: judged.toSorted(worseFirst),
    culprit: culpritOf(whole, judged),
    roundCount: whole.length,
    repeatedCount: comparison.rounds.filter(isRepeated).length,
    reasons,
  }
}

/** Whether no further round could change what the comparison says. */
export const isDecided = ({ metrics }: ComparisonVerdict): boolean =>
  metrics.every(({ role, status }) => role !== 'deciding' || status !== 'inconclusive')

/** Rounds of which both runs have figures, in their order. */
export const wholeRounds = ({ rounds }: Pick<Comparison, 'rounds'>): ComparisonRound[] =>
  rounds.filter(({ a, b }) => a.failure === null && b.failure === null)

/** A round that a stop cut short is not repeated. */
const isRepeated = ({ a, b }: ComparisonRound): boolean =>
  (a.failure !== null || b.failure !== null) && a.cause !== 'stopped' && b.cause !== 'stopped'

function judgeMetric(
  comparison: JudgedComparison,
  whole: readonly ComparisonRound[],
  name: string,
  role: MetricVerdict['role'],
): MetricVerdict {
  const scale = scaleOf(name)
  const margin = marginOf(name, comparison.marginShare)
  const pairs = whole.flatMap(({ metrics }) => metrics[name] ?? [])
  const [first] = pairs
  const base = {
    ...{ name, role, scale, margin },
    unit: first?.unit ?? 'ns',
    better: first?.better ?? 'lower',
    a: first === undefined ? null : middle(pairs.map(({ a }) => a)),
    b: first === undefined ? null : middle(pairs.map(({ b }) => b)),
    roundCount: pairs.length,
  } as const
  const nothing = { change: null, lower: null, upper: null, decidedAt: null, detectable: null }
  if (first === undefined || pairs.length < whole.length) {
    const where = first === undefined ? 'in no round' : `in ${pairs.length} of ${whole.length} rounds only`
    return { ...base, ...nothing, status: 'noData', reason: `measured on both sides ${where}` }
  }
  const differences = pairs.flatMap((pair) => {
    const difference = scale === 'ratio' ? logRatio(pair, pair.better) : pair.b - pair.a
    return difference === null ? [] : [difference]
  })
  if (differences.length < pairs.length) {
    const count = pairs.length - differences.length
    return { ...base, ...nothing, status: 'inconclusive', reason: `0 on one side in ${count} rounds: no ratio` }
  }
  return { ...base, ...judgeDifferences(differences, { scale, margin, role, comparison }) }
}

type Judged = Pick<MetricVerdict, 'status' | 'change' | 'lower' | 'upper' | 'decidedAt' | 'detectable' | 'reason'>

function judgeDifferences(
  differences: readonly number[],
  {
    scale,
    margin,
    role,
    comparison,
  }: Pick<MetricVerdict, 'scale' | 'margin' | 'role'> & { readonly comparison: JudgedComparison },
): Judged {
  // The looks speak of logarithms, which differences of shares are not: they pass through as they are.
  const toShare = scale === 'ratio' ? (value: number) => value : Math.expm1
  const fromShare = (share: number | null): number | null =>
    share === null ? null : scale === 'ratio' ? share : Math.log1p(share)
  const look = pairedLook(differences, toShare(margin))
  const { deviationLn } = look
  const roundCount = Math.max(comparison.roundsMax, looks[0])
  const detectable =
    deviationLn === null
      ? null
      : fromShare(minimumDetectableEffect({ deviationLn, roundCount, marginShare: toShare(margin) }))
  const holds = role !== 'watched' || look.status !== 'regressed' || holdsAmong(comparison.watched.length, look, margin)
  return {
    status: holds ? look.status : 'inconclusive',
    change: fromShare(look.changeShare),
    lower: fromShare(look.lowerShare),
    upper: fromShare(look.upperShare),
    decidedAt: holds ? look.decidedAt : null,
    detectable,
    reason:
      look.changeShare === null
        ? `${looks[0]} rounds are needed`
        : holds
          ? null
          : 'one of several watched metrics: not sure enough',
  }
}

/** Whether a regression of one of several watched metrics holds at their shared error (Bonferroni). */
function holdsAmong(count: number, look: ReturnType<typeof pairedLook>, margin: number): boolean {
  const { changeShare, deviationLn, nextLook } = look
  if (changeShare === null || deviationLn === null) return false
  const roundCount = looks.findLast((look) => nextLook === null || look < nextLook) ?? looks[0]
  const reach = (studentT(1 - alphaOfLook / count, roundCount - 1) * deviationLn) / Math.sqrt(roundCount)
  return Math.log1p(changeShare) - reach > Math.log1p(margin)
}

function outcomeOf(
  comparison: JudgedComparison,
  metrics: readonly MetricVerdict[],
  inconclusive: OnInconclusive,
): Pick<ComparisonVerdict, 'status' | 'exit' | 'reasons'> {
  const moved = metrics.filter(({ role, status }) => role === 'control' && hasMoved(status))
  const followed = metrics.filter(({ role }) => role !== 'control')
  const silent = metrics.filter(({ status }) => status === 'noData')
  const failures = failedRuns(comparison)
  const broken = failures.some(({ cause }) => cause === 'system')
  const wholeCount = wholeRounds(comparison).length
  const starved = wholeCount < looks[0] && failures.length > 0
  const reasons = [
    ...moved.map(({ name }) => `${name} moved although it must not: the environment did`),
    ...failures.map(({ text }) => text),
    ...silent.map(({ name, reason }) => `${name} was ${reason}`),
  ]
  const undecided = inconclusive === 'fail' ? 3 : 0
  if (comparison.interrupted !== null) {
    return { status: 'interrupted', exit: exitOfInterruption(comparison.interrupted), reasons }
  }
  if (moved.length > 0) return { status: 'inconclusive', exit: undecided, reasons }
  if (followed.some(({ status }) => status === 'regressed')) return { status: 'regressed', exit: 1, reasons }
  if (silent.length > 0 || broken || starved || followed.length === 0) return { status: 'noData', exit: 4, reasons }
  const deciding = followed.filter(({ role }) => role === 'deciding')
  if (deciding.some(({ status }) => status === 'inconclusive')) {
    return { status: 'inconclusive', exit: undecided, reasons }
  }
  const improved = deciding.some(({ status }) => status === 'improved')
  return { status: improved ? 'improved' : 'ok', exit: 0, reasons }
}

/** What kept rounds from having figures, in words; a stop by a person is told apart. */
const failedRuns = ({ rounds }: JudgedComparison): { readonly text: string; readonly cause: string }[] =>
  rounds.flatMap(({ index, a, b }) =>
    [a, b].flatMap(({ failure, cause }, side) =>
      cause === null || cause === 'stopped'
        ? []
        : [{ text: `round ${index + 1}: ${side === 0 ? 'A' : 'B'} ${failure}`, cause }],
    ),
  )

const hasMoved = (status: MetricStatus): boolean => status === 'regressed' || status === 'improved'

const statusOrder: readonly MetricStatus[] = ['regressed', 'noData', 'inconclusive', 'improved', 'ok']
const roleOrder: readonly MetricVerdict['role'][] = ['deciding', 'watched', 'control']

const worseFirst = (one: MetricVerdict, other: MetricVerdict): number =>
  statusOrder.indexOf(one.status) - statusOrder.indexOf(other.status) ||
  roleOrder.indexOf(one.role) - roleOrder.indexOf(other.role) ||
  (other.change ?? 0) - (one.change ?? 0)

function middle(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  const half = (sorted.length - 1) / 2
  return ((sorted[Math.floor(half)] ?? 0) + (sorted[Math.ceil(half)] ?? 0)) / 2
}
