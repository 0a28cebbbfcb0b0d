/** A quantile that a limit may stand on; `max` is the largest sample. */
export type QuantileName = 'p50' | 'p95' | 'p99' | 'p99.9' | 'max'

/** Share of the samples that may exceed a limit set on this quantile. */
export const allowedShare: Readonly<Record<QuantileName, number>> = {
  p50: 0.5,
  p95: 0.05,
  p99: 0.01,
  'p99.9': 0.001,
  max: 0,
}
