import { nsPerSec } from '../core/units.js'
import type { HistoryEntry } from '../results/history.js'
import { quantileNs } from '../results/quantile.js'
import {
  type FollowedQuantile,
  followedQuantiles,
  type QuantileEstimate,
  quantileEstimate,
} from '../results/quantile-estimate.js'
import type { RunResult, Series } from '../results/run-result.js'
import { acrossRuns, type RunEstimate, singleRun } from '../stats/between-runs.js'
import { binomialTails } from '../stats/binomial-bounds.js'
import { exceedanceGate, type GateResult } from '../stats/exceedance-gate.js'
import type { LatencyCheck } from './checks.js'
import { allowedShare, type QuantileName } from './quantile.js'
import { endToEndName, seriesOf } from './series.js'

// A limit on a quantile, asked as an exceedance rate: q(p) <= B exactly where P(X > B) <= 1 - p. A single run passes
// or fails only where its own samples say so and what is known of the spread between runs agrees; several runs judge
// by their spread.

/** The runs of one measurement; the others come after the first. */
export type Runs = readonly [RunResult, ...RunResult[]]

/** Of a run, all that a limit on a quantile looks at: so a run can be judged while it still goes on. */
export type JudgedRun = Pick<RunResult, 'endToEnd' | 'components' | 'decided'> & {
  readonly load: Pick<RunResult['load'], 'durationNs'>
}
type JudgedRuns = readonly [JudgedRun, ...JudgedRun[]]

/** Of a history, all that judging needs. */
export type EarlierRuns = { readonly entries: readonly Pick<HistoryEntry, 'metrics'>[] }

export type DeclaredLimit = {
  /** `endToEnd` or a group of the budget. */
  readonly name: string
  readonly quantile: QuantileName
  readonly limitNs: number
  readonly critical: boolean
  readonly path: string
}

/** `chance`: that of a wrong word, where it must be smaller than usual because the same run is looked at more than once. */
export function latencyCheck(
  runs: JudgedRuns,
  history: EarlierRuns | null,
  limit: DeclaredLimit,
  chance: number | null = runs[0].decided?.kind === 'extended' ? chanceOfExtended : null,
): LatencyCheck {
  const { quantile, limitNs } = limit
  const unknown = withoutData(runs, limit)
  const samples = runs.map((run) => samplesOf(run, limit))
  const known = samples.filter((sample) => sample !== null)
  const [first] = known
  // A run that lacks what the others have says that something was renamed or died.
  if (first === undefined || known.length < samples.length) return unknown
  const count = sumOf(known, (sample) => sample.count)
  const overCount = sumOf(known, (sample) => sample.overCount)
  if (quantile === 'max') return { ...unknown, count, overCount, ...exact(known, limitNs) }
  const measured = known.map((sample) => measuredBy(sample, limitNs, quantile))
  const nEffective = sumOf(measured, ({ gate, estimate }) => Math.min(gate.nEffective, estimate.nEffective))
  const [alone] = measured
  const judged =
    measured.length > 1 || alone === undefined
      ? byRuns(measured, limitNs)
      : byItself(alone, {
          limitNs,
          earlier: earlierValues(history, `${limit.name}.${quantile}`),
          windowNs: runs[0].load.durationNs,
          surely: (gate) => surely(gate, allowedShare[quantile], chance),
        })
  return { ...unknown, count, overCount, nEffective, ...judged, headroom: headroomOf(judged.upperNs, limitNs) }
}

const withoutData = (runs: JudgedRuns, { name, quantile, limitNs, critical, path }: DeclaredLimit): LatencyCheck => ({
  kind: 'latency',
  name: `${name}.${quantile}`,
  component: name === 'endToEnd' ? endToEndName : name,
  path: `${path}.${quantile}`,
  critical,
  quantile,
  limitNs,
  allowedShare: allowedShare[quantile],
  status: 'noData',
  observedNs: null,
  headroom: null,
  count: 0,
  overCount: 0,
  nEffective: null,
  lowerNs: null,
  upperNs: null,
  confidence: 0.95,
  moreSeconds: null,
  basis: runs.length > 1 ? 'across-runs' : 'single-run',
  runCount: runs.length,
})

type Samples = {
  readonly series: Series
  /** Place of the limit among the counters of the series. */
  readonly column: number
  readonly count: number
  readonly overCount: number
}
/** With what the exceedances of the limit say, and what is known of the quantile itself. */
type Measured = Samples & { readonly gate: GateResult; readonly estimate: QuantileEstimate }

/** The series of a run with the exact counter of the limit; null without either, or without a sample. */
function samplesOf(run: JudgedRun, { name, limitNs }: DeclaredLimit): Samples | null {
  const series = seriesOf(run, name)
  const column = series?.over.findIndex((entry) => entry.limitNs === limitNs) ?? -1
  // The histogram is good to a bucket only, so without the exact counter there is nothing to judge by.
  if (series === undefined || column < 0 || series.summary.count === 0) return null
  return { series, column, count: series.summary.count, overCount: series.over[column]?.count ?? 0 }
}

/**
 * Where the limit is this many times the quantile, only the samples above the limit tell how the samples above it
 * follow each other; nearer, those above the quantile tell it too. A short run of a calm system is decided by it: its
 * tail clumps, but far below the limit. Simulated with the limit at the true quantile, in windows of 10 s at 500/s:
 * wrong PASS of a p95 in 3.3 % where the memory is 1 s long (2.5 % without this rule, 35 % by the limit alone), 1.0 %
 * with 0.1 s, 1.3 to 6.5 % for queues 97 and 90 % busy; 19 % where the memory is half the window. Where a few requests
 * are slow by far, so that the limit is far above the quantile that the run shows: 3 to 8 % as long as a window expects
 * five episodes or more, nearly all of which pass wrongly without this rule too. In full by `npm run bench:coverage`.
 */
