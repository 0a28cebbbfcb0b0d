import type { Clock } from '../core/clock.js'
import { NautilusError } from '../core/errors.js'
import { bytes, type DurationNs, durationNs, later, nsPerMs, nsPerSec } from '../core/units.js'
import { type RedisAddress, unbatched } from '../platform/bus/config.js'
import type { RunResult } from '../results/run-result.js'
import { meanRate } from './arrivals.js'
import { isPlain } from './config.js'
import { Driver } from './driver.js'
import { pacingFor } from './pacer.js'
import type { BenchPlan, SystemAccess } from './plan.js'
import { driveServer } from './self-check/drive.js'
import type { EchoAnswer, EchoAsk } from './self-check/echo-entry.js'
import { Forked } from './self-check/forked.js'
import { ServerProcess } from './self-check/server-process.js'

// The noise floor: what the same driver reports at the same rate of something that takes no time. Nothing below it can be
// told apart. It is taken right before the warm-up, while the engines idle, over keys and a server of its own, so that no
// engine sees any of it.

export type NoiseFloor = NonNullable<RunResult['fidelity']['noiseFloor']>

/** A twentieth of the window and at most a second: it must not make a run noticeably longer. */
const share = 1 / 20
const floorNsMax = nsPerSec
/** A shorter one has too few samples to tell a p99. */
const floorNsMin = 200 * nsPerMs
const warmupNs = durationNs(200 * nsPerMs)
const drainNs = durationNs(nsPerSec)
const leadNs = durationNs(50 * nsPerMs)
/** Where only the source of a run knows its rate. */
const ratePerSecUnknown = 1_000
/** Of a bus in shared memory: its messages are single ticks. */
const floorRegionBytes = bytes(4 * 1024 ** 2)

/** How long a window is calibrated for; null where it is too short. */
export function floorLengthNs(windowNs: number): DurationNs | null {
  const lengthNs = Math.min(floorNsMax, windowNs * share)
  return lengthNs < floorNsMin ? null : durationNs(Math.round(lengthNs))
}

type Calibration = {
  readonly plan: BenchPlan
  readonly access: SystemAccess
  readonly clock: Clock
  readonly stop: AbortSignal
  readonly note: (text: string) => void
}

/** Null where the window is too short, the run was stopped meanwhile, or it could not be done, which never keeps from measuring. */
export async function calibrateDriver(calibration: Calibration): Promise<NoiseFloor | null> {
  const { plan, stop, note } = calibration
  const lengthNs = floorLengthNs(plan.load.duration)
  if (lengthNs === null || stop.aborted) return null
  try {
    if (isPlain(plan.load.scenario)) return await calibrateTarget(plan, lengthNs, stop)
    return await calibrate(calibration, lengthNs)
  } catch (error) {
    if (!(error instanceof NautilusError)) throw error
    // A stop ends the calibration with an error of its own, which is no news.
    if (stop.aborted) return null
    note(`no noise floor: ${error.message}`)
    return null
  }
}

async function calibrate(
  { plan, access, ...calibration }: Calibration,
  lengthNs: DurationNs,
): Promise<NoiseFloor | null> {
  const target = await openNullTarget(plan, access)
  try {
    return await measure({ plan: floorPlan(plan, lengthNs), access, ...calibration }, target)
  } finally {
    await target.close()
  }
}

/** A plain target is calibrated where it speaks HTTP/1.1 and is sent to at a rate: there is a null server for it. */
async function calibrateTarget(plan: BenchPlan, lengthNs: DurationNs, stop: AbortSignal): Promise<NoiseFloor | null> {
  const { scenario, arrivals, connections, workers, duration } = plan.load
  const ratePerSec = meanRate(arrivals, duration)
  if (scenario !== 'http' || ratePerSec === null) return null
  const drivePlan = { ratePerSec, connections, workers, warmupNs, windowNs: lengthNs }
  const { measurement } = await driveServer({ behaviour: { kind: 'null' }, ...drivePlan }, stop)
  const { count, p50Ns, p95Ns, p99Ns, maxNs } = measurement.endToEnd.summary
  if (stop.aborted || count === 0) return null
  return { count, p50Ns, p95Ns, p99Ns, maxNs, target: 'null server by HTTP' }
}

