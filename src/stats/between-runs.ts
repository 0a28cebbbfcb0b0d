import { assert } from '../core/assert.js'
import { momentsOf } from './moments.js'
import { normalQuantile, studentT } from './special-functions.js'

// What one run says about itself is not what the next run will say: process trees start with other memory layouts, code
// is compiled at other moments, neighbours are busy or not. Errors between runs are relative, so they are held in
// logarithms.

/** A quantile of one run, with the bounds that its own samples give. */
export type RunEstimate = {
  readonly value: number
  readonly lower: number
  readonly upper: number
  /** One-sided, of each bound: 95 % where nothing else is said. */
  readonly confidence?: number
}

type Interval = {
  readonly value: number
  readonly lower: number
  readonly upper: number
  /** One-sided, of each bound. */
  readonly confidence: number
}

type Status = 'pass' | 'fail' | 'inconclusive'

type BetweenRunsResult = Interval & { readonly status: Status; readonly runCount: number }

/** Standard deviation between runs, as a share, that is assumed until a history tells it. */
export const betweenRunsUnknown = 0.1
/** Runs of history from which the deviation between runs is taken. */
const historyMin = 5
const confidence = 0.95

/**
 * The interval of a quantile across runs: Student's t over the logarithms of each run's quantile, with a standard error
 * that never falls below what the runs claim of their own errors: five runs may agree by luck.
 */
export function acrossRuns(runs: readonly RunEstimate[], limit: number): BetweenRunsResult {
  assert(runs.length >= 2, 'runs are compared with each other')
  const { mean, deviation } = momentsOf(runs.map(({ value }) => logOf(value)))
  const within = Math.sqrt(runs.reduce((sum, run) => sum + withinError(run) ** 2, 0) / runs.length)
  const reach = (studentT(confidence, runs.length - 1) * Math.max(deviation, within)) / Math.sqrt(runs.length)
  const interval = { lower: Math.exp(mean - reach), upper: Math.exp(mean + reach) }
  return {
    value: Math.exp(mean),
    lower: interval.lower,
    upper: interval.upper,
    confidence,
    status: statusOf(interval, limit),
    runCount: runs.length,
  }
}

/** The error of a run by its own bounds, in logarithms. */
const withinError = ({ lower, upper, confidence: ofBounds = confidence }: RunEstimate): number =>
  (logOf(upper) - logOf(lower)) / (2 * normalQuantile(ofBounds))

/**
 * The interval of a single run: its own error and the deviation between runs add as squares, on each side apart,
 * because the interval of a high quantile is not symmetric (Zou and Donner's MOVER, Statistics in Medicine 2008). The
 * deviation comes from earlier runs of the same profile on the same class of machine.
 */
export function singleRun(run: RunEstimate, earlierValues: readonly number[], limit: number): BetweenRunsResult {
  const between = betweenRunsReach(earlierValues)
  const centre = logOf(run.value)
  const lower = Math.exp(centre - Math.hypot(centre - logOf(run.lower), between))
  const upper = Math.exp(centre + Math.hypot(logOf(run.upper) - centre, between))
  const status = statusOf({ lower, upper }, limit)
  return { value: run.value, lower, upper, confidence, status, runCount: 1 }
}

/**
 * How far a run may lie from the mean of all runs at one-sided confidence, in logarithms. The deviation comes from the steps from
 * run to run, the middle one of them by size: whoever made the service slow and mended it again has changed the system, and
 * the two large steps say nothing of the noise between its runs.
 */
function betweenRunsReach(earlierValues: readonly number[]): number {
  if (earlierValues.length < historyMin) return normalQuantile(confidence) * betweenRunsUnknown
  const logs = earlierValues.map(logOf)
  const steps = logs.slice(1).map((value, index) => Math.abs(value - (logs[index] ?? value)))
  const count = steps.length
  const middle = steps.sort((a, b) => a - b)[Math.floor(count / 2)] ?? 0
  // By simulation: the middle of an even count stands above their median, and so is an estimate on the safe side already.
  const safety = count % 2 === 0 ? 1.045 : 1 + 1.75 / count
  return (normalQuantile(confidence) * safety * middle) / (normalQuantile(0.75) * Math.SQRT2)
}

const statusOf = ({ lower, upper }: { lower: number; upper: number }, limit: number): Status =>
  lower > limit ? 'fail' : upper < limit ? 'pass' : 'inconclusive'

type Prediction = {
  readonly centre: number
  readonly lower: number
  readonly upper: number
  readonly confidence: number
  readonly occasionCount: number
}

/**
 * Occasions of which a stored baseline needs at least so many: fewer do not tell how much a machine drifts from day to
 * day.
 */
export const occasionsMin = 8

/**
 * Where the next occasion is expected by those before it, each bound at one-sided 95 %; null below eight occasions. In
 * logarithms where all values are positive, else on the scale itself (a rate of errors is often zero).
 */
export function predictionInterval(earlierValues: readonly number[], certainty = confidence): Prediction | null {
  const occasionCount = earlierValues.length
  if (occasionCount < occasionsMin) return null
  const positive = earlierValues.every((value) => value > 0)
  const { mean, deviation } = momentsOf(positive ? earlierValues.map(Math.log) : earlierValues)
  const reach = studentT(certainty, occasionCount - 1) * deviation * Math.sqrt(1 + 1 / occasionCount)
  const back = positive ? Math.exp : (value: number) => value
  return {
    centre: back(mean),
    lower: back(mean - reach),
    upper: back(mean + reach),
    confidence: certainty,
    occasionCount,
  }
}

/**
 * A result below half of its own history is more likely a broken measurement than a gain: work that was not done is
 * fast.
 */
export function isSuspect(value: number, earlierValues: readonly number[]): boolean {
  if (earlierValues.length < historyMin) return false
  const sorted = [...earlierValues].sort((a, b) => a - b)
  const middle = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0
  return value < middle / 2
}

/** A quantile of zero nanoseconds is below the clock's grain, not infinitely small. */
const logOf = (value: number): number => Math.log(Math.max(value, 1))
