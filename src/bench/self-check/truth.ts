import { instantNs } from '../../core/units.js'
import { rankOf } from '../../stats/histogram.js'
import { type Behaviour, dueAt } from './behaviour.js'
import type { ServerLog } from './server-log.js'

// What a perfect generator would have reported: one that sends every request at its intended instant over a wire that costs
// nothing. It is not assumed but taken from the log of the server: when it would have answered a request of that instant, by
// its behaviour and its own phase, plus the time by which it really was late with the request in the same place.

/**
 * Response times in the order of `intendedAt`, the instants of the schedule. The n-th of them stands for the n-th request of the
 * log that arrived after the first was intended; where a request was lost on the way the last of the log is used again.
 */
export function truthOf(behaviour: Behaviour, log: ServerLog, intendedAt: ArrayLike<number>): Float64Array {
  const first = log.arrivedAt.findIndex((at) => at >= (intendedAt[0] ?? 0))
  const times = new Float64Array(first < 0 ? 0 : intendedAt.length)
  for (let index = 0; index < times.length; index += 1) {
    const row = Math.min(first + index, log.count - 1)
    const at = instantNs(intendedAt[index] ?? 0)
    const asked = { at, index: row, connection: log.connection[row] ?? 0 }
    const lateNs = Math.max(0, (log.answeredAt[row] ?? 0) - (log.dueAt[row] ?? 0))
    times[index] = dueAt(behaviour, asked, log.originAt) - at + lateNs
  }
  return times
}

/** Inverse of the empirical distribution of times in ascending order, as Histogram.quantile. */
export const trueQuantileNs = (ascending: Float64Array, share: number): number =>
  ascending.length === 0 ? 0 : (ascending[rankOf(share, ascending.length) - 1] ?? 0)

/** Equally spaced instants of a window. */
export function evenInstants(fromAt: number, lengthNs: number, ratePerSec: number): Float64Array {
  const count = Math.round((lengthNs / 1e9) * ratePerSec)
  return Float64Array.from({ length: count }, (_, index) => fromAt + (index * 1e9) / ratePerSec)
}
