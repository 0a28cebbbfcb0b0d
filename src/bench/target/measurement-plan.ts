import { AssertionError, assertNever, present } from '../../core/assert.js'
import { type DurationNs, durationNs, nsPerSec } from '../../core/units.js'
import { recordedOffsets } from '../arrivals.js'
import type { ArrivalsConfig } from '../config.js'
import type { BenchPlan, SystemAccess } from '../plan.js'
import type { ArrivalsPlan, MeasurementPlan } from './measurement.js'
import { isLocal, planClient } from './plan-client.js'
import { readTimes } from './recorded-times.js'

/** Slots take memory in every worker; a target that answers nothing fills this many and the rest is dropped and counted. */
const inFlightMaxMax = 1_000_000
const inFlightMaxMin = 1_000

/** What the workers are asked, out of a checked profile. */
/** `windowNsMax`: longer than the window where it may be extended; what lies beyond is then sent only if it is. */
export function measurementPlan(
  plan: BenchPlan,
  access: SystemAccess,
  windowNsMax: DurationNs = plan.load.duration,
): MeasurementPlan {
  const { load } = plan
  const { arrivals } = load
  const recorded = arrivals.kind === 'recorded' ? recordedPlan(arrivals, load.duration) : null
  return {
    arrivals:
      recorded === null ? arrivalsPlan(arrivals, load.duration, windowNsMax) : { kind: 'recorded', ...recorded },
    seed: load.seed,
    warmupNs: load.warmup,
    // Times that end before the window end it there.
    windowNs: recorded?.windowNs ?? windowNsMax,
    timeoutNs: load.timeout,
    drainNs: load.drain,
    workers: load.workers,
    // A user waits for each answer, so one more connection than users would stand idle.
    connections: arrivals.kind === 'closed' ? arrivals.users : load.connections,
    inFlightMax: recorded === null ? inFlightMax(arrivals, load.timeout) : bounded(recorded.offsetsNs.length),
    endToEndLimitsNs: plan.endToEndLimitsNs,
    components: plan.components,
    pacing: null,
    targetIsLocal: isLocal(plan, access),
    client: planClient(plan, access),
  }
}

function arrivalsPlan(arrivals: ArrivalsConfig, windowNs: DurationNs, windowNsMax: DurationNs): ArrivalsPlan {
  switch (arrivals.kind) {
    case 'constant':
    case 'poisson': {
      const { rate } = arrivals
      const phase = (lengthNs: number) => ({ lengthNs: durationNs(lengthNs), fromPerSec: rate, toPerSec: rate })
      // The count of the window stays exact, whether or not more follows.
      const phases = [phase(windowNs), ...(windowNsMax > windowNs ? [phase(windowNsMax - windowNs)] : [])]
      return { kind: 'phases', spacing: arrivals.kind === 'poisson' ? 'poisson' : 'even', phases }
    }
    case 'ramp': {
      const phase = { lengthNs: windowNs, fromPerSec: arrivals.from, toPerSec: arrivals.to }
      return { kind: 'phases', spacing: 'even', phases: [phase] }
    }
    case 'steps':
      return {
        kind: 'phases',
        spacing: 'even',
        phases: arrivals.phases.map(({ rate, duration }) => {
          return { lengthNs: duration, fromPerSec: rate, toPerSec: rate }
        }),
      }
    case 'closed':
      return { kind: 'closed', users: arrivals.users }
    case 'recorded':
      throw new AssertionError('recorded arrivals have a plan of their own')
    default:
      return assertNever(arrivals)
  }
}

type Recorded = Extract<ArrivalsConfig, { kind: 'recorded' }>

const recordedPlan = ({ file, speed }: Recorded, durationNs: BenchPlan['load']['duration']) =>
  recordedOffsets(readTimes(present(file, 'recorded arrivals of a plain target were checked to name a file')), {
    durationNs,
    speed,
  })

/** What the timeout lets be under way at the highest rate, and a quarter more for what comes at once. */
function inFlightMax(arrivals: ArrivalsConfig, timeoutNs: number): number {
  if (arrivals.kind === 'closed') return arrivals.users
  const atOnce = Math.ceil((ratePeak(arrivals) * timeoutNs * 1.25) / nsPerSec)
  return bounded(atOnce)
}

const bounded = (count: number): number => Math.min(inFlightMaxMax, Math.max(inFlightMaxMin, count))

function ratePeak(arrivals: Exclude<ArrivalsConfig, { kind: 'closed' }>): number {
  switch (arrivals.kind) {
    case 'constant':
    case 'poisson':
      return arrivals.rate
    case 'ramp':
      return Math.max(arrivals.from, arrivals.to)
    case 'steps':
      return Math.max(...arrivals.phases.map(({ rate }) => rate))
    case 'recorded':
      return 0
    default:
      return assertNever(arrivals)
  }
}
