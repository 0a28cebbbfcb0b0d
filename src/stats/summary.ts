import type { Histogram } from './histogram.js'

/** The figures of a distribution that reports print; all zero where `count` is. */
export type DurationSummary = {
  count: number
  minNs: number
  meanNs: number
  p50Ns: number
  p90Ns: number
  p95Ns: number
  p99Ns: number
  p999Ns: number
  maxNs: number
}

export const summarise = (histogram: Histogram): DurationSummary => ({
  count: histogram.count,
  minNs: histogram.minNs,
  meanNs: histogram.meanNs,
  p50Ns: histogram.quantile(0.5),
  p90Ns: histogram.quantile(0.9),
  p95Ns: histogram.quantile(0.95),
  p99Ns: histogram.quantile(0.99),
  p999Ns: histogram.quantile(0.999),
  maxNs: histogram.maxNs,
})
