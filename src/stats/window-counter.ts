import type { Random } from '../core/random.js'
import type { ExceedanceInterval } from './effective-sample-size.js'
import { bucketCount, bucketIndex, quantileBucketOf } from './histogram.js'
import type { LatencySource, LatencyWindow } from './latency-sources.js'

const intervalSec = 0.25

/**
 * Draws windows of a source and counts them as a run does: by intervals, above limits, and above the quantile that the
 * window shows.
 */
export class WindowCounter {
  readonly #source: LatencySource
  readonly #window: LatencyWindow
  readonly #buckets = new Float64Array(bucketCount)
  readonly #sampleBuckets: Uint16Array
  readonly #sampleIntervals: Uint16Array
  readonly #intervalCount: number

  constructor(source: LatencySource, window: LatencyWindow) {
    this.#source = source
    this.#window = window
    this.#intervalCount = Math.ceil(window.seconds / intervalSec)
    // Poisson arrivals bring a few more than the rate promises.
    const samplesMax = Math.ceil(window.seconds * window.ratePerSec * 1.5 + 100)
    this.#sampleBuckets = new Uint16Array(samplesMax)
    this.#sampleIntervals = new Uint16Array(samplesMax)
  }

  /** The intervals of one window for each limit, all with the same samples. */
  draw(random: Random, limitsNs: readonly number[], share: number): ExceedanceInterval[][] {
    this.#buckets.fill(0)
    const counts = new Uint32Array(this.#intervalCount)
    const over = limitsNs.map(() => new Uint32Array(this.#intervalCount))
    let sampleCount = 0
    this.#source.run(random, this.#window, (intendedSec, responseNs) => {
      const interval = Math.floor(intendedSec / intervalSec)
      const bucket = bucketIndex(responseNs)
      this.#sampleBuckets[sampleCount] = bucket
      this.#sampleIntervals[sampleCount] = interval
      sampleCount += 1
      this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1
      counts[interval] = (counts[interval] ?? 0) + 1
      for (let index = 0; index < limitsNs.length; index += 1) {
        const column = over[index]
        if (column !== undefined && responseNs > (limitsNs[index] ?? 0)) column[interval] = (column[interval] ?? 0) + 1
      }
    })
    const observed = this.#overObserved(sampleCount, share)
    return over.map((column) =>
      Array.from(column, (value, index) => ({
        count: counts[index] ?? 0,
        over: value,
        overObserved: observed[index] ?? 0,
      })),
    )
  }

  #overObserved(sampleCount: number, share: number): Uint32Array {
    const observed = new Uint32Array(this.#intervalCount)
    const quantile = quantileBucketOf(this.#buckets, sampleCount, share)
    for (let index = 0; index < sampleCount; index += 1) {
      if ((this.#sampleBuckets[index] ?? 0) <= quantile) continue
      const interval = this.#sampleIntervals[index] ?? 0
      observed[interval] = (observed[interval] ?? 0) + 1
    }
    return observed
  }
}
