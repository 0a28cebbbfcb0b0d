import { assert } from '../core/assert.js'

// A log-linear histogram of durations in whole nanoseconds. Layout: values 0..511 have a bucket each; above, every power
// of two is cut into 512 equal buckets, up to 2^44 ns (4.9 hours). So bucket `index` holds
//   index < 512:  the value `index` itself
//   otherwise:    [mantissa << shift, (mantissa + 1) << shift), with shift = (index >> 9) - 1, mantissa = 512 + (index & 511)
// A bucket is at most 1/512 as wide as its lower bound, and its samples are taken to lie evenly in it: a quantile is within 0.2 %
// of its sample where all of a bucket are equal, and far nearer where they are not.
// The same layout stands in result files (`[index, count]` pairs); a change of it raises the schema of results.

const subBits = 9
const subCount = 1 << subBits
const octavesMax = 44
export const bucketCount = (octavesMax - subBits + 1) * subCount
const valueMax = 2 ** octavesMax - 1

/** Bucket of a value in nanoseconds; negative values belong to bucket 0, values above the range to the last. Hot path. */
export function bucketIndex(valueNs: number): number {
  if (!(valueNs >= 0)) return 0
  if (valueNs < 0x8000_0000) return smallBucketIndex(valueNs | 0)
  // 32-bit arithmetic ends here: 16 octaves are divided off, exactly, and added to the index again.
  return smallBucketIndex(Math.min(valueNs, valueMax) / 0x1_0000) + 16 * subCount
}

function smallBucketIndex(value: number): number {
  if (value < subCount) return value | 0
  const shift = 31 - subBits - Math.clz32(value)
  return ((shift + 1) << subBits) + ((value >>> shift) - subCount)
}

/** Smallest value of a bucket. */
export function bucketLowNs(index: number): number {
  if (index < subCount) return index
  return (subCount + (index & (subCount - 1))) * 2 ** ((index >> subBits) - 1)
}

/** Smallest value above a bucket. */
export const bucketHighNs = (index: number): number => bucketLowNs(index + 1)

/** The middle of the whole numbers of a bucket, which stands for all of its samples together. */
export const bucketMiddleNs = (index: number): number => (bucketLowNs(index) + bucketHighNs(index) - 1) / 2

type Bucket = [index: number, count: number]

/** A histogram as plain data, exact in all that it knows. */
export type HistogramParts = {
  readonly counts: Float64Array
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
}

/**
 * Counts of durations. Recording allocates nothing; minimum, maximum, sum and count are exact, quantiles within 0.2 %.
 * `quantile(p)` is the inverse of the empirical distribution: the value of the sample with rank ceil(p n), n samples sorted.
 */
export class Histogram {
  readonly #counts = new Float64Array(bucketCount)
  #count = 0
  #sum = 0
  #min = Number.POSITIVE_INFINITY
  #max = 0

  get count(): number {
    return this.#count
  }

  get minNs(): number {
    return this.#count === 0 ? 0 : this.#min
  }

  get maxNs(): number {
    return this.#max
  }

  get meanNs(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count
  }

  /** Hot path: once a sample and series. */
  record(valueNs: number): void {
    const value = Math.max(valueNs, 0)
    const index = bucketIndex(value)
    this.#counts[index] = (this.#counts[index] ?? 0) + 1
    this.#count += 1
    this.#sum += value
    if (value < this.#min) this.#min = value
    if (value > this.#max) this.#max = value
  }

  /** All there is, for another thread. */
  toParts(): HistogramParts {
    return { counts: this.#counts.slice(), count: this.#count, sum: this.#sum, min: this.#min, max: this.#max }
  }

  static fromParts(parts: HistogramParts): Histogram {
    const histogram = new Histogram()
    histogram.#counts.set(parts.counts)
    histogram.#count = parts.count
    histogram.#sum = parts.sum
    histogram.#min = parts.min
    histogram.#max = parts.max
    return histogram
  }

  /** Adds the counts of another: the only right way to join the percentiles of two. */
  merge(other: Histogram): void {
    for (let index = 0; index < bucketCount; index += 1) {
      this.#counts[index] = (this.#counts[index] ?? 0) + (other.#counts[index] ?? 0)
    }
    this.#count += other.#count
    this.#sum += other.#sum
    this.#min = Math.min(this.#min, other.#min)
    this.#max = Math.max(this.#max, other.#max)
  }

  /** Zero where nothing was recorded. */
  quantile(share: number): number {
    assert(share >= 0 && share <= 1, 'a quantile lies between 0 and 1')
    if (this.#count === 0) return 0
    const rank = rankOf(share, this.#count)
    // The first and the last sample are known exactly.
    if (rank === 1) return this.minNs
    if (rank === this.#count) return this.#max
    return Math.min(Math.max(quantileOf(this.#counts, this.#count, share), this.#min), this.#max)
  }

  /** Bucket that holds the sample of this quantile. */
  quantileBucket(share: number): number {
    return quantileBucketOf(this.#counts, this.#count, share)
  }

  /** Samples in this bucket or above. */
  countFrom(bucket: number): number {
    let count = 0
    for (let index = bucket; index < bucketCount; index += 1) count += this.#counts[index] ?? 0
    return count
  }

  toBuckets(): Bucket[] {
    const buckets: Bucket[] = []
    for (let index = 0; index < bucketCount; index += 1) {
      const count = this.#counts[index] ?? 0
      if (count > 0) buckets.push([index, count])
    }
    return buckets
  }

  /** From a file: counts are exact, minimum, maximum and mean only as exact as the buckets. */
  static fromBuckets(buckets: readonly (readonly [number, number])[]): Histogram {
    const histogram = new Histogram()
    for (const [index, count] of buckets) {
      assert(index >= 0 && index < bucketCount, 'a bucket lies within the layout')
      histogram.#counts[index] = (histogram.#counts[index] ?? 0) + count
      histogram.#count += count
      histogram.#sum += bucketMiddleNs(index) * count
      histogram.#min = Math.min(histogram.#min, bucketLowNs(index))
      histogram.#max = Math.max(histogram.#max, bucketHighNs(index) - 1)
    }
    return histogram
  }
}

/** Bucket that holds the sample of a quantile among `count` samples counted in `table`. */
export function quantileBucketOf(table: Float64Array, count: number, share: number): number {
  const rank = rankOf(share, count)
  let seen = 0
  for (let bucket = 0; bucket < table.length; bucket += 1) {
    seen += table[bucket] ?? 0
    if (seen >= rank) return bucket
  }
  return table.length - 1
}

/** Value of a quantile among `count` samples, at least one, counted in `table`. */
export function quantileOf(table: Float64Array, count: number, share: number): number {
  const rank = rankOf(share, count)
  let seen = 0
  for (let bucket = 0; bucket < table.length; bucket += 1) {
    const inBucket = table[bucket] ?? 0
    if (seen + inBucket >= rank) return placeInBucketNs(bucket, rank - seen, inBucket)
    seen += inBucket
  }
  return bucketMiddleNs(table.length - 1)
}

/** Where the sample of a rank, from 1, lies in its bucket when all `count` samples in there lie evenly. */
export const placeInBucketNs = (bucket: number, rank: number, count: number): number =>
  bucketLowNs(bucket) + ((rank - 0.5) / count) * (bucketHighNs(bucket) - 1 - bucketLowNs(bucket))

/** Rank, from 1, of the sample at a quantile. The tolerance keeps 0.95 * 100 at 95 although the product is a hair above. */
export const rankOf = (share: number, count: number): number =>
  Math.min(count, Math.max(1, Math.ceil(share * count * (1 - 1e-12))))
