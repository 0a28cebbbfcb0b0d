import { nsPerMs, nsPerSec } from '../../core/units.js'
import { type Behaviour, fixedDelay, stalling } from './behaviour.js'
import {
  type ComparedQuantile,
  compareQuantiles,
  type Quantiles,
  reportedQuantiles,
  trueQuantiles,
  unexplained,
} from './comparison.js'
import { type DrivePlan, driveServer } from './drive.js'
import { calmIntervals, watchCores } from './held-up.js'

// The instrument checks itself on the machine of its user: it drives servers whose response times are known and compares
// what it reports with what is true. In under a minute.

type CheckPlan = DrivePlan & { readonly name: string }

const ratePerSec = 1_000
const warmupNs = nsPerSec
const twoModes: Behaviour = { kind: 'two-modes', delayNs: nsPerMs, slowNs: 20 * nsPerMs, slowEvery: 25 }
const slowConnection: Behaviour = { kind: 'slow-connection', delayNs: nsPerMs, slowNs: 20 * nsPerMs, slowEvery: 10 }

/** First the floor, against which the others are allowed to deviate. */
const nullPlan: CheckPlan = planOf('null server', { kind: 'null' }, { connections: 20, seconds: 4 })
const plans: readonly CheckPlan[] = [
  planOf('fixed delay of 5 ms', fixedDelay(5 * nsPerMs), { connections: 40, seconds: 4 }),
  // 200 requests come while it is frozen; each needs a connection of its own.
  planOf('frozen 200 ms every 2 s', stalling, { connections: 300, seconds: 6 }),
  planOf('two modes, 1 ms and 20 ms', twoModes, { connections: 60, seconds: 4 }),
  planOf('one slow connection in ten', slowConnection, { connections: 60, seconds: 4 }),
]

function planOf(
  name: string,
  behaviour: Behaviour,
  { connections, seconds }: { readonly connections: number; readonly seconds: number },
): CheckPlan {
  return { name, behaviour, ratePerSec, connections, workers: 1, warmupNs, windowNs: seconds * nsPerSec }
}

export type CheckedServer = {
  readonly name: string
  readonly quantiles: readonly ComparedQuantile[]
  /** What cannot be explained of its samples. */
  readonly problems: readonly string[]
  readonly latenessNsP99: number
  /**
   * Intervals of 250 ms in which the machine held up no core; those alone were compared, or all where they were too few. Null
   * where nobody could watch.
   */
  readonly intervals: { readonly calm: number; readonly compared: number; readonly count: number } | null
  readonly holds: boolean
}

export type SelfCheck = {
  readonly schema: 'nautilus.self-check/1'
  /** `invalid`: the machine was too busy to tell. */
  readonly status: 'pass' | 'fail' | 'invalid'
  /** Response times of the null server: the noise floor of this machine now. */
  readonly floor: Quantiles
  /** What cannot be explained of the samples of the null server. */
  readonly problems: readonly string[]
  readonly pacing: string
  readonly servers: readonly CheckedServer[]
}

/** A floor above this excuses too much: whether machine or generator is at fault cannot be told. */
const floorMax = { p50: nsPerMs, p99: 20 * nsPerMs }
const isCalm = (floor: Quantiles): boolean => floor.p50 <= floorMax.p50 && floor.p99 <= floorMax.p99

/** Throws the reason of a stop. */
export async function selfCheck(stop: AbortSignal, onServer: (name: string) => void): Promise<SelfCheck> {
  onServer(nullPlan.name)
  const { driven: first, calm } = await driveWatched(nullPlan, stop)
  const floor = reportedQuantiles(first.measurement, calm.intervals)
  const servers: CheckedServer[] = []
  for (const plan of plans) {
    stop.throwIfAborted()
    onServer(plan.name)
    servers.push(await checkServer(plan, floor, stop))
  }
  stop.throwIfAborted()
  const problems = unexplained(first)
  const holds = problems.length === 0 && servers.every((server) => server.holds)
  const status = !isCalm(floor) ? 'invalid' : holds ? 'pass' : 'fail'
  const { pacing } = first.measurement
  return { schema: 'nautilus.self-check/1', status, floor, problems, pacing, servers }
}

async function checkServer(plan: CheckPlan, floor: Quantiles, stop: AbortSignal): Promise<CheckedServer> {
  const { driven, window, calm, watched } = await driveWatched(plan, stop)
  const { measurement, log } = driven
  const truth = trueQuantiles(plan.behaviour, log, window, calm.intervals)
  const quantiles = compareQuantiles(truth, reportedQuantiles(measurement, calm.intervals), floor)
  const problems = unexplained(driven)
  return {
    ...{ name: plan.name, quantiles, problems },
    latenessNsP99: measurement.lateness.p99Ns,
    intervals: watched ? { calm: calm.calmCount, compared: calm.intervals.length, count: calm.count } : null,
    holds: problems.length === 0 && quantiles.every((quantile) => quantile.holds),
  }
}

async function driveWatched(plan: CheckPlan, stop: AbortSignal) {
  const { value: driven, heldUp, problem } = await watchCores(() => driveServer(plan, stop))
  const window = { fromAt: driven.measurement.startedAt + plan.warmupNs, lengthNs: plan.windowNs, ratePerSec }
  return { driven, window, calm: calmIntervals(heldUp, window), watched: problem === null }
}
