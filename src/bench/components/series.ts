import type { Series } from '../../results/run-result.js'
import { Histogram, rankOf } from '../../stats/histogram.js'

/** The samples of one variant in one slice, in nanoseconds a call, and when it began since the start of the run. */
export type Round = { readonly startNs: number; readonly samplesNs: Float64Array }

const quantileShares = [0.5, 0.95, 0.99, 0.999]

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
  const tails = quantileShares.map((share) => tailFrom(all, share))
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
    intervals: rounds.map((round) => intervalOf(round, limitsNs, tails)),
    histogram: histogram.toBuckets(),
  }
}

function intervalOf(
  { startNs, samplesNs }: Round,
  limitsNs: readonly number[],
  tails: readonly number[],
): Series['intervals'][number] {
  const sorted = Float64Array.from(samplesNs).sort()
  return {
    startNs,
    count: sorted.length,
    over: limitsNs.map((limitNs) => countAbove(sorted, limitNs)),
    aboveQuantiles: tails.map((fromNs) => sorted.length - firstIndex(sorted, (value) => value >= fromNs)),
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

const countAbove = (sorted: Float64Array, limitNs: number): number =>
  sorted.length - firstIndex(sorted, (value) => value > limitNs)

/**
 * The smallest value of the tail beyond a quantile. Where the quantile itself is the value of most of them, it belongs to
 * them: the clock of a fast call has few values.
 */
function tailFrom(sorted: Float64Array, share: number): number {
  const quantileNs = quantileOf(sorted, share)
  const first = firstIndex(sorted, (value) => value > quantileNs)
  return (sorted.length - first) * 2 > (1 - share) * sorted.length
    ? (sorted[first] ?? Number.POSITIVE_INFINITY)
    : quantileNs
}

/** The first index of which `holds` is true; it must hold for all after one for which it does. */
function firstIndex(sorted: Float64Array, holds: (value: number) => boolean): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (holds(sorted[middle] ?? 0)) high = middle
    else low = middle + 1
  }
  return low
}
