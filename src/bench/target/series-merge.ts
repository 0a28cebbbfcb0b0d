import { enlarged } from '../../core/enlarged.js'
import { intervalNs, type Series } from '../../results/run-result.js'
import { bucketCount, Histogram, quantileOf } from '../../stats/histogram.js'
import { summarise } from '../../stats/summary.js'
import { quantileShares, tailBucket } from '../series.js'
import { PackedIntervals } from './packed-intervals.js'
import type { ClosedInterval, SeriesTotals } from './series-recording.js'

// Intervals of several workers joined into those of the run. An interval is summarised once every worker has closed it; of series
// that are judged its buckets are kept too, packed, since how its tail lies to the quantiles of the whole run is known at the end.

type Row = Series['intervals'][number]

const figureCount = 6

export class SeriesMerge {
  readonly name: string
  readonly #limitsNs: readonly number[]
  readonly #workers: number
  readonly #keepsBuckets: boolean
  /** Intervals that some workers have closed and others have not. */
  readonly #partial = new Map<number, Partial>()
  /** count, unanswered, p50, p95, p99, max of each interval, then its exceedances. */
  #figures = new Float64Array(64)
  #rowCount = 0
  readonly #packed = new PackedIntervals()
  readonly #totalCounts = new Float64Array(bucketCount)
  #totalCount = 0
  readonly #histogram = new Histogram()
  readonly #over: number[]

  constructor(name: string, limitsNs: readonly number[], options: { workers: number; keepsBuckets: boolean }) {
    this.name = name
    this.#limitsNs = limitsNs
    this.#workers = options.workers
    this.#keepsBuckets = options.keepsBuckets
    this.#over = limitsNs.map(() => 0)
  }

  /** Intervals that are summarised. */
  get rowCount(): number {
    return this.#rowCount
  }

