import type { Series } from '../../results/run-result.js'
import { Histogram, rankOf } from '../../stats/histogram.js'

/** The samples of one variant in one slice, in nanoseconds a call, and when it began since the start of the run. */
export type Round = { readonly startNs: number; readonly samplesNs: Float64Array }

/**
 * The rounds of a variant as one distribution, an interval a round. Calls of a few nanoseconds fall between the whole
 * nanoseconds of a histogram's buckets, so quantiles are taken from the samples themselves.
 */
export function seriesOf(name: string, limitsNs: readonly number[], rounds: readonly Round[]): Series {
  const all = new Float64Array(rounds.reduce((sum, { samplesNs }) => sum + samplesNs.length, 0))
  const histogram = new Histogram()
  let filled = 0
  for (const { samplesNs } of rounds) {
    all.set(samplesNs, filled)
    filled += samplesNs.length
    for (const sample of samplesNs) histogram.record(sample)
  }
  all.sort()
  const at = (share: number): number => quantileOf(all, share)
  return {
    name,
    summary: {
      count: all.length,
      minNs: histogram.minNs,
      meanNs: histogram.meanNs,
      ...{ p50Ns: at(0.5), p90Ns: at(0.9), p95Ns: at(0.95), p99Ns: at(0.99), p999Ns: at(0.999) },
      maxNs: histogram.maxNs,
    },
    over: limitsNs.map((limitNs) => ({ limitNs, count: countAbove(all, limitNs) })),
    intervals: rounds.map((round) => intervalOf(round, limitsNs)),
    histogram: histogram.toBuckets(),
  }
}

function intervalOf({ startNs, samplesNs }: Round, limitsNs: readonly number[]): Series['intervals'][number] {
  const sorted = Float64Array.from(samplesNs).sort()
  return {
    startNs,
    count: sorted.length,
    over: limitsNs.map((limitNs) => countAbove(sorted, limitNs)),
    // Empty: two processes of a tight distribution differ by more than its width, so all of its tail lies in one of them, however
    // far away its limit is. A limit is judged by how the samples above itself cluster.
    aboveQuantiles: [],
    unanswered: 0,
    p50Ns: quantileOf(sorted, 0.5),
    p95Ns: quantileOf(sorted, 0.95),
    p99Ns: quantileOf(sorted, 0.99),
    maxNs: sorted.at(-1) ?? 0,
  }
}

/** The value of the sample with rank ceil(share n): the definition of `Histogram.quantile`. */
const quantileOf = (sorted: Float64Array, share: number): number =>
  sorted.length === 0 ? 0 : (sorted[rankOf(share, sorted.length) - 1] ?? 0)

function countAbove(sorted: Float64Array, limitNs: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) > limitNs) high = middle
    else low = middle + 1
  }
  return sorted.length - low
}
