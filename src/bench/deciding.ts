import type { Clock } from '../core/clock.js'
import { type InstantNs, instantNs } from '../core/units.js'
import { intervalNs, type RunResult } from '../results/run-result.js'
import { Decision, type MeasuredSoFar, type UntilDecided } from './decision.js'
import type { Driver } from './driver.js'
import type { EndedInterval } from './ending-intervals.js'
import type { BenchPlan } from './plan.js'
import type { Progress } from './protocol.js'
import { type Ending, endings } from './settlement.js'
import { SeriesMerge } from './target/series-merge.js'

type Facts = { readonly clock: Clock; readonly profile: Readonly<Record<string, unknown>> }
type Watched = { readonly driver: Driver; readonly decision: Decision; readonly windowAt: InstantNs }

/** `--until-decided` of a run whose ticks leave in one thread and come back in another: joins what ends, looks, and tells the sender. */
export class Deciding {
  readonly #plan: BenchPlan
  readonly #facts: Facts
  readonly #until: UntilDecided
  readonly #soFar: RunSoFar
  #watched: Watched | null = null

  constructor(plan: BenchPlan, facts: Facts, until: UntilDecided) {
    this.#plan = plan
    this.#facts = facts
    this.#until = until
    this.#soFar = new RunSoFar(plan)
  }

  begin(driver: Driver, startAt: InstantNs): void {
    const { warmupNs, windowNs, windowNsMax } = driver.prepared
    const { history } = this.#until
    // As the source fills it.
    const plan = { ...this.#plan, load: { ...this.#plan.load, duration: windowNs } }
    const decision = new Decision(plan, this.#facts.profile, { windowNsMax, history })
    this.#watched = { driver, decision, windowAt: instantNs(startAt + warmupNs) }
  }

  /** Five times a second. */
  progress({ ended, duplicates }: Progress): void {
    this.#soFar.add(ended, duplicates)
    if (this.#watched === null) return
    const { driver, decision, windowAt } = this.#watched
    const endNs = decision.see(this.#facts.clock.now() - windowAt, () => this.#soFar.told())
    if (endNs !== null) driver.endAt(endNs)
  }

  outcome(windowNs: number): RunResult['decided'] {
    return this.#watched?.decision.outcome(windowNs) ?? null
  }
}

/** The intervals that have ended, joined. */
export class RunSoFar {
  readonly #endToEnd: SeriesMerge
  readonly #components: readonly SeriesMerge[]
  readonly #counts = new Map<Ending, number>()
  #duplicates = 0
  #intervalCount = 0

  constructor({ endToEndLimitsNs, components }: Pick<BenchPlan, 'endToEndLimitsNs' | 'components'>) {
    const options = { workers: 1, keepsBuckets: true }
    this.#endToEnd = new SeriesMerge('end to end', endToEndLimitsNs, options)
    this.#components = components.map(({ name, limitsNs }) => new SeriesMerge(name, limitsNs, options))
  }

  add(ended: readonly EndedInterval[], duplicates: number): void {
    this.#duplicates = duplicates
    for (const { interval, series, counts } of ended) {
      for (const [index, closed] of series.entries()) {
        const merge = index === 0 ? this.#endToEnd : this.#components[index - 1]
        merge?.add(interval, closed)
      }
      for (const ending of endings) this.#counts.set(ending, (this.#counts.get(ending) ?? 0) + counts[ending])
      this.#intervalCount += 1
    }
  }

  told(): MeasuredSoFar {
    const count = (ending: Ending): number => this.#counts.get(ending) ?? 0
    const answered = endings.filter((ending) => ending !== 'dropped' && ending !== 'lost')
    return {
      endToEnd: this.#endToEnd.toSeriesSoFar(),
      components: this.#components.map((series) => series.toSeriesSoFar()),
      counts: { ...Object.fromEntries(this.#counts), duplicates: this.#duplicates },
      answeredCount: answered.reduce((sum, ending) => sum + count(ending), 0),
      countedNs: this.#intervalCount * intervalNs,
    }
  }
}
