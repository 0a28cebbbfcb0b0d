import { assertNever } from '../core/assert.js'
import { NautilusError } from '../core/errors.js'
import { Random } from '../core/random.js'
import type { DurationNs } from '../core/units.js'
import { durationNs, nsPerSec } from '../core/units.js'
import type { ArrivalsConfig } from './config.js'

// The absolute schedule of a run, made before it begins: when a tick is due never depends on how the system does.

export const plannedMax = 10_000_000

export type Schedule = {
  /** Intended instants in whole nanoseconds since the start of the warm-up, ascending: warm-up first, then the window. */
  readonly offsetsNs: Float64Array<SharedArrayBuffer>
  readonly warmupCount: number
  readonly warmupNs: DurationNs
  /** The measured window; shorter than asked for where the source ends before it. */
  readonly windowNs: DurationNs
  readonly targetRatePerSec: number
}

type ScheduleRequest = {
  readonly arrivals: ArrivalsConfig
  readonly warmupNs: DurationNs
  readonly durationNs: DurationNs
  readonly seed: number
  /** Events that the engines need before they can decide: at a low rate the warm-up is denser than the window. */
  readonly warmupCountMin: number
  /** Times of the source's events in ns, ascending; as many as the source has or as `eventsNeeded` says. */
  readonly sourceTimesNs: ArrayLike<number>
}

/** How many events of the source a window takes at most. */
export const eventsNeeded = (arrivals: ArrivalsConfig, windowNs: DurationNs): number =>
  arrivals.kind === 'recorded' ? plannedMax : Math.max(1, Math.round((arrivals.rate * windowNs) / nsPerSec))

export function buildSchedule(request: ScheduleRequest): Schedule {
  const window = measuredWindow(request)
  const ratePerSec = window.windowNs === 0 ? 0 : (window.offsetsNs.length * nsPerSec) / window.windowNs
  const targetRatePerSec = request.arrivals.kind === 'recorded' ? ratePerSec : request.arrivals.rate
  const atTargetRate = Math.round((targetRatePerSec * request.warmupNs * (1 - rampShare / 2)) / nsPerSec)
  const warmupCount = request.warmupNs === 0 ? 0 : Math.max(atTargetRate, request.warmupCountMin)
  checkCount(warmupCount + window.offsetsNs.length)
  const warmup =
    request.arrivals.kind === 'constant'
      ? constantOffsets(warmupCount, request.warmupNs)
      : poissonOffsets(warmupCount, request.warmupNs, Random.stream(request.seed, 'arrivals.warmup'))
  const offsetsNs = new Float64Array(new SharedArrayBuffer((warmupCount + window.offsetsNs.length) * 8))
  offsetsNs.set(warmup.map((offsetNs) => ramped(offsetNs, request.warmupNs)))
  for (let index = 0; index < window.offsetsNs.length; index += 1) {
    offsetsNs[warmupCount + index] = request.warmupNs + (window.offsetsNs[index] ?? 0)
  }
  return { offsetsNs, warmupCount, warmupNs: request.warmupNs, windowNs: window.windowNs, targetRatePerSec }
}

/** Over this share of the warm-up the rate rises from nothing to the full one. */
const rampShare = 0.5

/**
 * Moves an instant of an even warm-up to where a linear ramp has sent as many: processes that have compiled nothing yet
 * would only queue at the full rate, and what waits (breakers, timeouts) would carry that into the window.
 */
function ramped(offsetNs: number, warmupNs: number): number {
  const rampNs = rampShare * warmupNs
  const atFullRateNs = offsetNs * (1 - rampShare / 2)
  return Math.floor(atFullRateNs < rampNs / 2 ? Math.sqrt(2 * rampNs * atFullRateNs) : atFullRateNs + rampNs / 2)
}

function measuredWindow(request: ScheduleRequest): { offsetsNs: Float64Array; windowNs: DurationNs } {
  const { arrivals } = request
  if (arrivals.kind === 'recorded') return recordedOffsets(request, arrivals.speed)
  const wanted = eventsNeeded(arrivals, request.durationNs)
  checkCount(wanted)
  const count = Math.min(wanted, request.sourceTimesNs.length)
  // A file that ends before the window ends the run there, at the same rate: it is never sent twice.
  const windowNs = count < wanted ? durationNs(Math.round((count * nsPerSec) / arrivals.rate)) : request.durationNs
  switch (arrivals.kind) {
    case 'constant':
      return { offsetsNs: constantOffsets(count, windowNs), windowNs }
    case 'poisson':
      return { offsetsNs: poissonOffsets(count, windowNs, Random.stream(request.seed, 'arrivals')), windowNs }
    default:
      return assertNever(arrivals)
  }
}

function constantOffsets(count: number, windowNs: number): Float64Array {
  return Float64Array.from({ length: count }, (_, index) => Math.floor((index * windowNs) / count))
}

/** A Poisson process given its count is sorted uniform instants: independent arrivals with an exact number of them. */
function poissonOffsets(count: number, windowNs: number, random: Random): Float64Array {
  const offsets = new Float64Array(count)
  for (let index = 0; index < count; index += 1) offsets[index] = Math.floor(random.float() * windowNs)
  return offsets.sort()
}

/** The source's own distances, `speed` times as fast; a time that runs backwards counts as no distance. */
function recordedOffsets(request: ScheduleRequest, speed: number): { offsetsNs: Float64Array; windowNs: DurationNs } {
  const times = request.sourceTimesNs
  const first = times[0] ?? 0
  const offsets: number[] = []
  let last = 0
  for (let index = 0; index < times.length; index += 1) {
    last = Math.max(last, Math.floor(((times[index] ?? 0) - first) / speed))
    if (last >= request.durationNs) return { offsetsNs: Float64Array.from(offsets), windowNs: request.durationNs }
    offsets.push(last)
  }
  const meanGapNs = offsets.length > 1 ? Math.ceil(last / (offsets.length - 1)) : 1
  return {
    offsetsNs: Float64Array.from(offsets),
    windowNs: durationNs(Math.min(request.durationNs, last + Math.max(1, meanGapNs))),
  }
}

function checkCount(count: number): void {
  if (count <= plannedMax) return
  throw new NautilusError(
    'PROFILE_INVALID',
    `load plans ${count.toLocaleString('en-US')} requests, at most ${plannedMax.toLocaleString('en-US')} are possible`,
    { hint: 'Lower load.arrivals.rate or shorten load.duration.' },
  )
}

/** Index of the first offset after `offsetNs`: how many are due by then. */
export function dueCount(offsetsNs: Float64Array, offsetNs: number): number {
  let low = 0
  let high = offsetsNs.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((offsetsNs[middle] ?? 0) <= offsetNs) low = middle + 1
    else high = middle
  }
  return low
}

/** In words, for reports. */
export function describeArrivals(arrivals: ArrivalsConfig): string {
  if (arrivals.kind === 'recorded') return `recorded at ${arrivals.speed}x speed`
  return `${arrivals.kind} ${arrivals.rate.toLocaleString('en-US')}/s`
}
