import { present } from '../core/assert.js'
import { enlarged } from '../core/enlarged.js'
import { NautilusError } from '../core/errors.js'
import { eventsNeeded, plannedMax } from './arrivals.js'
import type { BenchPlan } from './plan.js'
import { eventsBeyond } from './schedule-extension.js'
import { openOrderSource, openSource } from './sources/open.js'
import type { OpenedSource, Source } from './sources/source.js'

/** Bodies of the ticks in the order of their seqs. */
export type Feed = {
  /** Body of `seq`; called once for each, ascending. */
  take(seq: number): unknown
  /** Makes the body of `seq` ready while there is time. */
  prepare(seq: number): void
}

type Survey = {
  /** Times of the measured events in ns, as many as the longest window can take; zeros where the arrivals do not ask for them. */
  readonly timesNs: ArrayLike<number>
  /** In words, for reports. */
  readonly description: string
  /** Events before the window that give every symbol a quote and a history. */
  readonly warmupCountMin: number
}

/** The generator opens each symbol with one order a side; the signals need a few events more. */
const eventsPerSymbol = 4

/** Finds out how long the source is for a window that may become as long as this; it is opened again for sending, so that no event has to be kept. */
export async function surveySource(plan: BenchPlan, windowNsMax: number = plan.load.duration): Promise<Survey> {
  const { load } = plan
  const { measured, description, symbols } = await openSources(plan)
  const warmupCountMin = load.scenario === 'pipeline' ? symbols.length * eventsPerSymbol : 0
  if (load.arrivals.kind === 'recorded') {
    return { timesNs: recordedTimes(measured, load.duration * load.arrivals.speed), description, warmupCountMin }
  }
  const { arrivals, duration } = load
  const needed = eventsNeeded(arrivals, duration) + eventsBeyond(arrivals, windowNsMax - duration)
  return { timesNs: { length: Math.min(needed, measured.countMax ?? needed) }, description, warmupCountMin }
}

export async function openFeed(plan: BenchPlan, warmupCount: number): Promise<Feed> {
  const { warmup, measured } = await openSources(plan)
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

function openSources({ load, baseFolder }: BenchPlan): Promise<OpenedSource<unknown>> {
  const options = { seed: load.seed, baseFolder }
  return load.scenario === 'orders' ? openOrderSource(load.source, options) : openSource(load.source, options)
}

function recordedTimes(source: Source<unknown>, spanNs: number): Float64Array {
  let times = new Float64Array(65_536)
  let count = 0
  for (let next = source.next(); next !== null && count <= plannedMax; next = source.next()) {
    if (next.atNs === null) {
      throw new NautilusError('SOURCE_INVALID', 'load.arrivals is recorded, but the source tells no times', {
        hint: 'Set load.arrivals to poisson or constant with a rate.',
      })
    }
    if (count === times.length) times = enlarged(new Float64Array(times.length * 2), times)
    times[count] = next.atNs
    count += 1
    if (next.atNs - (times[0] ?? 0) >= spanNs) break
  }
  return times.subarray(0, count)
}
