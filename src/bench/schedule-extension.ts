import { Random } from '../core/random.js'
import { type DurationNs, durationNs, nsPerSec } from '../core/units.js'
import { constantOffsets, plannedMax, plannedRequests, poissonOffsets, type Schedule } from './arrivals.js'
import type { ArrivalsConfig } from './config.js'

// What may follow the window of a run whose verdict is open at its end: a further stretch at the same rate, with instants of its
// own. So the window itself is the same to the nanosecond, whether or not more may follow.

type Extension = {
  readonly arrivals: ArrivalsConfig
  readonly seed: number
  /** The window as it was asked for. */
  readonly durationNs: DurationNs
  readonly windowNsMax: DurationNs
  /** Events that the source has for the window and for what follows it. */
  readonly sourceCount: number
}

/** Of a load whose rate changes, a longer one would be another load; recorded times have their own end. */
export const canBeLonger = ({ kind }: ArrivalsConfig): boolean => kind === 'constant' || kind === 'poisson'

/** How many events of the source may follow those of the window. */
export const eventsBeyond = (arrivals: ArrivalsConfig, moreNs: number): number =>
  canBeLonger(arrivals) && moreNs > 0 ? (plannedRequests(arrivals, moreNs) ?? 0) : 0

/** The schedule with what is sent only where the window is extended: as much of it as the source and the memory have room for. */
export function extendSchedule(schedule: Schedule, extension: Extension): Schedule {
  const { arrivals, seed, windowNsMax } = extension
  const { offsetsNs, warmupCount, warmupNs, windowNs } = schedule
  // A source that ends within the window has nothing for a longer one.
  if ((arrivals.kind !== 'constant' && arrivals.kind !== 'poisson') || windowNs < extension.durationNs) return schedule
  const wanted = eventsBeyond(arrivals, windowNsMax - windowNs)
  const left = Math.min(extension.sourceCount - (offsetsNs.length - warmupCount), plannedMax - offsetsNs.length)
  const count = Math.min(wanted, left)
  if (count <= 0) return schedule
  const moreNs = count < wanted ? Math.round((count * nsPerSec) / arrivals.rate) : windowNsMax - windowNs
  const more =
    arrivals.kind === 'constant'
      ? constantOffsets(count, moreNs)
      : poissonOffsets(count, moreNs, Random.stream(seed, 'arrivals.beyond'))
  const all = new Float64Array(new SharedArrayBuffer((offsetsNs.length + count) * 8))
  all.set(offsetsNs)
  for (let index = 0; index < count; index += 1) {
    all[offsetsNs.length + index] = warmupNs + windowNs + (more[index] ?? 0)
  }
  return { ...schedule, offsetsNs: all, windowNsMax: durationNs(windowNs + moreNs) }
}
