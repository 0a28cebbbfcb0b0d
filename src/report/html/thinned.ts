import { intervalNs, type RunResult } from '../../results/run-result.js'

// Intervals of a long run joined to at most so many that a page can show. Counts are summed; percentiles of different
// intervals cannot be, so the highest stands for the group: a spike of 250 ms is never thinned away.

export type Span = {
  readonly startNs: number
  readonly endNs: number
  /** How many intervals it joins. */
  readonly joined: number
  /** Samples of the SLA distribution. */
  readonly count: number
  /** All outcomes: these, and those that have a line of their own. */
  readonly outcomeCount: number
  readonly unanswered: number
  readonly p50Ns: number
  readonly p95Ns: number
  readonly p99Ns: number
  readonly maxNs: number
}

const spansMax = 240

export function spansOf({ endToEnd, noTrade, rejected, load }: RunResult): Span[] {
  const { intervals } = endToEnd
  const joined = Math.max(1, Math.ceil(intervals.length / spansMax))
  return Array.from({ length: Math.ceil(intervals.length / joined) }, (_, index) => {
    const from = index * joined
    const group = intervals.slice(from, from + joined)
    const besides = [noTrade, rejected].flatMap((series) => series.intervals.slice(from, from + joined))
    const sum = (of: (interval: Interval) => number) => group.reduce((total, interval) => total + of(interval), 0)
    const most = (of: (interval: Interval) => number) => Math.max(0, ...group.map(of))
    const count = sum((interval) => interval.count)
    const endNs = (group.at(-1)?.startNs ?? 0) + intervalNs
    return {
      startNs: group[0]?.startNs ?? 0,
      endNs: load.durationNs > (group.at(-1)?.startNs ?? 0) ? Math.min(endNs, load.durationNs) : endNs,
      joined,
      count,
      outcomeCount: besides.reduce((total, interval) => total + interval.count, count),
      unanswered: sum(({ unanswered }) => unanswered),
      p50Ns: most(({ p50Ns }) => p50Ns),
      p95Ns: most(({ p95Ns }) => p95Ns),
      p99Ns: most(({ p99Ns }) => p99Ns),
      maxNs: most(({ maxNs }) => maxNs),
    }
  })
}

type Interval = RunResult['endToEnd']['intervals'][number]
