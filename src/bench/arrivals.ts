import { assert, assertNever } from '../core/assert.js'
import { NautilusError } from '../core/errors.js'
import { Random } from '../core/random.js'
import type { DurationNs } from '../core/units.js'
import { durationNs, nsPerSec } from '../core/units.js'
import type { RunResult } from '../results/run-result.js'
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
  /** How long it may become; what is due beyond `windowNs` is sent only where it does. */
  readonly windowNsMax: DurationNs
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
  Math.max(1, plannedRequests(arrivals, windowNs) ?? plannedMax)

/** Requests of a window; null where only the source or the target can tell. */
export function plannedRequests(arrivals: ArrivalsConfig, windowNs: number): number | null {
  switch (arrivals.kind) {
    case 'constant':
    case 'poisson':
      return Math.round((arrivals.rate * windowNs) / nsPerSec)
    case 'ramp':
      return Math.round(((arrivals.from + arrivals.to) * windowNs) / 2 / nsPerSec)
    case 'steps':
      return arrivals.phases.reduce((sum, { rate, duration }) => sum + Math.round((rate * duration) / nsPerSec), 0)
    case 'recorded':
    case 'closed':
      return null
    default:
      return assertNever(arrivals)
  }
}

/** The rate of the warm-up, which leads over into the window; null where the source or the target sets it. */
export function rateAtStart(arrivals: ArrivalsConfig): number | null {
  switch (arrivals.kind) {
    case 'constant':
    case 'poisson':
      return arrivals.rate
    case 'ramp':
      return arrivals.from
    case 'steps':
      return arrivals.phases[0]?.rate ?? 0
    case 'recorded':
    case 'closed':
      return null
    default:
      return assertNever(arrivals)
  }
}

/** Whether the first and the last third of a window are asked the same. */
export const hasOneRate = ({ kind }: ArrivalsConfig): boolean => kind !== 'ramp' && kind !== 'steps'

/** Mean rate of the window; null as above. */
export const meanRate = (arrivals: ArrivalsConfig, windowNs: number): number | null => {
  if (arrivals.kind === 'constant' || arrivals.kind === 'poisson') return arrivals.rate
  const planned = plannedRequests(arrivals, windowNs)
  return planned === null || windowNs === 0 ? null : (planned * nsPerSec) / windowNs
}

export function buildSchedule(request: ScheduleRequest): Schedule {
  const window = measuredWindow(request)
  const ratePerSec = window.windowNs === 0 ? 0 : (window.offsetsNs.length * nsPerSec) / window.windowNs
  const targetRatePerSec = meanRate(request.arrivals, request.durationNs) ?? ratePerSec
  const warmupRate = rateAtStart(request.arrivals) ?? ratePerSec
  const atWarmupRate = Math.round((warmupRate * request.warmupNs * (1 - rampShare / 2)) / nsPerSec)
  const warmupCount = request.warmupNs === 0 ? 0 : Math.max(atWarmupRate, request.warmupCountMin)
  checkCount(warmupCount + window.offsetsNs.length)
  const warmup =
    request.arrivals.kind === 'poisson' || request.arrivals.kind === 'recorded'
      ? poissonOffsets(warmupCount, request.warmupNs, Random.stream(request.seed, 'arrivals.warmup'))
      : constantOffsets(warmupCount, request.warmupNs)
  const offsetsNs = new Float64Array(new SharedArrayBuffer((warmupCount + window.offsetsNs.length) * 8))
  offsetsNs.set(warmup.map((offsetNs) => ramped(offsetNs, request.warmupNs)))
  for (let index = 0; index < window.offsetsNs.length; index += 1) {
    offsetsNs[warmupCount + index] = request.warmupNs + (window.offsetsNs[index] ?? 0)
  }
  const { warmupNs } = request
  const { windowNs } = window
  return { offsetsNs, warmupCount, warmupNs, windowNs, windowNsMax: windowNs, targetRatePerSec }
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
  if (arrivals.kind === 'recorded') {
    return recordedOffsets(request.sourceTimesNs, { durationNs: request.durationNs, speed: arrivals.speed })
  }
  assert(arrivals.kind !== 'closed', 'a schedule is made for an open loop only')
  const wanted = eventsNeeded(arrivals, request.durationNs)
  checkCount(wanted)
  const count = Math.min(wanted, request.sourceTimesNs.length)
  // A file that ends before the window ends the run there, at the same rate: it is never sent twice.
  switch (arrivals.kind) {
    case 'constant':
    case 'poisson': {
      const windowNs = count < wanted ? durationNs(Math.round((count * nsPerSec) / arrivals.rate)) : request.durationNs
      if (arrivals.kind === 'constant') return { offsetsNs: constantOffsets(count, windowNs), windowNs }
      return { offsetsNs: poissonOffsets(count, windowNs, Random.stream(request.seed, 'arrivals')), windowNs }
    }
    case 'ramp':
    case 'steps': {
      const all = arrivals.kind === 'ramp' ? rampOffsets(arrivals, request.durationNs) : stepOffsets(arrivals)
      const windowNs = count < wanted ? durationNs(all[count] ?? 0) : request.durationNs
      return { offsetsNs: all.subarray(0, count), windowNs }
    }
    default:
      return assertNever(arrivals)
  }
}

