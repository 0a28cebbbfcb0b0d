import { looks } from '../stats/paired.js'

// Which figures of two runs are compared, which of them decide, and on which scale.

/** What the rate of errors may rise by, in shares of all requests: a ratio of rates that are mostly zero says nothing. */
const errorsMargin = 0.001

/**
 * Followed where nobody names others. The deciding ones must all be decided, and rounds are added until they are. The watched ones are tails
 * and small parts, too noisy to wait for: they can regress, but hold nothing up.
 */
export function defaultMetrics(componentNames: readonly string[]): {
  readonly deciding: readonly string[]
  readonly watched: readonly string[]
} {
  return {
    deciding: ['endToEnd.p50', 'endToEnd.p95', 'throughput', 'errors.rate'],
    watched: ['endToEnd.p99', ...componentNames.map((name) => `${name}.p95`)],
  }
}

/** Ratios in logarithms, so that halves and doubles weigh the same; the rate of errors by its difference. */
export const scaleOf = (metric: string): 'ratio' | 'difference' => (metric === 'errors.rate' ? 'difference' : 'ratio')

/** What may change without a word, on the scale of the metric. */
export const marginOf = (metric: string, marginShare: number): number =>
  scaleOf(metric) === 'difference' ? errorsMargin : marginShare

/** Rounds of the last look that so many allow. */
export const lookBefore = (roundCount: number): number | null => looks.findLast((look) => look <= roundCount) ?? null
