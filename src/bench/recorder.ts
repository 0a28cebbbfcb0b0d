import { type Attribution, intervalNs, type Series } from '../results/run-result.js'
import { rankSumZ } from '../stats/rank-sum.js'
import { driverStage, type Part, type Splitter } from './attribution.js'
import { BandSums } from './band.js'
import type { ComponentPlan } from './plan.js'
import { SeriesRecorder } from './series.js'
import { type Ending, slaRule } from './settlement.js'
import type { ClosedInterval } from './target/series-recording.js'

type RecorderPlan = {
  readonly windowNs: number
  readonly timeoutNs: number
  readonly endToEndLimitsNs: readonly number[]
  readonly components: readonly ComponentPlan[]
}

export type Recorded = {
  readonly endToEnd: Series
  readonly noTrade: Series
  readonly rejected: Series
  readonly components: readonly Series[]
  readonly stages: readonly Series[]
  readonly attribution: Attribution | null
  readonly trend: Trend
}

/** Change of the p95 from the first to the last third of the window, and how sure the order of their intervals makes it. */
export type Trend = { readonly share: number | null; readonly z: number }

/** Intervals for which there is room at once beyond the planned window. */
const reachCount = 16

type Sample = { sum: number; tick: number; readonly series: SeriesRecorder }

/**
 * The measured ticks of a run, by intended time. Components and stages are recorded for the ticks of the SLA's distribution
 * that carry stamps: the same population as end to end, so that parts and whole can be compared.
 */
export class Recorder {
  readonly #plan: RecorderPlan
  #intervalCount: number
  readonly #endToEnd: SeriesRecorder
  readonly #noTrade: SeriesRecorder
  readonly #rejected: SeriesRecorder
  readonly #components: Sample[]
  readonly #stages: Sample[] = []
  readonly #stageByName = new Map<string, Sample>()
  /** By part id of the splitter. */
  readonly #stageOf: Sample[] = []
  readonly #componentOf: (Sample | null)[] = []
  readonly #band = new BandSums()
  #tick = 0

  constructor(plan: RecorderPlan) {
    this.#plan = plan
    this.#intervalCount = Math.ceil(plan.windowNs / intervalNs)
    this.#endToEnd = this.#series('end to end', plan.endToEndLimitsNs)
    this.#noTrade = this.#series('no trade', [])
    this.#rejected = this.#series('rejected', [])
    this.#components = plan.components.map((component) => sampleOf(this.#series(component.name, component.limitsNs)))
  }

  get endToEnd(): SeriesRecorder {
    return this.#endToEnd
  }

  component(index: number): SeriesRecorder | undefined {
    return this.#components[index]?.series
  }

  /** Hot path: once a measured tick. `splitter` holds its parts, or is null where it carries none. */
  record(ending: Ending, responseNs: number, offsetNs: number, splitter: Splitter | null): void {
    const interval = Math.floor(offsetNs / intervalNs)
    if (interval >= this.#intervalCount) this.#reach(interval + reachCount)
    const rule = slaRule(ending)
    if (rule === 'apart') {
      if (ending === 'noTrade') this.#noTrade.record(responseNs, interval)
      else this.#rejected.record(responseNs, interval)
      return
    }
    const floorNs = rule === 'at-least-timeout' ? this.#plan.timeoutNs : 0
    const sampleNs = Math.max(responseNs, floorNs)
    this.#endToEnd.record(sampleNs, interval)
    if (rule === 'at-least-timeout') this.#endToEnd.countUnanswered(interval)
    if (splitter === null) return
    this.#recordParts(splitter, interval)
    // The band explains the response times that were seen; one that was raised to the timeout has no parts for the rest.
    if (sampleNs === responseNs) this.#band.add(responseNs, splitter)
  }

  #recordParts(splitter: Splitter, interval: number): void {
    this.#tick += 1
    for (let index = 0; index < splitter.count; index += 1) {
      const id = splitter.ids[index] ?? 0
      const value = splitter.values[index] ?? 0
      this.#add(this.#stageOf[id] ?? this.#learn(id, splitter.parts), value)
      const component = this.#componentOf[id]
      if (component !== null && component !== undefined) this.#add(component, value)
    }
    this.#flush(this.#stages, interval)
    this.#flush(this.#components, interval)
  }

