import { present } from '../core/assert.js'
import { eventsNeeded, plannedMax } from './arrivals.js'
import type { BenchPlan } from './plan.js'

/** Bodies of the ticks in the order of their seqs. */
export type Feed = {
  /** Body of `seq`; called once for each, ascending. */
  take(seq: number): unknown
  /** Makes the body of `seq` ready while there is time. */
  prepare(seq: number): void
}

export type Survey = {
  /** Times of the measured events in ns, as many as the window can take. */
  readonly timesNs: Float64Array
  /** In words, for reports. */
  readonly description: string
}

type Source = { next(): { readonly event: unknown; readonly atNs: number } | null }
type Sources = { readonly warmup: Source; readonly measured: Source; readonly description: string }
type Module = Readonly<Record<string, (config: unknown, options: unknown) => Promise<Sources>>>

export async function openFeed(
  plan: BenchPlan,
): Promise<{ survey: Survey; open: (warmupCount: number) => Promise<Feed> }> {
  const first = await openSources(plan)
  const timesNs = surveyTimes(first.measured, plan)
  return {
    survey: { timesNs, description: first.description },
    open: async (warmupCount) => feedOf(await openSources(plan), warmupCount),
  }
}

async function openSources(plan: BenchPlan): Promise<Sources> {
  const { load, baseFolder } = plan
  const file = './sources/open.js'
  const module: Module = await import(file)
  const open = load.scenario === 'orders' ? module['openOrderSource'] : module['openSource']
  return await present(open, 'the scenario has a source')(load.source, { seed: load.seed, baseFolder })
}

/** Reads the source once to know how long it is; it is opened again for sending, so that no event has to be kept. */
function surveyTimes(source: Source, { load }: BenchPlan): Float64Array {
  const countMax = Math.min(eventsNeeded(load.arrivals, load.duration), plannedMax + 1)
  const spanNs = load.arrivals.kind === 'recorded' ? load.duration * load.arrivals.speed : Number.POSITIVE_INFINITY
  let times = new Float64Array(Math.min(countMax, 65_536))
  let count = 0
  for (let next = source.next(); next !== null && count < countMax; next = source.next()) {
    if (count === times.length) times = grown(times)
    times[count] = next.atNs
    count += 1
    if (next.atNs - (times[0] ?? 0) >= spanNs) break
  }
  return times.subarray(0, count)
}

function grown(times: Float64Array): Float64Array<ArrayBuffer> {
  const longer = new Float64Array(times.length * 2)
  longer.set(times)
  return longer
}

function feedOf({ warmup, measured }: Sources, warmupCount: number): Feed {
  let ready: unknown
  let readySeq = -1
  const read = (seq: number): unknown => {
    const next = (seq < warmupCount ? warmup : measured).next()
    return present(next, 'the source gives as many events as were surveyed').event
  }
  return {
    take: (seq) => (seq === readySeq ? ready : read(seq)),
    prepare: (seq) => {
      ready = read(seq)
      readySeq = seq
    },
  }
}
