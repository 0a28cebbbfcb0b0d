// Which figures of two runs are compared, which of them decide, and on which scale.

/** What the rate of errors may rise by, in shares of all requests: a ratio of rates that are mostly zero says nothing. */
const errorsMargin = 0.001

/** What a user of the system notices; the others say where it comes from. */
export const noticedMetrics: readonly string[] = ['endToEnd.p50', 'endToEnd.p95', 'throughput', 'errors.rate']

type Followed = { readonly deciding: string[]; readonly watched: string[] }

/**
 * Followed under load where nobody names others. The deciding ones must all be decided, and rounds are added until they are. The watched
 * ones are tails and small parts, too noisy to wait for: they can regress, but hold nothing up.
 */
export const defaultMetrics = (componentNames: readonly string[]): Followed => ({
  deciding: [...noticedMetrics],
  watched: ['endToEnd.p99', ...componentNames.map((name) => `${name}.p95`)],
})

/** The same of functions that are timed by themselves. */
export const timedMetrics = (names: readonly string[]): Followed => ({
  deciding: names.map((name) => `${name}.p50`),
  watched: names.map((name) => `${name}.p95`),
})

/** Ratios in logarithms, so that halves and doubles weigh the same; the rate of errors by its difference. */
export const scaleOf = (metric: string): 'ratio' | 'difference' => (metric === 'errors.rate' ? 'difference' : 'ratio')

/** What may change without a word, on the scale of the metric. */
export const marginOf = (metric: string, marginShare: number): number =>
  scaleOf(metric) === 'difference' ? errorsMargin : marginShare
