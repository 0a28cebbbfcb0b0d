import type { Attribution } from '../results/run-result.js'
import { bucketIndex, type Histogram } from '../stats/histogram.js'
import type { Part } from './attribution.js'

type Sums = { count: number; responseNs: number; parts: Float64Array }

/** The parts of one request: `ids[i]` and `values[i]` for i < `count`. */
export type Split = {
  readonly parts: readonly Part[]
  readonly ids: Int32Array
  readonly values: Float64Array
  readonly count: number
}

/** As plain data, for another thread. */
export type BandBucket = { readonly bucket: number } & Readonly<Sums>

/**
 * Sums of the parts of all ticks by the bucket of their response time, so that the p95..p99 band, known only at the end,
 * needs no sample kept. The band is whole buckets (0.8 % wide); within it the parts sum to the response time exactly.
 */
export class BandSums {
  readonly #byBucket = new Map<number, Sums>()

  /** Hot path: once a tick. */
  add(responseNs: number, splitter: Split): void {
    const bucket = bucketIndex(responseNs)
    let sums = this.#byBucket.get(bucket)
    if (sums === undefined || sums.parts.length < splitter.parts.length) {
      sums = this.#make(bucket, splitter.parts.length)
    }
    sums.count += 1
    sums.responseNs += responseNs
    for (let index = 0; index < splitter.count; index += 1) {
      const id = splitter.ids[index] ?? 0
      sums.parts[id] = (sums.parts[id] ?? 0) + (splitter.values[index] ?? 0)
    }
  }

  toBuckets(): BandBucket[] {
    return [...this.#byBucket].map(([bucket, sums]) => ({ bucket, ...sums }))
  }

  /** Adds what another thread has summed over the same parts. */
  addBuckets(buckets: readonly BandBucket[]): void {
    for (const { bucket, count, responseNs, parts } of buckets) {
      const sums = this.#byBucket.get(bucket) ?? this.#make(bucket, parts.length)
      sums.count += count
      sums.responseNs += responseNs
      for (let id = 0; id < parts.length; id += 1) sums.parts[id] = (sums.parts[id] ?? 0) + (parts[id] ?? 0)
    }
  }

  #make(bucket: number, partCount: number): Sums {
    const old = this.#byBucket.get(bucket)
    const parts = new Float64Array(partCount + 16)
    if (old !== undefined) parts.set(old.parts)
    const sums: Sums = { count: old?.count ?? 0, responseNs: old?.responseNs ?? 0, parts }
    this.#byBucket.set(bucket, sums)
    return sums
  }

  /** Means over the ticks between two quantiles of `distribution`; null where none of them carried stamps. */
  attribution(
    distribution: Histogram,
    parts: readonly Part[],
    componentOf: (part: Part) => string | null,
  ): Attribution | null {
    if (distribution.count === 0) return null
    const total: Sums = { count: 0, responseNs: 0, parts: new Float64Array(parts.length) }
    const last = distribution.quantileBucket(0.99)
    for (let bucket = distribution.quantileBucket(0.95); bucket <= last; bucket += 1) this.#sumInto(total, bucket)
    if (total.count === 0) return null
    const meanResponseNs = total.responseNs / total.count
    const rows = parts.flatMap((part, id) => {
      const meanNs = (total.parts[id] ?? 0) / total.count
      return meanNs === 0 ? [] : [{ ...part, meanNs, share: meanNs / meanResponseNs }]
    })
    const components = new Map<string, { meanNs: number; share: number }>()
    for (const row of rows) {
      const name = componentOf(row) ?? 'unassigned'
      const sum = components.get(name) ?? { meanNs: 0, share: 0 }
      components.set(name, { meanNs: sum.meanNs + row.meanNs, share: sum.share + row.share })
    }
    return {
      fromNs: distribution.quantile(0.95),
      toNs: distribution.quantile(0.99),
      count: total.count,
      parts: rows,
      components: [...components].map(([name, sum]) => ({ name, ...sum })),
    }
  }

  #sumInto(total: Sums, bucket: number): void {
    const sums = this.#byBucket.get(bucket)
    if (sums === undefined) return
    total.count += sums.count
    total.responseNs += sums.responseNs
    for (let id = 0; id < total.parts.length; id += 1) {
      total.parts[id] = (total.parts[id] ?? 0) + (sums.parts[id] ?? 0)
    }
  }
}
