import { assert } from '../core/assert.js'
import { enlarged } from '../core/enlarged.js'
import { intervalNs, type Series } from '../results/run-result.js'
import { bucketCount, bucketIndex, Histogram, quantileOf } from '../stats/histogram.js'
import { IntervalSamples } from '../stats/interval-samples.js'
import { summarise } from '../stats/summary.js'
import type { ClosedInterval } from './target/series-recording.js'

/** One distribution of a run: histogram, exact number of samples above each limit, and the same per 250 ms of intended time. */
export class SeriesRecorder {
  readonly name: string
  readonly histogram = new Histogram()
  readonly #limitsNs: readonly number[]
  readonly #over: Float64Array
  readonly #intervals: IntervalSamples[]
  #intervalOver: Uint32Array
  #intervalUnanswered: Uint32Array

  constructor(name: string, limitsNs: readonly number[], intervalCount: number) {
    this.name = name
    this.#limitsNs = limitsNs
    this.#over = new Float64Array(limitsNs.length)
    this.#intervals = Array.from({ length: intervalCount }, () => new IntervalSamples())
    this.#intervalOver = new Uint32Array(intervalCount * limitsNs.length)
    this.#intervalUnanswered = new Uint32Array(intervalCount)
  }

  /** Makes room for so many intervals. */
  reach(intervalCount: number): void {
    if (intervalCount <= this.#intervals.length) return
    while (this.#intervals.length < intervalCount) this.#intervals.push(new IntervalSamples())
    this.#intervalOver = enlarged(new Uint32Array(intervalCount * this.#limitsNs.length), this.#intervalOver)
    this.#intervalUnanswered = enlarged(new Uint32Array(intervalCount), this.#intervalUnanswered)
  }

  /** Hot path: once a tick and series. */
  record(valueNs: number, interval: number): void {
    const value = Math.max(valueNs, 0)
    this.histogram.record(value)
    this.#intervals[interval]?.record(bucketIndex(value), value)
    for (let index = 0; index < this.#limitsNs.length; index += 1) {
      if (value <= (this.#limitsNs[index] ?? 0)) continue
      this.#over[index] = (this.#over[index] ?? 0) + 1
      const slot = interval * this.#limitsNs.length + index
      this.#intervalOver[slot] = (this.#intervalOver[slot] ?? 0) + 1
    }
  }

  /** Marks a recorded sample as one without an answer in time. */
  countUnanswered(interval: number): void {
    this.#intervalUnanswered[interval] = (this.#intervalUnanswered[interval] ?? 0) + 1
  }

  /** Quantile over the intervals from `from` up to `to`; zero where they hold no sample. */
  quantileWithin(share: number, from: number, to: number): number {
    const counts = new Float64Array(bucketCount)
    let count = 0
    for (const samples of this.#intervals.slice(from, to)) {
      samples.addTo(counts)
      count += samples.count
    }
    return count === 0 ? 0 : quantileOf(counts, count, share)
  }

  /** What an interval holds, and `missedCount` ticks more that stand at `missedNs` without having been recorded. */
  closed(interval: number, missedCount = 0, missedNs = 0): ClosedInterval {
    const samples = this.#intervals[interval]
    assert(samples !== undefined, 'the series reaches to the interval that is closed')
    const { buckets, counts } = samples.toBuckets()
    const first = interval * this.#limitsNs.length
    const missed = missedCount > 0
    return {
      count: samples.count + missedCount,
      maxNs: Math.max(samples.maxNs, missed ? missedNs : 0),
      unanswered: (this.#intervalUnanswered[interval] ?? 0) + missedCount,
      over: this.#limitsNs.map((limitNs, index) => {
        return (this.#intervalOver[first + index] ?? 0) + (missedNs > limitNs ? missedCount : 0)
      }),
      buckets: missed ? Uint16Array.of(...buckets, bucketIndex(missedNs)) : buckets,
      counts: missed ? Uint32Array.of(...counts, missedCount) : counts,
    }
  }

  /** `intervalCount` cuts what an interrupted run did not reach. */
  toSeries(intervalCount: number): Series {
    const tails = quantileShares.map((share) => tailBucket(this.histogram, share))
    return {
      name: this.name,
      summary: summarise(this.histogram),
      over: this.#limitsNs.map((limitNs, index) => ({ limitNs, count: this.#over[index] ?? 0 })),
      intervals: this.#intervals.slice(0, intervalCount).map((samples, interval) => {
        const [p50Ns = 0, p95Ns = 0, p99Ns = 0] = samples.quantiles([0.5, 0.95, 0.99])
        const first = interval * this.#limitsNs.length
        return {
          startNs: interval * intervalNs,
          count: samples.count,
          over: [...this.#intervalOver.subarray(first, first + this.#limitsNs.length)],
          aboveQuantiles: tails.map((bucket) => samples.countFrom(bucket)),
          unanswered: this.#intervalUnanswered[interval] ?? 0,
          p50Ns,
          p95Ns,
          p99Ns,
          maxNs: samples.maxNs,
        }
      }),
      histogram: this.histogram.toBuckets(),
    }
  }
}

export const quantileShares = [0.5, 0.95, 0.99, 0.999]

/**
 * First bucket of the samples above a quantile. Where the bucket of the quantile itself holds most of them, as with a hundred
 * timeouts at the same figure, it belongs to them: they are what clusters.
 */
export function tailBucket(histogram: Histogram, share: number): number {
  const bucket = histogram.quantileBucket(share)
  const above = histogram.countFrom(bucket + 1)
  return above * 2 > (1 - share) * histogram.count ? bucket + 1 : bucket
}
