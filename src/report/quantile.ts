import { quantileNs } from '../results/quantile.js'
import { quantileEstimate } from '../results/quantile-estimate.js'
import type { Series } from '../results/run-result.js'

/** Samples of which at least one lies above the quantile; with fewer it would be the largest sample under another name. */
const samplesMin = { p50: 2, p95: 20, p99: 100, 'p99.9': 1000 } as const

/** A quantile as reports show it; null where too few samples carry it, of a p99.9 too few that are independent. */
export function shownQuantileNs(series: Series, quantile: keyof typeof samplesMin): number | null {
  if (series.summary.count < samplesMin[quantile]) return null
  if (quantile === 'p99.9' && !quantileEstimate(series, quantile).bounded) return null
  return quantileNs(series, quantile)
}