type NullTarget = {
  readonly words: string
  readonly access: SystemAccess
  /** Whether the collector's thread answers ticks itself. */
  readonly echo: boolean
  readonly close: () => Promise<void>
}

async function openNullTarget(plan: BenchPlan, whole: SystemAccess): Promise<NullTarget> {
  const access: SystemAccess = { ...whole, bus: apart(whole.bus), storeUrl: null, engines: [] }
  if (plan.load.scenario === 'orders') {
    const server = await ServerProcess.start({ kind: 'null' })
    const gateway = { name: 'order-gateway', instance: 0, pid: null, url: `http://127.0.0.1:${server.port}` }
    const close = (): Promise<void> => server.stop()
    return { words: 'null server by HTTP', access: { ...access, engines: [gateway] }, echo: false, close }
  }
  if (access.bus.kind === 'in-process') {
    return { words: 'null echo in the process', access, echo: true, close: async () => undefined }
  }
  const child = new Forked<EchoAsk, EchoAnswer>('the null echo', 'bench/self-check/echo-entry.js')
  try {
    await child.ask({ bus: access.bus }, 'listening')
    const medium = access.bus.kind === 'shared-memory' ? 'shared memory' : 'redis'
    return { words: `null echo over ${medium}`, access, echo: false, close: () => child.end() }
  } catch (error) {
    await child.end()
    throw error
  }
}

/** Keys that no engine reads, and that go with the others of the system. */
function apart(bus: SystemAccess['bus']): SystemAccess['bus'] {
  if (bus.kind === 'in-process') return bus
  if (bus.kind === 'shared-memory') return { ...bus, systemId: `${bus.systemId}:floor`, regionBytes: floorRegionBytes }
  const keyed = (address: RedisAddress): RedisAddress => ({ ...address, systemId: `${address.systemId}:floor` })
  return unbatched(bus.kind === 'redis' ? keyed(bus) : { ...bus, buses: bus.buses.map(keyed) })
}

function floorPlan(plan: BenchPlan, lengthNs: DurationNs): BenchPlan {
  const { load } = plan
  const rate = meanRate(load.arrivals, load.duration) ?? ratePerSecUnknown
  return {
    ...plan,
    runId: `${plan.runId}-floor`,
    components: [],
    endToEndLimitsNs: [],
    engines: [],
    load: {
      ...load,
      source: { kind: 'generated', symbols: 7, burstiness: 0 },
      arrivals: load.arrivals.kind === 'poisson' ? { kind: 'poisson', rate } : { kind: 'constant', rate },
      ...{ warmup: warmupNs, duration: lengthNs, drain: drainNs },
    },
  }
}

async function measure(
  { plan, access, clock, stop }: Omit<Calibration, 'note'>,
  target: NullTarget,
): Promise<NoiseFloor | null> {
  const driver = await Driver.open({
    ...{ plan, access: target.access, echo: target.echo },
    // As the run itself will wait: for the processes of the system are there, whether they work or not.
    pacing: pacingFor(access),
    inProcess: [],
    onEvent: () => undefined,
  })
  const onStop = (): void => driver.stop()
  stop.addEventListener('abort', onStop, { once: true })
  try {
    if (stop.aborted) return null
    await driver.send(later(clock.now(), leadNs))
    await driver.drain(plan.load.drain)
    await driver.close(driver.measuredSentCount())
    const { recorded } = await driver.finish(driver.prepared.windowNs)
    const { summary } = plan.load.scenario === 'orders' ? recorded.endToEnd : recorded.noTrade
    if (stop.aborted || summary.count === 0) return null
    const { count, p50Ns, p95Ns, p99Ns, maxNs } = summary
    return { count, p50Ns, p95Ns, p99Ns, maxNs, target: target.words }
  } finally {
    stop.removeEventListener('abort', onStop)
    await driver.end()
  }
}