  #add(sample: Sample, value: number): void {
    if (sample.tick === this.#tick) sample.sum += value
    else {
      sample.tick = this.#tick
      sample.sum = value
    }
  }

  #flush(samples: readonly Sample[], interval: number): void {
    for (let index = 0; index < samples.length; index += 1) {
      const sample = samples[index]
      if (sample !== undefined && sample.tick === this.#tick) sample.series.record(sample.sum, interval)
    }
  }

  /** A part met for the first time. */
  #learn(id: number, parts: readonly Part[]): Sample {
    const part = parts[id]
    const name = part?.stage ?? driverStage
    let stage = this.#stageByName.get(name)
    if (stage === undefined) {
      stage = sampleOf(this.#series(name, []))
      this.#stageByName.set(name, stage)
      this.#stages.push(stage)
    }
    this.#stageOf[id] = stage
    const owner = part === undefined ? null : componentOf(part, this.#plan.components)
    this.#componentOf[id] = this.#components.find(({ series }) => series.name === owner) ?? null
    return stage
  }

  #series(name: string, limitsNs: readonly number[]): SeriesRecorder {
    return new SeriesRecorder(name, limitsNs, this.#intervalCount)
  }

  /** A window that was extended: most are not, so there is no room for it from the start. */
  #reach(intervalCount: number): void {
    if (intervalCount <= this.#intervalCount) return
    this.#intervalCount = intervalCount
    for (const series of [this.#endToEnd, this.#noTrade, this.#rejected]) series.reach(intervalCount)
    for (const { series } of [...this.#components, ...this.#stages]) series.reach(intervalCount)
  }

  /** End to end, then the components, of an interval in which so many ticks have no outcome, or were dropped. */
  closed(interval: number, missedCount: number): ClosedInterval[] {
    this.#reach(interval + 1)
    const components = this.#components.map(({ series }) => series.closed(interval))
    return [this.#endToEnd.closed(interval, missedCount, this.#plan.timeoutNs), ...components]
  }

  /** `windowNs` is what of the window was run. */
  finish(windowNs: number, parts: readonly Part[]): Recorded {
    const intervalCount = Math.ceil(windowNs / intervalNs)
    this.#reach(intervalCount)
    const seriesOf = (sample: Sample): Series => sample.series.toSeries(intervalCount)
    return {
      endToEnd: this.#endToEnd.toSeries(intervalCount),
      noTrade: this.#noTrade.toSeries(intervalCount),
      rejected: this.#rejected.toSeries(intervalCount),
      components: this.#components.map(seriesOf),
      stages: this.#stages.map(seriesOf),
      attribution: this.#band.attribution(this.#endToEnd.histogram, parts, (part) =>
        componentOf(part, this.#plan.components),
      ),
      trend: trendOf(this.#endToEnd, intervalCount),
    }
  }
}

/** The budget group of a part: by the name of its stage, or `edges` for a transit. */
export function componentOf(part: Part, components: readonly ComponentPlan[]): string | null {
  const stage = part.kind === 'transit' ? 'edges' : part.stage
  return components.find(({ of }) => of.includes(stage))?.name ?? null
}

const thirdsMin = 4

export function trendOf(
  series: { quantileWithin(share: number, from: number, to: number): number },
  intervalCount: number,
): Trend {
  const third = Math.floor(intervalCount / 3)
  if (third < thirdsMin) return { share: null, z: 0 }
  const first = series.quantileWithin(0.95, 0, third)
  const last = series.quantileWithin(0.95, intervalCount - third, intervalCount)
  if (first === 0 || last === 0) return { share: null, z: 0 }
  const each = (from: number): number[] =>
    Array.from({ length: third }, (_, index) => series.quantileWithin(0.95, from + index, from + index + 1))
  return { share: last / first - 1, z: rankSumZ(each(0), each(intervalCount - third)) }
}

const sampleOf = (series: SeriesRecorder): Sample => ({ sum: 0, tick: 0, series })
