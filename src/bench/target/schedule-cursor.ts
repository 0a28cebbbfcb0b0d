import { assert } from '../../core/assert.js'
import { Random } from '../../core/random.js'
import { type DurationNs, durationNs, nsPerSec } from '../../core/units.js'
import type { ArrivalsPlan, PhasePlan, Spacing } from './measurement.js'

// The absolute schedule of a measurement, walked instead of stored: sixty million instants take no memory, and every worker
// walks the same ones and keeps each n-th of them. When a request is due never depends on how the target does.

/** A stretch of the schedule with its own exact count. */
type Stretch = PhasePlan & {
  readonly startNs: number
  readonly count: number
  readonly spacing: Spacing
}

export type CursorSchedule = {
  readonly stretches: readonly Stretch[]
  /** After the stretches, since the start of the warm-up; empty unless the arrivals are recorded. */
  readonly recordedNs: Float64Array
  readonly warmupCount: number
  readonly windowCount: number
  readonly warmupNs: DurationNs
  /** The highest rate; of recorded times the mean. */
  readonly peakPerSec: number
  readonly seed: number
}

type ScheduleRequest = {
  readonly arrivals: Exclude<ArrivalsPlan, { kind: 'closed' }>
  readonly warmupNs: DurationNs
  readonly windowNs: DurationNs
  readonly seed: number
}

export function planSchedule({ arrivals, warmupNs, windowNs, seed }: ScheduleRequest): CursorSchedule {
  const recorded = arrivals.kind === 'recorded' ? arrivals.offsetsNs.filter((offsetNs) => offsetNs < windowNs) : null
  const spacing = arrivals.kind === 'recorded' ? 'poisson' : arrivals.spacing
  const firstPerSec =
    arrivals.kind === 'recorded'
      ? ((recorded?.length ?? 0) * nsPerSec) / windowNs
      : (arrivals.phases[0]?.fromPerSec ?? 0)
  const warmup = inARow(warmupPhases(warmupNs, firstPerSec), 0, spacing)
  const window = arrivals.kind === 'recorded' ? [] : inARow(arrivals.phases, warmupNs, spacing)
  assert(
    arrivals.kind === 'recorded' || sum(arrivals.phases.map(({ lengthNs }) => lengthNs)) === windowNs,
    'the phases together are the window',
  )
  return {
    stretches: [...warmup, ...window],
    recordedNs: recorded?.map((offsetNs) => warmupNs + offsetNs) ?? new Float64Array(0),
    warmupCount: sum(warmup.map(({ count }) => count)),
    windowCount: sum(window.map(({ count }) => count)) + (recorded?.length ?? 0),
    warmupNs,
    peakPerSec: Math.max(firstPerSec, ...window.flatMap(({ fromPerSec, toPerSec }) => [fromPerSec, toPerSec])),
    seed,
  }
}

/** Requests that a phase plans: the area under its rate. */
const phaseCount = ({ lengthNs, fromPerSec, toPerSec }: PhasePlan): number =>
  Math.round((lengthNs * (fromPerSec + toPerSec)) / 2 / nsPerSec)

/** A target that has compiled nothing yet would only queue at the full rate, and carry that into the window. */
function warmupPhases(warmupNs: DurationNs, ratePerSec: number): PhasePlan[] {
  const rampNs = durationNs(Math.floor(warmupNs / 2))
  return [
    { lengthNs: rampNs, fromPerSec: 0, toPerSec: ratePerSec },
    { lengthNs: durationNs(warmupNs - rampNs), fromPerSec: ratePerSec, toPerSec: ratePerSec },
  ]
}

function inARow(phases: readonly PhasePlan[], startNs: number, spacing: Spacing): Stretch[] {
  let nextNs = startNs
  return phases.map(({ lengthNs, fromPerSec, toPerSec }) => {
    const stretch = { lengthNs, fromPerSec, toPerSec, spacing, startNs: nextNs }
    nextNs += lengthNs
    return { ...stretch, count: phaseCount(stretch) }
  })
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/**
 * Walks the instants of one of several workers in order. A Poisson stretch given its count is sorted uniform instants, and those
 * are drawn in order without being kept: of k uniforms in what is left, the share beyond the smallest is distributed as
 * U^(1/k) (Bentley and Saxe, "Generating sorted lists of random numbers", 1980).
 */
export class ScheduleCursor {
  /** Number of the current instant in the whole schedule; warm-up first. */
  seq = -1
  /** Since the start of the warm-up, whole nanoseconds; infinite when the schedule has ended. */
  offsetNs = 0
  readonly #schedule: CursorSchedule
  readonly #workerCount: number
  #stretchIndex = -1
  #inStretch = 0
  #logRest = 0
  #random: Random

  constructor(schedule: CursorSchedule, worker: { readonly index: number; readonly of: number }) {
    assert(worker.index >= 0 && worker.index < worker.of, 'a worker is one of those that share the schedule')
    this.#schedule = schedule
    this.#workerCount = worker.of
    this.#random = new Random(0)
    for (let step = 0; step <= worker.index; step += 1) this.#step()
  }

  get measured(): boolean {
    return this.seq >= this.#schedule.warmupCount
  }

  /** To the next instant of this worker. Hot path: once a request; at 100,000/s the schedule costs 0.5 % of a core. */
  advance(): void {
    for (let step = 0; step < this.#workerCount; step += 1) this.#step()
  }

  #step(): void {
    this.seq += 1
    let stretch = this.#schedule.stretches[this.#stretchIndex]
    while (this.#inStretch >= (stretch?.count ?? 0)) {
      this.#stretchIndex += 1
      stretch = this.#schedule.stretches[this.#stretchIndex]
      if (stretch === undefined) {
        this.#stepRecorded()
        return
      }
      this.#inStretch = 0
      this.#logRest = 0
      this.#random = Random.stream(this.#schedule.seed, `arrivals.${this.#stretchIndex}`)
    }
    if (stretch === undefined) return
    const share = stretch.spacing === 'even' ? this.#inStretch / stretch.count : this.#drawShare(stretch.count)
    this.#inStretch += 1
    // The last of many uniforms may round to the end, which belongs to the next stretch.
    const withinNs = Math.min(Math.floor(timeShare(share, stretch) * stretch.lengthNs), stretch.lengthNs - 1)
    this.offsetNs = stretch.startNs + withinNs
  }

  #drawShare(count: number): number {
    this.#logRest += Math.log(1 - this.#random.float()) / (count - this.#inStretch)
    return -Math.expm1(this.#logRest)
  }

  #stepRecorded(): void {
    this.#stretchIndex = this.#schedule.stretches.length
    this.#inStretch = 0
    const index = this.seq - this.#schedule.warmupCount
    this.offsetNs = this.#schedule.recordedNs[index] ?? Number.POSITIVE_INFINITY
  }
}

/** Where in a stretch a share of its requests has been sent: the inverse of the area under a straight line. */
function timeShare(share: number, { fromPerSec, toPerSec }: Stretch): number {
  if (fromPerSec === toPerSec || share === 0) return share
  const root = Math.sqrt(fromPerSec * fromPerSec + share * (toPerSec * toPerSec - fromPerSec * fromPerSec))
  return (share * (fromPerSec + toPerSec)) / (fromPerSec + root)
}