const farBelow = 4

function measuredBy(sample: Samples, limitNs: number, quantile: FollowedQuantile): Measured {
  const place = followedQuantiles.indexOf(quantile)
  const { series, column, count, overCount } = sample
  const share = 1 - allowedShare[quantile]
  const isFar = quantileNs(series, quantile) * farBelow <= limitNs
  const intervals = series.intervals.map((interval) => ({
    count: interval.count,
    over: interval.over[column] ?? 0,
    overObserved: isFar ? undefined : interval.aboveQuantiles[place],
  }))
  // What has no intervals (a benchmarked function) has samples that do not follow each other.
  const gate = exceedanceGate(intervals.length > 0 ? intervals : [{ count, over: overCount }], share)
  return { ...sample, gate, estimate: quantileEstimate(series, quantile, gate) }
}

type Judged = Pick<LatencyCheck, 'status' | 'observedNs' | 'lowerNs' | 'upperNs' | 'confidence' | 'moreSeconds'>

/** Every sample counts: one above the limit of the largest is a failure, and a longer run only finds more. */
function exact(samples: readonly Samples[], limitNs: number): Judged & Pick<LatencyCheck, 'headroom'> {
  const observedNs = Math.max(...samples.map(({ series }) => series.summary.maxNs))
  const status = samples.some(({ overCount }) => overCount > 0) ? 'fail' : 'pass'
  const headroom = headroomOf(observedNs, limitNs)
  return { status, observedNs, lowerNs: observedNs, upperNs: observedNs, confidence: 1, moreSeconds: null, headroom }
}

type Known = {
  readonly limitNs: number
  readonly earlier: readonly number[]
  readonly windowNs: number
  readonly surely: (gate: GateResult) => GateResult['status']
}

function byItself(sample: Measured, known: Known): Judged {
  const { gate, estimate } = sample
  const wide = singleRun(runEstimate(estimate), known.earlier, known.limitNs)
  const status = wide.status === known.surely(gate) ? wide.status : 'inconclusive'
  // The largest sample bounds what is far below the limit; of what is undecided it is no bound.
  const unbounded = status === 'inconclusive' && !estimate.bounded
  return {
    lowerNs: wide.lower,
    upperNs: unbounded ? null : wide.upper,
    status,
    observedNs: estimate.valueNs,
    confidence: Math.min(gate.confidence, wide.confidence),
    moreSeconds: status === 'inconclusive' ? secondsToDecide(sample, known) : null,
  }
}

function byRuns(samples: readonly Measured[], limitNs: number): Judged {
  const across = acrossRuns(
    samples.map(({ estimate }) => runEstimate(estimate)),
    limitNs,
  )
  const { status, value, confidence } = across
  return { lowerNs: across.lower, upperNs: across.upper, status, observedNs: value, confidence, moreSeconds: null }
}

/** A run that was extended because it was undecided had two chances to be wrong: each gets half. */
export const chanceOfExtended = 0.025

/** The word of the gate, where it holds at this chance of error too. */
function surely(gate: GateResult, allowed: number, chance: number | null): GateResult['status'] {
  const { status, count, overCount, nEffective } = gate
  if (chance === null || (status !== 'pass' && status !== 'fail')) return status
  const { atLeast, atMost } = binomialTails((overCount / count) * nEffective, nEffective, allowed)
  return (status === 'fail' ? atLeast : atMost) < chance ? status : 'inconclusive'
}

const runEstimate = ({ valueNs, lowerNs, upperNs, confidence }: QuantileEstimate): RunEstimate => ({
  value: valueNs,
  lower: lowerNs,
  upper: upperNs,
  confidence,
})

/** Windows beyond a day are no advice. */
const moreSecondsMax = 86_400

/**
 * How much longer the window must be. The error within a run falls with the root of its length; the spread between
 * runs does not, so a limit that lies within it is decided by several runs only.
 */
function secondsToDecide({ gate, estimate, count }: Measured, { limitNs, earlier, windowNs }: Known): number | null {
  const { valueNs: value, lowerNs, upperNs } = estimate
  const spread = singleRun({ value, lower: value, upper: value }, earlier, limitNs)
  if (spread.status === 'inconclusive') return null
  if (gate.status === 'inconclusive' && gate.moreSamples === null) return null
  const [edge, bound] = spread.status === 'pass' ? [spread.upper ?? limitNs, upperNs] : [spread.lower, lowerNs]
  const room = Math.log(limitNs / value) ** 2 - Math.log(edge / value) ** 2
  const growth = Math.max(Math.log(bound / value) ** 2 / room, 1 + (gate.moreSamples ?? 0) / count)
  const seconds = Math.max(1, Math.ceil(((growth - 1) * windowNs) / nsPerSec))
  return seconds <= moreSecondsMax ? seconds : null
}

const headroomOf = (upperNs: number | null, limitNs: number): number | null => {
  if (upperNs === null) return null
  return limitNs === 0 ? (upperNs === 0 ? 0 : -1) : 1 - upperNs / limitNs
}

/** What earlier runs of the profile on this class of machine had for a metric. */
export const earlierValues = (history: EarlierRuns | null, metric: string): number[] =>
  (history?.entries ?? []).flatMap(({ metrics }) => {
    const value = metrics[metric]
    return value === undefined ? [] : [value]
  })

const sumOf = <Item>(items: readonly Item[], figure: (item: Item) => number): number =>
  items.reduce((sum, item) => sum + figure(item), 0)
