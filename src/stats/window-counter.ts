import type { Random } from '../core/random.js'
import type { ExceedanceInterval } from './effective-sample-size.js'
import { bucketCount, bucketHighNs, bucketIndex, quantileBucketOf } from './histogram.js'
import type { LatencySource, LatencyWindow } from './latency-sources.js'

const intervalSec = 0.25

/**
 * Draws windows of a source and counts them as a run does: by intervals, above limits, and above the quantile that the
 * window shows.
 */
export class WindowCounter {
  readonly #source: LatencySource
  readonly #window: LatencyWindow
  readonly #intervalCount: number
  readonly #buckets = new Float64Array(bucketCount)
  readonly #intendedSec: Float64Array
  readonly #responseNs: Float64Array

  constructor(source: LatencySource, window: LatencyWindow) {
    this.#source = source
    this.#window = window
    this.#intervalCount = Math.ceil(window.seconds / intervalSec)
    // Poisson arrivals bring a few more than the rate promises.
    const samplesMax = Math.ceil(window.seconds * window.ratePerSec * 1.5 + 100)
    this.#intendedSec = new Float64Array(samplesMax)
    this.#responseNs = new Float64Array(samplesMax)
  }

  /** The intervals of one window for each limit, all with the same samples. */
  draw(random: Random, limitsNs: readonly number[], share: number): ExceedanceInterval[][] {
    const samples = { intendedSec: this.#intendedSec, responseNs: this.#responseNs }
    const sampleCount = this.#source.run(random, this.#window, samples)
    const counts = this.#countAbove(0, sampleCount)
    const observed = this.#countAbove(this.#quantileNs(sampleCount, share), sampleCount)
    return limitsNs.map((limitNs) => {
      const over = this.#countAbove(limitNs, sampleCount)
      return Array.from(over, (value, index) => ({
        count: counts[index] ?? 0,
        over: value,
        overObserved: observed[index] ?? 0,
      }))
    })
  }

  /** Samples at or above a duration in each interval. */
  #countAbove(limitNs: number, sampleCount: number): Uint32Array {
    const counts = new Uint32Array(this.#intervalCount)
    for (let index = 0; index < sampleCount; index += 1) {
      if ((this.#responseNs[index] ?? 0) < limitNs) continue
      const interval = Math.floor((this.#intendedSec[index] ?? 0) / intervalSec)
      counts[interval] = (counts[interval] ?? 0) + 1
    }
    return counts
  }

  /** Where the samples above the quantile begin, as exactly as the buckets of a histogram tell it. */
  #quantileNs(sampleCount: number, share: number): number {
    this.#buckets.fill(0)
    for (let index = 0; index < sampleCount; index += 1) {
      const bucket = bucketIndex(this.#responseNs[index] ?? 0)
      this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1
    }
    return bucketHighNs(quantileBucketOf(this.#buckets, sampleCount, share))
  }
}
