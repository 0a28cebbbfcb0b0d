import { assertNever } from '../core/assert.js'
import type { Series } from './run-result.js'

/** A quantile of the summary of a series, by its name; `max` is the largest sample. */
export function quantileNs(
  { summary }: Pick<Series, 'summary'>,
  quantile: 'p50' | 'p95' | 'p99' | 'p99.9' | 'max',
): number {
  switch (quantile) {
    case 'p50':
      return summary.p50Ns
    case 'p95':
      return summary.p95Ns
    case 'p99':
      return summary.p99Ns
    case 'p99.9':
      return summary.p999Ns
    case 'max':
      return summary.maxNs
    default:
      return assertNever(quantile)
  }
}