type Ramp = Extract<ArrivalsConfig, { kind: 'ramp' }>
type Steps = Extract<ArrivalsConfig, { kind: 'steps' }>

/**
 * Instants at which the count of an evenly changing rate, from t + (to - from) t^2 / 2T, reaches a whole number. The root is
 * written with the sum below, which loses no digits where both rates are nearly the same.
 */
function rampOffsets(ramp: Ramp, windowNs: number): Float64Array {
  const count = plannedRequests(ramp, windowNs) ?? 0
  const from = ramp.from / nsPerSec
  const change = (ramp.to - ramp.from) / nsPerSec / Math.max(1, windowNs)
  return Float64Array.from({ length: count }, (_, index) => {
    if (index === 0) return 0
    const root = Math.sqrt(Math.max(0, from * from + 2 * change * index))
    return Math.min(Math.floor((2 * index) / (from + root)), windowNs - 1)
  })
}

function stepOffsets(steps: Steps): Float64Array {
  const offsets = new Float64Array(plannedRequests(steps, 0) ?? 0)
  let startNs = 0
  let filled = 0
  for (const { rate, duration } of steps.phases) {
    const own = constantOffsets(Math.round((rate * duration) / nsPerSec), duration)
    offsets.set(
      own.map((offsetNs) => startNs + offsetNs),
      filled,
    )
    filled += own.length
    startNs += duration
  }
  return offsets
}

/** A ramp is told in this many parts, where each is at least a second long. */
const rampPartsMax = 10

/** Parts of the window with a rate of their own, those that were reached; none where there is but one rate. */
export function phasesOf(arrivals: ArrivalsConfig, wholeNs: number, reachedNs: number): RunResult['phases'] {
  return plannedPhases(arrivals, wholeNs)
    .filter(({ startNs }) => startNs < reachedNs)
    .map((phase) => ({ ...phase, endNs: Math.min(phase.endNs, reachedNs) }))
}

function plannedPhases(arrivals: ArrivalsConfig, wholeNs: number): RunResult['phases'] {
  if (arrivals.kind === 'steps') {
    let endNs = 0
    return arrivals.phases.map(({ name, rate, duration }) => {
      const startNs = endNs
      endNs += duration
      return { name, startNs, endNs, targetRatePerSec: rate }
    })
  }
  if (arrivals.kind !== 'ramp') return []
  const parts = Math.min(rampPartsMax, Math.max(1, Math.floor(wholeNs / nsPerSec)))
  const rateAt = (part: number): number => arrivals.from + ((arrivals.to - arrivals.from) * part) / parts
  return Array.from({ length: parts }, (_, part) => ({
    name: `${inWords(Math.round(rateAt(part)))} to ${inWords(Math.round(rateAt(part + 1)))}`,
    startNs: Math.round((wholeNs * part) / parts),
    endNs: Math.round((wholeNs * (part + 1)) / parts),
    targetRatePerSec: (rateAt(part) + rateAt(part + 1)) / 2,
  }))
}

export function constantOffsets(count: number, windowNs: number): Float64Array {
  return Float64Array.from({ length: count }, (_, index) => Math.floor((index * windowNs) / count))
}

/** A Poisson process given its count is sorted uniform instants: independent arrivals with an exact number of them. */
export function poissonOffsets(count: number, windowNs: number, random: Random): Float64Array {
  const offsets = new Float64Array(count)
  for (let index = 0; index < count; index += 1) offsets[index] = Math.floor(random.float() * windowNs)
  return offsets.sort()
}

/** The source's own distances, `speed` times as fast; a time that runs backwards counts as no distance. */
export function recordedOffsets(
  times: ArrayLike<number>,
  { durationNs: spanNs, speed }: { readonly durationNs: DurationNs; readonly speed: number },
): { offsetsNs: Float64Array; windowNs: DurationNs } {
  const first = times[0] ?? 0
  const offsets: number[] = []
  let last = 0
  for (let index = 0; index < times.length; index += 1) {
    last = Math.max(last, Math.floor(((times[index] ?? 0) - first) / speed))
    if (last >= spanNs) return { offsetsNs: Float64Array.from(offsets), windowNs: spanNs }
    offsets.push(last)
  }
  const meanGapNs = offsets.length > 1 ? Math.ceil(last / (offsets.length - 1)) : 1
  return {
    offsetsNs: Float64Array.from(offsets),
    windowNs: durationNs(Math.min(spanNs, last + Math.max(1, meanGapNs))),
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
  switch (arrivals.kind) {
    case 'constant':
    case 'poisson':
      return `${arrivals.kind} ${inWords(arrivals.rate)}`
    case 'ramp':
      return `ramp ${inWords(arrivals.from)} to ${inWords(arrivals.to)}`
    case 'steps':
      return `steps ${arrivals.phases.map(({ name, rate }) => `${name} ${inWords(rate)}`).join(', ')}`
    case 'recorded':
      return `recorded at ${arrivals.speed}x speed`
    case 'closed':
      return `closed loop of ${arrivals.users.toLocaleString('en-US')} ${arrivals.users === 1 ? 'user' : 'users'}`
    default:
      return assertNever(arrivals)
  }
}

const inWords = (ratePerSec: number): string => `${ratePerSec.toLocaleString('en-US')}/s`
