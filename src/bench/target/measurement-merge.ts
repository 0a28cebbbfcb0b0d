import { present } from '../../core/assert.js'
import { type DurationNs, durationNs, nsPerSec } from '../../core/units.js'
import { intervalNs, type Series, type SlowRequest } from '../../results/run-result.js'
import { Histogram } from '../../stats/histogram.js'
import { summarise } from '../../stats/summary.js'
import { BandSums } from '../band.js'
import type { MeasuredSoFar } from '../decision.js'
import { Reasons } from '../reasons.js'
import { trendOf } from '../recorder.js'
import { slowestMax } from '../slowest.js'
import { fastPathName } from './http-fast-path.js'
import type { Measurement, MeasurementPlan, MeasurementProgress, RequestCounts } from './measurement.js'
import { groupOf, requestParts } from './request-parts.js'
import { firstComponent, firstStage, limitsOf, seriesNames } from './request-recorder.js'
import { SeriesMerge } from './series-merge.js'
import type { WorkerProgress, WorkerResult } from './worker.js'

type HowItWent = Pick<Measurement, 'startedAt' | 'interrupted' | 'pacing' | 'path'> & {
  /** Since the start of the window; null where nothing ended it early. */
  readonly stoppedNs: number | null
}

/** What all workers have recorded, joined by adding counts: never by a mean of their percentiles. */
export class MeasurementMerge {
  readonly #plan: MeasurementPlan
  readonly #series: readonly SeriesMerge[]
  readonly #progress: (WorkerProgress | null)[]
  readonly #results: WorkerResult[] = []
  #rowsTold = 0

