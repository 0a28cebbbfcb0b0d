import type { Series } from '../results/run-result.js'
import { quantileNs } from '../sla/verdict.js'

/** Samples of which at least one lies above the quantile; with fewer it would be the largest sample under another name. */
const samplesMin = { p50: 2, p95: 20, p99: 100 } as const

/** A quantile as reports show it; null where too few samples carry it. */
export const shownQuantileNs = (series: Series, quantile: keyof typeof samplesMin): number | null =>
  series.summary.count < samplesMin[quantile] ? null : quantileNs(series, quantile)
