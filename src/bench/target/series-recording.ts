import { bucketIndex, Histogram, type HistogramParts } from '../../stats/histogram.js'
import { IntervalSamples } from '../../stats/interval-samples.js'

// A worker keeps only those intervals whose requests have not all ended; closed ones go to the main thread, which joins them with
// those of other workers by adding counts. So the memory of a run is that of its last seconds, however long it takes.

/** The samples of one worker and series in one interval, as plain data. */
export type ClosedInterval = {
  readonly count: number
  readonly maxNs: number
  readonly unanswered: number
  /** Samples above each limit of the series. */
  readonly over: readonly number[]
  /** Numbers of the buckets that are not empty, ascending, and their counts. */
  readonly buckets: Uint16Array
  readonly counts: Uint32Array
}

export type SeriesTotals = { readonly histogram: HistogramParts; readonly over: readonly number[] }

type OpenInterval = { readonly samples: IntervalSamples; readonly over: number[]; unanswered: number }

/** One distribution as a worker records it. */
export class SeriesRecording {
  readonly histogram = new Histogram()
  readonly #limitsNs: readonly number[]
  readonly #over: number[]
  /** Intervals from `#first` on. */
  readonly #open: OpenInterval[] = []
  #first = 0

  constructor(limitsNs: readonly number[]) {
    this.#limitsNs = limitsNs
    this.#over = limitsNs.map(() => 0)
  }

  /** Hot path: once a request and series. */
  record(valueNs: number, interval: number): void {
    const value = Math.max(valueNs, 0)
    const open = this.#open[interval - this.#first] ?? this.#openUpTo(interval)
    this.histogram.record(value)
    open.samples.record(bucketIndex(value), value)
    for (let index = 0; index < this.#limitsNs.length; index += 1) {
      if (value <= (this.#limitsNs[index] ?? 0)) continue
      this.#over[index] = (this.#over[index] ?? 0) + 1
      open.over[index] = (open.over[index] ?? 0) + 1
    }
  }

  /** Marks a recorded sample as one without an answer in time. */
  countUnanswered(interval: number): void {
    const open = this.#open[interval - this.#first] ?? this.#openUpTo(interval)
    open.unanswered += 1
  }

  /** Gives away the first interval that is open. */
  closeFirst(): ClosedInterval {
    const { samples, over, unanswered } = this.#open.shift() ?? emptyInterval(this.#limitsNs)
    this.#first += 1
    return { count: samples.count, maxNs: samples.maxNs, unanswered, over, ...samples.toBuckets() }
  }

  get totals(): SeriesTotals {
    return { histogram: this.histogram.toParts(), over: this.#over }
  }

  #openUpTo(interval: number): OpenInterval {
    const wanted = Math.max(0, interval - this.#first)
    for (;;) {
      const open = this.#open[wanted]
      if (open !== undefined) return open
      this.#open.push(emptyInterval(this.#limitsNs))
    }
  }
}

const emptyInterval = (limitsNs: readonly number[]): OpenInterval => ({
  samples: new IntervalSamples(),
  over: limitsNs.map(() => 0),
  unanswered: 0,
})