  constructor(plan: MeasurementPlan, workers: number) {
    this.#plan = plan
    this.#series = seriesNames(plan).map(({ name, role }, index) => {
      const keepsBuckets = role === 'endToEnd' || role === 'component'
      return new SeriesMerge(name, limitsOf(plan, index), { workers, keepsBuckets })
    })
    this.#progress = new Array<WorkerProgress | null>(workers).fill(null)
  }

  add(progress: WorkerProgress): void {
    this.#progress[progress.worker] = progress
    for (const { interval, series } of progress.closed) {
      for (const [index, closed] of series.entries()) this.#series[index]?.add(interval, closed)
    }
  }

  finish(result: WorkerResult): void {
    this.add(result)
    this.#results.push(result)
    for (const [index, totals] of result.totals.series.entries()) this.#series[index]?.addTotals(totals)
  }

  /** `windowNs`: as long as the window will be, as it stands. */
  progress(elapsedNs: number, windowNs: number): MeasurementProgress {
    const { warmupNs } = this.#plan
    const told = this.#told()
    const { count, valuesNs } = told.quantilesSoFar([0.5, 0.95, 0.99])
    const [p50Ns = 0, p95Ns = 0, p99Ns = 0] = valuesNs
    const rows = told.rows(this.#rowsTold)
    this.#rowsTold += rows.length
    const counts = this.#counts(this.#progress)
    const measuredNs = Math.min(windowNs, elapsedNs - warmupNs)
    return {
      phase: elapsedNs < warmupNs ? 'warm-up' : elapsedNs < warmupNs + windowNs ? 'measuring' : 'draining',
      elapsedNs: durationNs(elapsedNs),
      totalNs: durationNs(warmupNs + windowNs),
      counts,
      inFlight: this.#progress.reduce((sum, worker) => sum + (worker?.inFlight ?? 0), 0),
      completedPerSec: measuredNs <= 0 ? 0 : (counts.completed * nsPerSec) / measuredNs,
      responseTime: { count, p50Ns, p95Ns, p99Ns },
      intervals: rows,
    }
  }

  /** `elapsedNs` since the start of the window. */
  soFar(elapsedNs: number): MeasuredSoFar {
    const { completed, failed, timedOut, dropped, lost } = this.#counts(this.#progress)
    return {
      endToEnd: this.#at(0).toSeriesSoFar(),
      components: this.#series.slice(firstComponent).map((series) => series.toSeriesSoFar()),
      counts: { completed, failed, timedOut, dropped, lost },
      answeredCount: completed,
      countedNs: elapsedNs,
    }
  }

  measurement(how: HowItWent): Measurement {
    const windowNs = this.#windowNs(how.stoppedNs)
    for (const series of this.#series) series.finish()
    const intervalCount = Math.ceil(windowNs / intervalNs)
    const { components, client } = this.#plan
    const endToEnd = this.#at(0)
    const within = (from: number, to: number): Series[] =>
      this.#series.slice(from, to).map((series) => series.toSeries(intervalCount))
    return {
      ...{ startedAt: how.startedAt, windowNs, interrupted: how.interrupted, pacing: how.pacing, path: how.path },
      counts: this.#counts(this.#results),
      reasons: this.#reasons(),
      endToEnd: endToEnd.toSeries(intervalCount),
      responseTimesOf: (intervals) => endToEnd.histogramOf(intervals),
      service: this.#at(1).toSeries(intervalCount),
      stages: within(firstStage, firstComponent).filter(({ summary }) => summary.count > 0),
      components: within(firstComponent, this.#series.length),
      attribution: this.#band().attribution(endToEnd.histogram, requestParts, (part) => groupOf(part, components)),
      trend: trendOf(endToEnd, Math.min(intervalCount, endToEnd.rowCount)),
      lateness: summarise(this.#lateness()),
      slowest: this.#slowest(),
      libraryPath: client.kind === 'http' && how.path !== fastPathName ? how.path : null,
      sumMismatches: this.#total(({ totals }) => totals.sumMismatches),
      negativeDifferences: this.#total(({ totals }) => totals.negativeDifferences),
      serverOverruns: this.#total(({ totals }) => totals.serverOverruns),
      workers: this.#results.map(({ worker, health }) => ({ name: `worker-${worker}`, health })),
    }
  }

  /** The distribution that a view shows: a closed loop has service times only. */
  #told(): SeriesMerge {
    return this.#at(this.#plan.arrivals.kind === 'closed' ? 1 : 0)
  }

  #at(index: number): SeriesMerge {
    return present(this.#series[index], 'the first series are always there')
  }

  #windowNs(stoppedNs: number | null): DurationNs {
    if (stoppedNs === null) return this.#plan.windowNs
    const recordedNs = this.#results.map(({ totals }) => totals.recordedNs)
    return durationNs(Math.min(this.#plan.windowNs, Math.max(0, stoppedNs, ...recordedNs)))
  }

  #counts(workers: readonly ({ readonly counts: RequestCounts } | null)[]): RequestCounts {
    const sum = (pick: (counts: RequestCounts) => number): number =>
      workers.reduce((total, worker) => total + (worker === null ? 0 : pick(worker.counts)), 0)
    return {
      planned: sum(({ planned }) => planned),
      sent: sum(({ sent }) => sent),
      late: sum(({ late }) => late),
      completed: sum(({ completed }) => completed),
      failed: sum(({ failed }) => failed),
      timedOut: sum(({ timedOut }) => timedOut),
      dropped: sum(({ dropped }) => dropped),
      lost: sum(({ lost }) => lost),
    }
  }

  #total(pick: (result: WorkerResult) => number): number {
    return this.#results.reduce((sum, result) => sum + pick(result), 0)
  }

  #reasons(): Record<string, number> {
    const reasons = new Reasons()
    for (const { totals } of this.#results) for (const [reason, count] of totals.reasons) reasons.add(reason, count)
    return reasons.toRecord()
  }

  #lateness(): Histogram {
    const lateness = new Histogram()
    for (const { totals } of this.#results) lateness.merge(Histogram.fromParts(totals.lateness))
    return lateness
  }

  #band(): BandSums {
    const band = new BandSums()
    for (const { totals } of this.#results) band.addBuckets(totals.band)
    return band
  }

  #slowest(): SlowRequest[] {
    const all = this.#results.flatMap(({ totals }) => totals.slowest)
    return all.toSorted((a, b) => b.responseNs - a.responseNs || a.seq - b.seq).slice(0, slowestMax)
  }
}
