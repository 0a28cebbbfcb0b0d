import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { assert, present } from '../core/assert.js'
import { monotonicClock } from '../core/clock.js'
import { messageOf } from '../core/errors.js'
import { durationNs, later } from '../core/units.js'
import { unbatched } from '../platform/bus/config.js'
import { createTransport } from '../platform/bus/transport.js'
import { buildSchedule } from './arrivals.js'
import { type Feed, openFeed, surveySource } from './feed.js'
import { createLedger } from './ledger.js'
import { BusOutlet, type Outlet, PortOutlet } from './outlet.js'
import { sharpenWakeUps } from './pacer.js'
import type { DriverEvent, Prepared, SenderData, SenderQuestions } from './protocol.js'
import { extendSchedule } from './schedule-extension.js'
import { sendAll } from './sending.js'
import { ThreadWatch } from './thread-health.js'
import { answerQuestions, tellEvent } from './threads.js'

// Entry of the sender's thread: it prepares the schedule, waits for the word to start, and sends.

function serve(data: SenderData): void {
  const parent = present(parentPort, 'the sender runs in a thread')
  const watch = new ThreadWatch('blocks')
  let ready: { readonly prepared: Prepared; readonly feed: Feed; readonly outlet: Outlet } | null = null
  const fail = (error: unknown): void => {
    tellEvent<DriverEvent>(parent, { kind: 'problem', name: 'bus', reason: messageOf(error) })
  }
  answerQuestions<SenderQuestions>(parent, {
    prepare: async () => {
      const { feed, prepared } = await prepare(data)
      ready = { prepared, feed, outlet: await openOutlet(data, fail) }
      return prepared
    },
    send: async ({ startAt }) => {
      assert(ready !== null, 'the sender is prepared before it sends')
      const { prepared, feed, outlet } = ready
      const windowAt = later(startAt, prepared.warmupNs)
      watch.window(windowAt, windowAt + prepared.windowNsMax)
      const sent = await sendAll({
        run: data.plan.runId,
        startAt,
        ledger: prepared.ledger,
        feed,
        outlet,
        pacing: data.pacing,
        clock: monotonicClock,
      })
      watch.endAt(startAt + sent.endNs)
      return { ...sent, health: watch.end() }
    },
    leave: async () => {
      await ready?.outlet.close()
      return null
    },
  })
}

async function prepare(data: SenderData): Promise<{ feed: Feed; prepared: Prepared }> {
  const { plan, control, pacing } = data
  const { arrivals, warmup, duration, seed } = plan.load
  const windowNsMax = data.windowNsMax ?? duration
  const survey = await surveySource(plan, windowNsMax)
  const planned = buildSchedule({
    ...{ arrivals, warmupNs: warmup, durationNs: duration, seed },
    warmupCountMin: survey.warmupCountMin,
    sourceTimesNs: survey.timesNs,
  })
  const sourceCount = survey.timesNs.length
  const schedule = extendSchedule(planned, { arrivals, seed, durationNs: duration, windowNsMax, sourceCount })
  const { warmupCount, warmupNs, windowNs, targetRatePerSec } = schedule
  const ledger = createLedger(schedule, control)
  const feed = await openFeed(plan, warmupCount)
  return {
    feed,
    prepared: {
      ledger,
      warmupCount,
      warmupNs: durationNs(warmupNs),
      windowNs,
      windowNsMax: schedule.windowNsMax,
      targetRatePerSec,
      source: survey.description,
      pacing: sharpenWakeUps(pacing),
    },
  }
}

async function openOutlet(data: SenderData, onFailure: (error: unknown) => void): Promise<Outlet> {
  if (data.port !== null) return new PortOutlet(data.port, data.control)
  const transport = await createTransport(unbatched(data.access.bus), monotonicClock)
  void transport.lost.then(onFailure)
  return new BusOutlet(transport, onFailure)
}

if (!isMainThread) serve(workerData as SenderData)
