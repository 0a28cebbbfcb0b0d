import { nsPerUs } from '../../core/units.js'
import { intervalNs } from '../../results/run-result.js'
import type { Measurement } from '../target/measurement.js'
import type { Behaviour } from './behaviour.js'
import type { Driven } from './drive.js'
import type { ServerLog } from './server-log.js'
import { evenInstants, trueQuantileNs, truthOf } from './truth.js'

// What a generator reported beside what was true.

export const comparedQuantiles = [
  { name: 'p50', share: 0.5 },
  { name: 'p95', share: 0.95 },
  { name: 'p99', share: 0.99 },
  { name: 'p99.9', share: 0.999 },
  { name: 'max', share: 1 },
] as const
type QuantileName = (typeof comparedQuantiles)[number]['name']
export type Quantiles = Readonly<Record<QuantileName, number>>

export type ComparedQuantile = {
  readonly name: QuantileName
  readonly trueNs: number
  readonly reportedNs: number
  readonly allowedNs: number
  readonly holds: boolean
}

/** The grain of the field, 3 % or 150 us; at the median the wire alone is allowed for. */
const allowedShare = 0.03
const allowedNsMin = { p50: 100 * nsPerUs, others: 150 * nsPerUs }

/** `floor` is what the machine adds to a request that takes no time: twice of it cannot be held against the generator. */
export function compareQuantiles(truth: Quantiles, reported: Quantiles, floor: Quantiles | null): ComparedQuantile[] {
  return comparedQuantiles.map(({ name }) => {
    const trueNs = truth[name]
    const reportedNs = reported[name]
    const strictNs =
      name === 'p50' ? allowedNsMin.p50 : Math.max(allowedNsMin.others, Math.round(trueNs * allowedShare))
    const allowedNs = Math.max(strictNs, 2 * (floor?.[name] ?? 0))
    return { name, trueNs, reportedNs, allowedNs, holds: Math.abs(reportedNs - trueNs) <= allowedNs }
  })
}

/** By how much the server's part may differ from its own log. */
const serverShareMax = 1e-3

/**
 * What a perfect generator would have reported of the window of a measurement at a constant rate, of all of it or of some of
 * its intervals.
 */
export function trueQuantiles(
  behaviour: Behaviour,
  log: ServerLog,
  window: { readonly fromAt: number; readonly lengthNs: number; readonly ratePerSec: number },
  intervals: readonly number[] | null = null,
): Quantiles {
  const intendedAt = evenInstants(window.fromAt, window.lengthNs, window.ratePerSec)
  const counted = intervals === null ? null : new Set(intervals)
  const truth = truthOf(behaviour, log, intendedAt)
    .filter((_, index) => {
      const sinceNs = (intendedAt[index] ?? 0) - window.fromAt
      return counted === null || counted.has(Math.floor(sinceNs / intervalNs))
    })
    .sort()
  return quantilesBy((share) => trueQuantileNs(truth, share))
}

/** What a measurement reports of some intervals of its window. */
export function reportedQuantiles(
  { responseTimesOf }: Pick<Measurement, 'responseTimesOf'>,
  intervals: readonly number[],
): Quantiles {
  const histogram = responseTimesOf(intervals)
  return quantilesBy((share) => histogram.quantile(share))
}

const quantilesBy = (quantile: (share: number) => number): Quantiles => ({
  p50: quantile(0.5),
  p95: quantile(0.95),
  p99: quantile(0.99),
  'p99.9': quantile(0.999),
  max: quantile(1),
})

/**
 * Why samples are not explained as lateness + wait for a connection + server + wire, with the server's part as its own log
 * has it; empty where all are.
 */
export function unexplained({ measurement, log }: Driven): string[] {
  const { counts, stages, sumMismatches, negativeDifferences, serverOverruns } = measurement
  const problems: string[] = []
  const { planned, completed } = counts
  if (completed !== planned) problems.push(`${planned - completed} of ${planned} requests have no answer`)
  if (sumMismatches > 0) problems.push(`${sumMismatches} samples whose parts do not sum`)
  // Between two processes of one machine there is one clock: what one says of itself fits into what the other has seen.
  const belowZero = negativeDifferences + serverOverruns
  if (belowZero > 0) problems.push(`${belowZero} samples with a part below zero`)
  const server = stages.find(({ name }) => name === 'server')?.summary
  if (server === undefined || server.count !== completed) {
    problems.push(`the server's part is known of ${server?.count ?? 0} of ${completed} samples`)
  } else {
    const logged = loggedTotalNs(log, completed)
    const told = server.meanNs * server.count
    // Where requests wait for a connection, some of the warm-up arrive among the first of the window.
    if (Math.abs(told - logged) > logged * serverShareMax) {
      problems.push(`the server's part sums to ${told} ns, its own log to ${logged} ns`)
    }
  }
  return problems
}

/** Time of the last so many requests from arrival to answer: the warm-up came before them. */
function loggedTotalNs({ arrivedAt, answeredAt, count }: ServerLog, lastCount: number): number {
  let total = 0
  for (let row = Math.max(0, count - lastCount); row < count; row += 1) {
    total += (answeredAt[row] ?? 0) - (arrivedAt[row] ?? 0)
  }
  return total
}
