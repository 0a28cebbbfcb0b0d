import type { ActivitySample } from '../platform/telemetry/activity.js'
import type { EngineResult } from '../results/run-result.js'
import { type Usage, UsageSampler } from '../supervisor/usage.js'
import type { Availability } from './availability.js'
import type { SystemAccess } from './plan.js'

type Watched = {
  readonly engine: SystemAccess['engines'][number]
  readonly key: string
  /** What was read, for those that do not tell more themselves. */
  readonly samples: ActivitySample[]
  before: Usage | null
  after: Usage | null
  rssBytesMax: number
}

/** What an engine says of itself when the run is over. */
type Told = { readonly counters: Readonly<Record<string, number>>; readonly processing?: EngineResult['processing'] }

const samplesMax = 2_400

/** CPU, memory and run-queue wait of the engines over the measured window, sampled from outside. */
export class EngineUsage {
  readonly #sampler = new UsageSampler()
  readonly #watched: readonly Watched[]

  constructor(engines: SystemAccess['engines']) {
    this.#watched = engines.map((engine, index) => ({
      ...{ engine, key: String(index), samples: [] },
      ...{ before: null, after: null, rssBytesMax: 0 },
    }))
  }

  /** Takes a reading; the first opens the window, the last closes it. An engine that was restarted keeps what was read before. */
  sample(): void {
    const targets = this.#watched.flatMap(({ key, engine: { pid } }) => (pid === null ? [] : [{ name: key, pid }]))
    for (const usage of this.#sampler.sample(targets)) {
      const watched = this.#watched.find(({ key }) => key === usage.name)
      if (watched === undefined) continue
      watched.before ??= usage
      this.#keep(watched, usage)
      watched.after = usage
      watched.rssBytesMax = Math.max(watched.rssBytesMax, usage.rssBytes)
    }
  }

  /** Two readings of one process make a sample; of a long run the last are kept. */
  #keep({ samples, after }: Watched, usage: Usage): void {
    if (after === null || after.pid !== usage.pid) return
    samples.push({
      fromAt: after.at,
      toAt: usage.at,
      cpuNs: Math.max(0, usage.cpuNs - after.cpuNs),
      runQueueNs: Math.max(0, usage.runQueueNs - after.runQueueNs),
      gcNs: null,
      eventLoopDelayNsMax: null,
    })
    if (samples.length > samplesMax) samples.shift()
  }

  /** What was seen of each process from outside, in the order of the profile. */
  activity(): { readonly engine: string; readonly instance: number; readonly samples: readonly ActivitySample[] }[] {
    return this.#watched.map(({ engine: { name, instance }, samples }) => ({ engine: name, instance, samples }))
  }

  close(): void {
    this.#sampler.close()
  }

  results(
    toldBy: (engine: string, instance: number) => Told | undefined,
    availabilityOf: (engine: string, instance: number) => Availability,
  ): EngineResult[] {
    return this.#watched.map(({ engine: { name, instance }, before, after, rssBytesMax }) => {
      const known = before !== null && after !== null
      const told = toldBy(name, instance)
      return {
        name,
        instance,
        cpuNs: known ? after.cpuNs - before.cpuNs : null,
        rssBytesMax: known ? rssBytesMax : null,
        runQueueNs: known ? after.runQueueNs - before.runQueueNs : null,
        ...availabilityOf(name, instance),
        processing: told?.processing ?? null,
        counters: { ...told?.counters },
      }
    })
  }
}
