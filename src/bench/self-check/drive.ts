import { monotonicClock } from '../../core/clock.js'
import { durationNs, nsPerSec } from '../../core/units.js'
import { Interruption } from '../interruption.js'
import type { Measurement, MeasurementPlan } from '../target/measurement.js'
import { runWorkers } from '../target/worker-pool.js'
import type { Behaviour } from './behaviour.js'
import type { ServerLog } from './server-log.js'
import { ServerProcess } from './server-process.js'

/** How our own generator drives a built-in server. */
export type DrivePlan = {
  readonly behaviour: Behaviour
  readonly ratePerSec: number
  readonly connections: number
  readonly workers: number
  readonly warmupNs: number
  readonly windowNs: number
}

export type Driven = { readonly measurement: Measurement; readonly log: ServerLog }

/** Starts the server, drives it, and fetches its log. */
export async function driveServer(plan: DrivePlan, stop: AbortSignal): Promise<Driven> {
  const server = await ServerProcess.start(plan.behaviour)
  try {
    await server.begin()
    const measurement = await measureServer(plan, server, stop)
    return { measurement, log: await server.log() }
  } finally {
    await server.stop()
  }
}

/** Drives a server that is there already. */
export async function measureServer(
  plan: Omit<DrivePlan, 'behaviour'>,
  server: Pick<ServerProcess, 'port'>,
  stop: AbortSignal,
): Promise<Measurement> {
  const interruption = new Interruption(monotonicClock)
  const stopListening = interruption.listen(stop, new Promise(() => undefined))
  try {
    const watch = { clock: monotonicClock, interruption, onProgress: () => undefined }
    return await runWorkers(measurementPlan(plan, server.port), watch)
  } finally {
    stopListening()
  }
}

function measurementPlan(plan: Omit<DrivePlan, 'behaviour'>, port: number): MeasurementPlan {
  const { ratePerSec, connections, workers } = plan
  const windowNs = durationNs(plan.windowNs)
  const phase = { lengthNs: windowNs, fromPerSec: ratePerSec, toPerSec: ratePerSec }
  return {
    arrivals: { kind: 'phases', spacing: 'even', phases: [phase] },
    seed: 1,
    ...{ warmupNs: durationNs(plan.warmupNs), windowNs },
    ...{ timeoutNs: durationNs(10 * nsPerSec), drainNs: durationNs(5 * nsPerSec) },
    ...{ workers, connections, inFlightMax: 100_000 },
    ...{ endToEndLimitsNs: [], components: [], pacing: null, targetIsLocal: true },
    client: {
      kind: 'http',
      origin: `http://127.0.0.1:${port}`,
      request: { method: 'GET', path: '/', headers: [], body: null },
      ...{ data: null, expectStatus: [200], pipelining: 1, serverTiming: true, http2: false, verifyCertificate: true },
    },
  }
}
