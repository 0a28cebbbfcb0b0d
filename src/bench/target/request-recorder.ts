import { intervalNs, type SlowRequest } from '../../results/run-result.js'
import { Histogram, type HistogramParts } from '../../stats/histogram.js'
import { type BandBucket, BandSums, type Split } from '../band.js'
import { Reasons } from '../reasons.js'
import { Slowest } from '../slowest.js'
import type { MeasurementPlan, RequestCounts, RequestEnding } from './measurement.js'
import { groupOf, RequestSplitter, type RequestTimes, requestParts } from './request-parts.js'
import { type ClosedInterval, SeriesRecording, type SeriesTotals } from './series-recording.js'

// What one worker records of its measured requests. Series stand in one order everywhere: end to end, service, the stages,
// the components.

export const seriesNames = (plan: Pick<MeasurementPlan, 'components'>): readonly SeriesName[] => [
  { name: 'end to end', role: 'endToEnd' },
  { name: 'service', role: 'service' },
  ...requestParts.map(({ stage }) => ({ name: stage, role: 'stage' as const })),
  ...plan.components.map(({ name }) => ({ name, role: 'component' as const })),
]
/** Places in that order. */
export const firstStage = 2
export const firstComponent = firstStage + requestParts.length
type SeriesName = { readonly name: string; readonly role: 'endToEnd' | 'service' | 'stage' | 'component' }

/** Limits of a series by its place. */
export function limitsOf(
  plan: Pick<MeasurementPlan, 'components' | 'endToEndLimitsNs'>,
  index: number,
): readonly number[] {
  if (index === 0) return plan.endToEndLimitsNs
  return plan.components[index - firstComponent]?.limitsNs ?? []
}

/** All series of one worker in one interval. */
export type HandedOver = { readonly interval: number; readonly series: readonly ClosedInterval[] }

export type WorkerTotals = {
  readonly counts: RequestCounts
  readonly reasons: ReadonlyMap<string, number>
  readonly series: readonly SeriesTotals[]
  readonly lateness: HistogramParts
  readonly band: readonly BandBucket[]
  readonly slowest: readonly SlowRequest[]
  /** End of what was recorded, since the start of the window: a worker may see a stop a moment late. */
  readonly recordedNs: number
  readonly sumMismatches: number
  readonly negativeDifferences: number
  /** Answers whose server says to have taken longer. */
  readonly serverOverruns: number
}

/** One request that has ended, or was dropped. One object is used again for every request. */
export type EndedRequest = { -readonly [Key in keyof RequestTimes]: RequestTimes[Key] } & { seq: number }

export class RequestRecorder {
  readonly #plan: MeasurementPlan
  readonly #windowAt: number
  readonly #series: readonly SeriesRecording[]
  /** Index of the component series of each part, or -1. */
  readonly #componentOf: Int32Array
  readonly #componentSums: Float64Array
  readonly #splitter = new RequestSplitter()
  readonly #lateness = new Histogram()
  readonly #band = new BandSums()
  readonly #slowest = new Slowest()
  readonly #reasons = new Reasons()
  /** A greeting or a heartbeat does no harm: such messages explain requests that had no answer, and only those. */
  readonly #unassigned = new Reasons()
  readonly #counts = { planned: 0, sent: 0, late: 0, completed: 0, failed: 0, timedOut: 0, dropped: 0, lost: 0 }
  /** Requests under way by interval, from `#firstOpen` on. */
  readonly #outstanding: number[] = []
  #firstOpen = 0
  #lastIntendedAt = 0

  constructor(plan: MeasurementPlan, windowAt: number) {
    this.#plan = plan
    this.#windowAt = windowAt
    this.#series = seriesNames(plan).map((_, index) => new SeriesRecording(limitsOf(plan, index)))
    const names = plan.components.map(({ name }) => name)
    this.#componentOf = Int32Array.from(requestParts, (part) => names.indexOf(groupOf(part, plan.components) ?? ''))
    this.#componentSums = new Float64Array(names.length)
  }

  get counts(): RequestCounts {
    return this.#counts
  }

  measured(intendedAt: number): boolean {
    return intendedAt >= this.#windowAt
  }

