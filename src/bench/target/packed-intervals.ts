import { enlarged } from '../../core/enlarged.js'
import { bucketCount } from '../../stats/histogram.js'

// The buckets of thousands of intervals, one after the other: a word of 16 bits holds the step from the bucket before and a count,
// eight bits each. A larger count takes several words, a larger step an empty word and the bucket itself. Kept in chunks of
// one size: a list that doubled would hold the old and the new one for a while.

const chunkShift = 16
const chunkMask = (1 << chunkShift) - 1
const byteMax = 255

export class PackedIntervals {
  readonly #chunks: Uint16Array[] = []
  #wordCount = 0
  /** Where the words of each interval end. */
  #ends = new Float64Array(64)
  #intervalCount = 0

  /** Adds the next interval: `table` has an entry for each bucket. */
  append(table: Float64Array): void {
    let last = 0
    for (let bucket = 0; bucket < bucketCount; bucket += 1) {
      let left = table[bucket] ?? 0
      if (left === 0) continue
      let step = bucket - last
      if (step > byteMax) {
        this.#push(0)
        this.#push(bucket)
        step = 0
      }
      for (; left > 0; left -= byteMax, step = 0) this.#push((step << 8) | Math.min(left, byteMax))
      last = bucket
    }
    if (this.#intervalCount === this.#ends.length) {
      this.#ends = enlarged(new Float64Array(this.#ends.length * 2), this.#ends)
    }
    this.#ends[this.#intervalCount] = this.#wordCount
    this.#intervalCount += 1
  }

  /** Calls `visit` for the buckets of an interval that hold samples, ascending, the same one again where it holds many. */
  forEach(interval: number, visit: (bucket: number, count: number) => void): void {
    if (interval >= this.#intervalCount) return
    const end = this.#ends[interval] ?? 0
    let bucket = 0
    for (let index = interval === 0 ? 0 : (this.#ends[interval - 1] ?? 0); index < end; index += 1) {
      const word = this.#word(index)
      if (word === 0) {
        index += 1
        bucket = this.#word(index)
        continue
      }
      bucket += word >> 8
      visit(bucket, word & byteMax)
    }
  }

  #word(index: number): number {
    return this.#chunks[index >>> chunkShift]?.[index & chunkMask] ?? 0
  }

  #push(word: number): void {
    if (this.#wordCount >>> chunkShift === this.#chunks.length) this.#chunks.push(new Uint16Array(1 << chunkShift))
    const chunk = this.#chunks[this.#wordCount >>> chunkShift]
    if (chunk !== undefined) chunk[this.#wordCount & chunkMask] = word
    this.#wordCount += 1
  }
}
