import { z } from 'zod'
import { assertNever } from '../core/assert.js'
import { type Parsed, parseDuration, parseRate, parseShare } from '../core/units.js'
import { unansweredOf } from '../results/metrics.js'
import type { RunResult } from '../results/run-result.js'
import type { SlaConfig } from './config.js'
import type { QuantileName } from './quantile.js'
import type { WindowLimit } from './window.js'

// What a verdict is made of; and the counters that `sla.checks` may name: their value, how bounds are written, how bad
// a failure is.

type MetricName = SlaConfig['checks'][number]['metric']

export type CheckStatus = 'pass' | 'fail' | 'inconclusive' | 'noData' | 'notJudged'

type CheckBase = {
  /** Stable over runs, without figures: `risk.p95`, `throughput`, `store.agrees`. */
  readonly name: string
  /** A budget group, `end to end`, `load` or `store`. */
  readonly component: string
  /** Where the limit stands in the profile: `sla.budget.risk.p95`. */
  readonly path: string
  readonly status: CheckStatus
  /** Share of the limit that is left; negative where it is exceeded; null without data. */
  readonly headroom: number | null
  /** Decides the verdict; one that does not only warns. */
  readonly critical: boolean
}

export type LatencyCheck = CheckBase & {
  readonly kind: 'latency'
  readonly quantile: QuantileName
  readonly observedNs: number | null
  readonly limitNs: number
  readonly count: number
  readonly overCount: number
  readonly allowedShare: number
  /** Size of an independent sample that would know as much: latencies that follow each other are alike. Null without data. */
  readonly nEffective: number | null
  /** Bounds of the quantile; null where the data cannot give them. */
  readonly lowerNs: number | null
  readonly upperNs: number | null
  /** One-sided confidence of each bound. */
  readonly confidence: number
  /** How much longer a run must be to decide this check; null where it is decided, or no run could. */
  readonly moreSeconds: number | null
  readonly basis: 'single-run' | 'across-runs'
  readonly runCount: number
}

export type MetricCheck = CheckBase & {
  readonly kind: 'metric'
  readonly metric: MetricName
  readonly observed: number | null
  readonly bound: 'max' | 'min'
  readonly limit: number
  /** Bounds of a rate of errors at 95 %; null for what is exact. */
  readonly lower: number | null
  readonly upper: number | null
}

export type StoreAgreement = CheckBase & { readonly kind: 'store'; readonly problem: string | null }

/** A limit over a window: exact counts of this run, so it is never inconclusive. */
export type WindowCheck = CheckBase &
  Pick<WindowLimit, 'quantile' | 'limitNs' | 'spanNs' | 'phase'> & {
    readonly kind: 'window'
    /** Since the start of the measured window; null where it held or has no data. */
    readonly beganNs: number | null
    readonly lastedNs: number | null
    /** Highest share of samples above the limit in a span of this length. */
    readonly worstShare: number | null
    readonly allowedShare: number
  }

export type Check = LatencyCheck | MetricCheck | WindowCheck | StoreAgreement

/** The value of a metric; null where nothing was planned, so nothing can be said. */
export function metricOf(
  result: Pick<RunResult, 'accounting'> & {
    readonly load: Pick<RunResult['load'], 'achievedRatePerSec'>
    /** None before the end of a run. */
    readonly engines?: RunResult['engines']
    readonly profile?: RunResult['profile']
  },
  metric: MetricName,
): number | null {
  const { accounting, load, engines = [] } = result
  if (accounting.planned === 0) return null
  switch (metric) {
    case 'errors.rate':
      return unansweredOf(accounting) / accounting.planned
    case 'throughput':
      return load.achievedRatePerSec
    case 'dropped.count':
      return accounting.dropped
    case 'lost.count':
      return accounting.lost
    case 'timedOut.count':
      return accounting.timedOut
    case 'duplicates.count':
      return accounting.duplicates
    case 'processing.mean':
      return extreme(
        Math.max,
        engines.flatMap(({ name, processing }) => {
          // One that had nothing to do has no mean; one that did not tell may have the highest.
          if (processing !== null) return processing.count === 0 ? [] : [processing.meanNs]
          return wayOf(name, result.profile) === 'shipped' ? [null] : []
        }),
      )
    case 'ready.share':
      return extreme(
        Math.min,
        engines.flatMap(({ name, readyShare }) =>
          readyShare === null && wayOf(name, result.profile) === 'elsewhere' ? [] : [readyShare],
        ),
      )
    default:
      return assertNever(metric)
  }
}

/** What was not measured may be the worst of all: then there is no figure. */
function extreme(pick: (...values: number[]) => number, values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 || known.length < values.length ? null : pick(...known)
}

const enginesRun = z.object({
  engines: z.record(z.string(), z.object({ command: z.unknown(), url: z.unknown() }).partial()).default({}),
})

/** Where an engine comes from: one by `url` is not started, so nobody watches it; one by `command` need not tell of itself. */
function wayOf(engine: string, profile: RunResult['profile'] = {}): 'shipped' | 'own' | 'elsewhere' {
  const known = enginesRun.safeParse(profile).data?.engines[engine]
  if (known?.url !== undefined) return 'elsewhere'
  return known?.command === undefined ? 'shipped' : 'own'
}

/** Parses a bound of a check in the unit of its metric: a share, a duration, a rate, or a plain count. */
export function boundOf(metric: MetricName, text: string | number): Parsed {
  if (metric === 'errors.rate' || metric === 'ready.share') return parseShare(text)
  if (metric === 'processing.mean') return parseDuration(text)
  if (metric === 'throughput') return parseRate(text)
  const value = Number(text)
  return Number.isInteger(value) && value >= 0
    ? { value }
    : { problem: `"${text}" is not a count; write one such as 0` }
}

/** How bad a failed check is: the share of requests that it touches beyond what is allowed, 0 to 1. Others are 0. */
export function severityOf(check: Check): number {
  if (check.status !== 'fail') return 0
  switch (check.kind) {
    case 'latency':
      return (check.overCount / check.count - check.allowedShare) / (1 - check.allowedShare)
    case 'metric':
      return metricSeverity(check.observed ?? 0, check)
    case 'window':
      return ((check.worstShare ?? 0) - check.allowedShare) / (1 - check.allowedShare)
    case 'store':
      return 1
    default:
      return assertNever(check)
  }
}

/** A count above its bound touches few requests: it stands behind a latency that more than half a percent exceed. */
const countSeverity = 0.005

function metricSeverity(observed: number, check: { metric: MetricName; limit: number; bound: 'max' | 'min' }): number {
  if (check.metric === 'errors.rate') return Math.abs(observed - check.limit)
  return check.bound === 'min' && check.limit > 0 ? 1 - observed / check.limit : countSeverity
}
