import { assert } from '../core/assert.js'
import { exceedanceGate, type GateResult } from '../stats/exceedance-gate.js'
import { Histogram } from '../stats/histogram.js'
import { normalQuantile } from '../stats/special-functions.js'
import { quantileNs } from './quantile.js'
import type { Series } from './run-result.js'

// How well a run knows its own quantiles: their bounds by its samples alone, of which neighbours are alike.

const shares = { p50: 0.5, p95: 0.95, p99: 0.99, 'p99.9': 0.999 } as const
export type FollowedQuantile = keyof typeof shares

/** In the order of `aboveQuantiles` of an interval. */
export const followedQuantiles = Object.keys(shares) as readonly FollowedQuantile[]

export type QuantileEstimate = {
  readonly valueNs: number
  readonly lowerNs: number
  /** The largest sample where too few are independent for a bound below it. */
  readonly upperNs: number
  /** One-sided, of each bound. */
  readonly confidence: number
  /** Size of an independent sample that would know as much. */
  readonly nEffective: number
  /** Whether that is enough to bound the quantile: 90 for a p95, 459 for a p99, 4,603 for a p99.9. */
  readonly bounded: boolean
}

/**
 * Of a series with samples. `byLimit` serves for files of older versions, which do not say how the tail clusters: the
 * exceedances of a limit near the quantile tell it too.
 */
export function quantileEstimate(
  series: Series,
  quantile: FollowedQuantile,
  byLimit: GateResult | null = null,
): QuantileEstimate {
  assert(series.summary.count > 0, 'there are samples to estimate from')
  const {
    nEffective,
    confidence,
    quantile: at,
  } = tailGate(series, quantile) ?? byLimit ?? independent(series, quantile)
  const histogram = Histogram.fromBuckets(series.histogram)
  const valueNs = quantileNs(series, quantile)
  return {
    valueNs,
    lowerNs: Math.min(valueNs, histogram.quantile(at.lower)),
    upperNs: at.upper === null ? series.summary.maxNs : Math.max(valueNs, histogram.quantile(at.upper)),
    confidence,
    nEffective,
    bounded: at.upper !== null,
  }
}

/** Standard error of the logarithm of the quantile within the run. */
export const withinError = ({ lowerNs, upperNs, confidence }: QuantileEstimate): number =>
  Math.log(Math.max(1, upperNs) / Math.max(1, lowerNs)) / (2 * normalQuantile(confidence))

function tailGate({ intervals }: Series, quantile: FollowedQuantile): GateResult | null {
  const place = followedQuantiles.indexOf(quantile)
  const known = intervals.flatMap(({ count, aboveQuantiles }) => {
    const over = aboveQuantiles[place]
    return over === undefined ? [] : [{ count, over }]
  })
  return known.length > 0 && known.length === intervals.length ? exceedanceGate(known, shares[quantile]) : null
}

/** What has no intervals (a benchmarked function) has samples that do not follow each other. */
function independent({ summary: { count } }: Series, quantile: FollowedQuantile): GateResult {
  return exceedanceGate([{ count, over: Math.round(count * (1 - shares[quantile])) }], shares[quantile])
}
