import { assertNever } from '../core/assert.js'
import type { Series } from '../results/run-result.js'

/** Samples of which at least one lies above the quantile; with fewer it would be the largest sample under another name. */
const samplesMin = { p50: 2, p95: 20, p99: 100 } as const

/** A quantile as reports show it; null where too few samples carry it. */
export function shownQuantileNs({ summary }: Series, quantile: keyof typeof samplesMin): number | null {
  if (summary.count < samplesMin[quantile]) return null
  switch (quantile) {
    case 'p50':
      return summary.p50Ns
    case 'p95':
      return summary.p95Ns
    case 'p99':
      return summary.p99Ns
    default:
      return assertNever(quantile)
  }
}
