import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { present } from '../../core/assert.js'
import { monotonicClock } from '../../core/clock.js'
import { type InstantNs, instantNs, later, nsPerMs } from '../../core/units.js'
import { goFirst } from '../pacer.js'
import { type ThreadHealth, ThreadWatch } from '../thread-health.js'
import { answerQuestions, tellEvent } from '../threads.js'
import type { TargetClient } from './client.js'
import { createClient } from './client-catalog.js'
import { Flight, shareOf } from './flight.js'
import { pace, wakeUp } from './loop-pacing.js'
import type { LoopPacing, MeasurementPlan, RequestCounts } from './measurement.js'
import { type HandedOver, RequestRecorder, type WorkerTotals } from './request-recorder.js'
import { type CursorSchedule, ScheduleCursor } from './schedule-cursor.js'

// The thread that sends and reads. It shares its loop with nobody: the main thread directs, draws and joins.

export type WorkerData = {
  readonly plan: MeasurementPlan
  /** Null in a closed loop. */
  readonly schedule: CursorSchedule | null
  readonly worker: { readonly index: number; readonly of: number }
  readonly pacing: LoopPacing
  readonly goesFirst: boolean
  /** Raised by the pacer thread. */
  readonly words: Int32Array
  /** The instant at which the run is to end before its time; zero while there is none. */
  readonly stopAt: Float64Array
}

export type WorkerQuestions = {
  /** Connects; tells what carries the requests, and in words how the kernel wakes the thread where that was asked for. */
  readonly open: { readonly ask: null; readonly answer: { readonly path: string; readonly wakeUps: string } }
  readonly run: { readonly ask: { readonly startAt: InstantNs }; readonly answer: WorkerResult }
}

export type WorkerProgress = {
  readonly worker: number
  readonly counts: RequestCounts
  readonly inFlight: number
  readonly closed: readonly HandedOver[]
}

export type WorkerResult = WorkerProgress & { readonly totals: WorkerTotals; readonly health: ThreadHealth }

const progressMs = 200
const sweepMsMax = 20
const drainStepMs = 2
const idleStepMs = 5

const { plan, schedule, worker, pacing, goesFirst, words, stopAt }: WorkerData = workerData
const clock = monotonicClock
const port = present(parentPort, 'a worker is a thread of its own')
const slotCount = shareOf(plan.arrivals.kind === 'closed' ? plan.arrivals.users : plan.inFlightMax, worker)
const flight = new Flight({ plan, slotCount, clock })
const watch = new ThreadWatch()
let client: TargetClient | null = null

answerQuestions<WorkerQuestions>(port, {
  open: async () => {
    client = await createClient(plan.client, {
      ...{ sink: flight, clock, slotCount, connections: shareOf(plan.connections, worker), timeoutNs: plan.timeoutNs },
      loop: plan.arrivals.kind === 'closed' ? 'closed' : 'open',
      ...{ seed: plan.seed, workerIndex: worker.index, workerCount: worker.of },
    })
    await client.open()
    return { path: client.path, wakeUps: goesFirst ? goFirst().join(', ') : '' }
  },
  run: ({ startAt }) => run(present(client, 'the client was opened'), startAt),
})

async function run(open: TargetClient, startAt: InstantNs): Promise<WorkerResult> {
  const windowAt = later(startAt, plan.warmupNs)
  const endAt = later(windowAt, plan.windowNs)
  const recorder = new RequestRecorder(plan, windowAt)
  // What the warm-up warms is also our own code: its requests are recorded in the same way, and nobody asks for the result.
  const rehearsal = new RequestRecorder(plan, startAt)
  const cursor = schedule === null ? null : new ScheduleCursor(schedule, worker)
  flight.begin({
    client: open,
    recorder,
    rehearsal,
    cursor,
    startAt,
    endAt,
    workerIndex: worker.index,
    workerCount: worker.of,
  })
  const timers = keepTime(recorder, rehearsal, windowAt)
  watch.window(windowAt, endAt)
  await (cursor === null ? sendClosed(startAt) : sendOpen(startAt))
  const lastAt = Math.min(endAt, stopAt[0] === 0 ? endAt : (stopAt[0] ?? 0))
  const health = watch.end()
  await drain(lastAt)
  // A drain as long as the timeout ends between two sweeps: what has had its time was not lost by being left.
  flight.sweep()
  flight.loseRest()
  for (const timer of timers) clearInterval(timer)
  await open.close()
  const closed = recorder.closeAll(recorder.intervalCountTo(lastAt))
  const { counts } = recorder
  return { worker: worker.index, counts, inFlight: 0, closed, totals: recorder.totals(flight.strayCount), health }
}

/** What happens beside the sending: giving up, seeing a stop, telling how it goes. */
function keepTime(recorder: RequestRecorder, rehearsal: RequestRecorder, windowAt: InstantNs): NodeJS.Timeout[] {
  const sweepMs = Math.min(sweepMsMax, Math.max(1, plan.timeoutNs / nsPerMs / 10))
  const look = (): void => {
    if (stopAt[0] !== 0) {
      flight.endAt(stopAt[0] ?? 0)
      watch.endAt(stopAt[0] ?? 0)
      wakeUp({ words, index: worker.index })
    }
    flight.sweep()
  }
  const tell = (): void => {
    if (clock.now() < windowAt) rehearsal.close(clock.now(), flight.dueFrom)
    const closed = recorder.close(clock.now(), flight.dueFrom)
    tellEvent<WorkerProgress>(port, {
      ...{ worker: worker.index, counts: recorder.counts, inFlight: flight.inFlight, closed },
    })
  }
  return [setInterval(look, sweepMs), setInterval(tell, progressMs)]
}

async function sendOpen(startAt: InstantNs): Promise<void> {
  await untilAt(startAt)
  const giveUpAt = startAt + plan.warmupNs + plan.windowNs + plan.drainNs
  const step = (): number => {
    if (stopAt[0] !== 0) flight.endAt(stopAt[0] ?? 0)
    const next = flight.sendDue()
    // A rate beyond the worker's strength ends with the drain, not when all has been sent.
    return next < Number.POSITIVE_INFINITY && clock.now() > giveUpAt ? Number.POSITIVE_INFINITY : next
  }
  await pace(step, { pacing, clock, wake: { words, index: worker.index } })
  flight.dropUnsent()
  // The window ends when it was planned to, also where nothing is due in the last of it.
  while (!flight.over) await sleep(idleStepMs)
}

async function sendClosed(startAt: InstantNs): Promise<void> {
  await untilAt(startAt)
  flight.startUsers(slotCount)
  while (!flight.over) await sleep(drainStepMs)
}

const untilAt = async (at: InstantNs): Promise<void> => {
  const restMs = (at - clock.now()) / nsPerMs
  if (restMs > 2) await sleep(restMs - 2)
}

async function drain(lastAt: number): Promise<void> {
  const deadlineAt = later(instantNs(Math.max(lastAt, clock.now())), plan.drainNs)
  while (flight.inFlight > 0 && clock.now() < deadlineAt) await sleep(drainStepMs)
}