  /** Hot path: a measured request is handed to the client. */
  begin(intendedAt: number, latenessNs: number): void {
    this.#counts.planned += 1
    this.#counts.sent += 1
    this.#lastIntendedAt = intendedAt
    this.#lateness.record(latenessNs)
    const index = this.#intervalOf(intendedAt) - this.#firstOpen
    while (this.#outstanding.length <= index) this.#outstanding.push(0)
    this.#outstanding[index] = (this.#outstanding[index] ?? 0) + 1
  }

  /** A measured request that nobody could take. */
  drop(request: EndedRequest): void {
    this.#counts.planned += 1
    this.#counts.dropped += 1
    this.#lastIntendedAt = request.intendedAt
    this.#recordUnanswered(request, 'dropped')
  }

  /** Hot path: a measured request that had begun has ended. */
  end(request: EndedRequest, ending: RequestEnding, failure: string | null): void {
    const interval = this.#intervalOf(request.intendedAt)
    const index = interval - this.#firstOpen
    this.#outstanding[index] = (this.#outstanding[index] ?? 0) - 1
    this.#counts[ending] += 1
    if (failure !== null) this.#reasons.add(failure)
    if (this.#plan.arrivals.kind === 'closed') {
      if (ending === 'completed') this.#series[1]?.record(request.doneAt - sentAtOf(request), interval)
      return
    }
    if (ending === 'completed') this.#recordCompleted(request, interval)
    else this.#recordUnanswered(request, ending)
  }

  /** A message that nobody could be told of. */
  countUnassigned(at: number, what: string): void {
    if (this.measured(at)) this.#unassigned.add(what)
  }

  countLate(): void {
    this.#counts.late += 1
  }

  /** Closes the intervals that ended before `now` and in which nothing is under way; `dueFrom` is the next instant. */
  close(now: number, dueFrom: number): HandedOver[] {
    const closed: HandedOver[] = []
    for (;;) {
      const endAt = this.#windowAt + (this.#firstOpen + 1) * intervalNs
      if (endAt > now || dueFrom < endAt || (this.#outstanding[0] ?? 0) > 0) return closed
      closed.push(this.#closeFirst())
    }
  }

  /** Closes all up to the last interval of what was run. */
  closeAll(intervalCount: number): HandedOver[] {
    const closed: HandedOver[] = []
    while (this.#firstOpen < intervalCount) closed.push(this.#closeFirst())
    return closed
  }

  /** Intervals of a window that ends at an instant; more where something later was recorded. */
  intervalCountTo(at: number): number {
    return Math.max(Math.ceil((at - this.#windowAt) / intervalNs), this.#firstOpen + this.#outstanding.length)
  }

  /** `strayCount` answers came for requests that had ended: of them nobody knows what they measured. */
  totals(strayCount: number): WorkerTotals {
    if (this.#counts.timedOut + this.#counts.lost > 0) {
      for (const [what, count] of this.#unassigned.counts) this.#reasons.add(what, count)
    }
    return {
      counts: this.#counts,
      reasons: this.#reasons.counts,
      series: this.#series.map(({ totals }) => totals),
      lateness: this.#lateness.toParts(),
      band: this.#band.toBuckets(),
      slowest: this.#slowest.toRequests(requestParts),
      recordedNs: Math.max(0, this.#lastIntendedAt + 1 - this.#windowAt),
      sumMismatches: this.#splitter.sumMismatches + strayCount,
      negativeDifferences: this.#splitter.negativeDifferences,
      serverOverruns: this.#splitter.serverOverruns,
    }
  }

  #closeFirst(): HandedOver {
    const interval = this.#firstOpen
    this.#firstOpen += 1
    this.#outstanding.shift()
    return { interval, series: this.#series.map((series) => series.closeFirst()) }
  }

  #intervalOf(intendedAt: number): number {
    return Math.floor((intendedAt - this.#windowAt) / intervalNs)
  }

  #recordCompleted(request: EndedRequest, interval: number): void {
    const responseNs = request.doneAt - request.intendedAt
    this.#series[0]?.record(responseNs, interval)
    this.#series[1]?.record(request.doneAt - sentAtOf(request), interval)
    const sums = this.#splitter.split(request)
    this.#offer(request, responseNs, 'completed', sums ? this.#splitter : null)
    if (!sums) return
    this.#recordParts(interval)
    this.#band.add(responseNs, this.#splitter)
  }

  #recordParts(interval: number): void {
    const { count, ids, values } = this.#splitter
    const sums = this.#componentSums.fill(Number.NaN)
    for (let index = 0; index < count; index += 1) {
      const id = ids[index] ?? 0
      const value = values[index] ?? 0
      this.#series[firstStage + id]?.record(value, interval)
      const component = this.#componentOf[id] ?? -1
      if (component < 0) continue
      const sum = sums[component] ?? 0
      sums[component] = Number.isNaN(sum) ? value : sum + value
    }
    for (let component = 0; component < sums.length; component += 1) {
      const sum = sums[component] ?? Number.NaN
      if (!Number.isNaN(sum)) this.#series[firstComponent + component]?.record(sum, interval)
    }
  }

  #recordUnanswered(request: EndedRequest, ending: RequestEnding): void {
    const interval = this.#intervalOf(request.intendedAt)
    const responseNs = Math.max(request.doneAt - request.intendedAt, this.#plan.timeoutNs)
    this.#series[0]?.record(responseNs, interval)
    this.#series[0]?.countUnanswered(interval)
    this.#offer(request, responseNs, ending, null)
  }

  #offer(request: EndedRequest, responseNs: number, ending: RequestEnding, split: Split | null): void {
    this.#slowest.offer(request.seq, { offsetNs: request.intendedAt - this.#windowAt, responseNs, ending }, split)
  }
}

const sentAtOf = ({ sentAt, issuedAt }: EndedRequest): number => (sentAt === 0 ? issuedAt : sentAt)
