import { enlarged } from '../core/enlarged.js'
import { bucketCount, placeInBucketNs, quantileOf, rankOf } from './histogram.js'

/**
 * The samples of one short interval by bucket of stats/histogram.ts. An interval holds few samples, and a run has thousands of
 * intervals, so they are kept as a list of 16-bit bucket numbers until a table of all buckets would be smaller.
 */
export class IntervalSamples {
  #list = new Uint16Array(32)
  #table: Uint32Array | null = null
  #count = 0
  #max = 0

  get count(): number {
    return this.#count
  }

  get maxNs(): number {
    return this.#max
  }

  /** Hot path: once a sample and series. */
  record(bucket: number, valueNs: number): void {
    if (valueNs > this.#max) this.#max = valueNs
    if (this.#table === null && this.#count === this.#list.length) this.#grow()
    const table = this.#table
    if (table === null) this.#list[this.#count] = bucket
    else table[bucket] = (table[bucket] ?? 0) + 1
    this.#count += 1
  }

  /** Adds the counts to `table`, which has an entry for each bucket. */
  addTo(table: Float64Array): void {
    if (this.#table === null) {
      for (let index = 0; index < this.#count; index += 1) {
        const bucket = this.#list[index] ?? 0
        table[bucket] = (table[bucket] ?? 0) + 1
      }
      return
    }
    for (let bucket = 0; bucket < bucketCount; bucket += 1) {
      table[bucket] = (table[bucket] ?? 0) + (this.#table[bucket] ?? 0)
    }
  }

  /**
   * Numbers of the buckets that are not empty, ascending, and their counts. A worker asks this between two requests, so it looks
   * at the few samples of an interval and not at all buckets.
   */
  toBuckets(): { readonly buckets: Uint16Array; readonly counts: Uint32Array } {
    const buckets = new Uint16Array(Math.min(this.#count, bucketCount))
    const counts = new Uint32Array(buckets.length)
    let last = -1
    const add = (bucket: number, count: number): void => {
      if (last < 0 || buckets[last] !== bucket) last += 1
      buckets[last] = bucket
      counts[last] = (counts[last] ?? 0) + count
    }
    if (this.#table === null) {
      for (const bucket of this.#list.slice(0, this.#count).sort()) add(bucket, 1)
    } else {
      for (const [bucket, count] of this.#table.entries()) if (count > 0) add(bucket, count)
    }
    return { buckets: buckets.slice(0, last + 1), counts: counts.slice(0, last + 1) }
  }

  /** Samples in this bucket or above. */
  countFrom(bucket: number): number {
    let count = 0
    if (this.#table === null) {
      for (let index = 0; index < this.#count; index += 1) if ((this.#list[index] ?? 0) >= bucket) count += 1
      return count
    }
    for (let index = bucket; index < bucketCount; index += 1) count += this.#table[index] ?? 0
    return count
  }

  /** Values of several quantiles, each with the definition of `Histogram.quantile`; zero where there is no sample. */
  quantiles(shares: readonly number[]): number[] {
    if (this.#count === 0) return shares.map(() => 0)
    if (this.#table === null) {
      const sorted = this.#list.slice(0, this.#count).sort()
      return shares.map((share) => Math.min(quantileOfSorted(sorted, share), this.#max))
    }
    const table = new Float64Array(bucketCount)
    this.addTo(table)
    return shares.map((share) => Math.min(quantileOf(table, this.#count, share), this.#max))
  }

  #grow(): void {
    if (this.#list.length * 2 >= bucketCount * 2) {
      const table = new Uint32Array(bucketCount)
      for (const bucket of this.#list) table[bucket] = (table[bucket] ?? 0) + 1
      this.#table = table
      this.#list = new Uint16Array(0)
      return
    }
    this.#list = enlarged(new Uint16Array(this.#list.length * 2), this.#list)
  }
}

/** The quantile of samples of which only the buckets are known, in ascending order. */
function quantileOfSorted(buckets: Uint16Array, share: number): number {
  const rank = rankOf(share, buckets.length)
  const bucket = buckets[rank - 1] ?? 0
  const first = buckets.indexOf(bucket)
  return placeInBucketNs(bucket, rank - first, buckets.lastIndexOf(bucket) + 1 - first)
}