  /** Workers close their intervals in order, and so the joined ones follow each other too. */
  add(interval: number, closed: ClosedInterval): void {
    const partial = this.#partial.get(interval) ?? { closed: [] }
    partial.closed.push(closed)
    this.#partial.set(interval, partial)
    if (partial.closed.length < this.#workers) return
    this.#partial.delete(interval)
    this.#summarise(partial.closed)
  }

  /** Joins what not all workers have closed: of a run that ended early, some saw the end a moment later. */
  finish(): void {
    for (const interval of [...this.#partial.keys()].sort((a, b) => a - b)) {
      this.#summarise(this.#partial.get(interval)?.closed ?? [])
    }
    this.#partial.clear()
  }

  addTotals(totals: SeriesTotals): void {
    this.#histogram.merge(Histogram.fromParts(totals.histogram))
    for (let index = 0; index < this.#over.length; index += 1) {
      this.#over[index] = (this.#over[index] ?? 0) + (totals.over[index] ?? 0)
    }
  }

  /** Quantiles over all summarised intervals. */
  quantilesSoFar(shares: readonly number[]): { readonly count: number; readonly valuesNs: readonly number[] } {
    const value = (share: number): number =>
      this.#totalCount === 0 ? 0 : quantileOf(this.#totalCounts, this.#totalCount, share)
    return { count: this.#totalCount, valuesNs: shares.map(value) }
  }

  /** Quantile over the intervals from `from` up to `to`, of a series that keeps its buckets; zero where they hold no sample. */
  quantileWithin(share: number, from: number, to: number): number {
    const counts = new Float64Array(bucketCount)
    let count = 0
    for (let interval = from; interval < Math.min(to, this.#rowCount); interval += 1) {
      this.#packed.forEach(interval, (bucket, inBucket) => {
        counts[bucket] = (counts[bucket] ?? 0) + inBucket
        count += inBucket
      })
    }
    return count === 0 ? 0 : quantileOf(counts, count, share)
  }

  /** Of a series that keeps its buckets: what some intervals hold, their maximum exactly. */
  histogramOf(intervals: readonly number[]): Histogram {
    const counts = new Map<number, number>()
    for (const interval of intervals) {
      this.#packed.forEach(interval, (bucket, count) => counts.set(bucket, (counts.get(bucket) ?? 0) + count))
    }
    const stride = figureCount + this.#limitsNs.length
    const maxNs = Math.max(0, ...intervals.map((interval) => this.#figures[interval * stride + figureCount - 1] ?? 0))
    const parts = Histogram.fromBuckets([...counts]).toParts()
    return Histogram.fromParts({ ...parts, max: maxNs })
  }

  /** Rows from `from` on, without what is known only at the end. */
  rows(from: number): Row[] {
    return this.#rows(from, this.#rowCount, [])
  }

  /** `intervalCount` cuts what an interrupted run did not reach. */
  toSeries(intervalCount: number): Series {
    const tails = this.#keepsBuckets ? quantileShares.map((share) => tailBucket(this.#histogram, share)) : []
    return {
      name: this.name,
      summary: summarise(this.#histogram),
      over: this.#limitsNs.map((limitNs, index) => ({ limitNs, count: this.#over[index] ?? 0 })),
      intervals: this.#rows(0, Math.min(intervalCount, this.#rowCount), tails),
      histogram: this.#histogram.toBuckets(),
    }
  }

  /** Of the intervals that are summarised, while the run still goes on. */
  toSeriesSoFar(): Series {
    const soFar = Histogram.fromBuckets([...this.#totalCounts.entries()].filter(([, count]) => count > 0))
    const rows = this.#rows(
      0,
      this.#rowCount,
      quantileShares.map((share) => tailBucket(soFar, share)),
    )
    const over = this.#limitsNs.map((limitNs, index) => {
      return { limitNs, count: rows.reduce((sum, row) => sum + (row.over[index] ?? 0), 0) }
    })
    return { name: this.name, summary: summarise(soFar), over, intervals: rows, histogram: soFar.toBuckets() }
  }

  get histogram(): Histogram {
    return this.#histogram
  }

  #rows(from: number, to: number, tails: readonly number[]): Row[] {
    const stride = figureCount + this.#limitsNs.length
    return Array.from({ length: Math.max(0, to - from) }, (_, index) => {
      const first = (from + index) * stride
      const [count = 0, unanswered = 0, p50Ns = 0, p95Ns = 0, p99Ns = 0, maxNs = 0] = this.#figures.subarray(first)
      return {
        startNs: (from + index) * intervalNs,
        count,
        over: [...this.#figures.subarray(first + figureCount, first + stride)],
        aboveQuantiles: tails.map((bucket) => this.#countFrom(from + index, bucket)),
        ...{ unanswered, p50Ns, p95Ns, p99Ns, maxNs },
      }
    })
  }

  #countFrom(interval: number, bucket: number): number {
    let count = 0
    this.#packed.forEach(interval, (held, inBucket) => {
      if (held >= bucket) count += inBucket
    })
    return count
  }

  #summarise(parts: readonly ClosedInterval[]): void {
    const table = new Float64Array(bucketCount)
    let count = 0
    for (const { buckets, counts } of parts) {
      for (let index = 0; index < buckets.length; index += 1) {
        const bucket = buckets[index] ?? 0
        table[bucket] = (table[bucket] ?? 0) + (counts[index] ?? 0)
        count += counts[index] ?? 0
      }
    }
    const maxNs = Math.max(...parts.map((part) => part.maxNs))
    const value = (share: number): number => (count === 0 ? 0 : Math.min(quantileOf(table, count, share), maxNs))
    const total = (pick: (part: ClosedInterval) => number): number => parts.reduce((sum, part) => sum + pick(part), 0)
    this.#append([
      ...[count, total(({ unanswered }) => unanswered), value(0.5), value(0.95), value(0.99), maxNs],
      ...this.#limitsNs.map((_, index) => total(({ over }) => over[index] ?? 0)),
    ])
    this.#addToTotals(table)
    if (this.#keepsBuckets) this.#packed.append(table)
    this.#rowCount += 1
    this.#totalCount += count
  }

  #append(figures: readonly number[]): void {
    const first = this.#rowCount * figures.length
    if (first + figures.length > this.#figures.length) {
      this.#figures = enlarged(new Float64Array(this.#figures.length * 2 + figures.length), this.#figures)
    }
    this.#figures.set(figures, first)
  }

  #addToTotals(table: Float64Array): void {
    for (let bucket = 0; bucket < bucketCount; bucket += 1) {
      const count = table[bucket] ?? 0
      if (count > 0) this.#totalCounts[bucket] = (this.#totalCounts[bucket] ?? 0) + count
    }
  }
}

type Partial = { readonly closed: ClosedInterval[] }
