import type { InstantNs } from '../core/units.js'
import type { ActivitySample } from '../platform/telemetry/activity.js'
import { type Activity, intervalNs } from '../results/run-result.js'

type Told = { readonly engine: string; readonly instance: number; readonly activity: readonly ActivitySample[] }
type Seen = { readonly engine: string; readonly instance: number; readonly samples: readonly ActivitySample[] }

/** By engine instance, then the threads of the driver. What an engine tells of itself is finer than what is seen of it. */
export function activityOfRun(
  processes: {
    readonly seen: readonly Seen[]
    readonly told: readonly Told[]
    readonly threads: Readonly<Record<string, readonly ActivitySample[]>>
  },
  window: Window,
): Activity[] {
  const engines = processes.seen.map(({ engine, instance, samples }) => {
    const own = processes.told.find((each) => each.engine === engine && each.instance === instance)?.activity ?? []
    const name = instance === 0 ? engine : `${engine}-${instance + 1}`
    return activityOf(name, own.length > 0 ? own : samples, window)
  })
  const threads = Object.entries(processes.threads).map(([name, samples]) => activityOf(name, samples, window))
  return [...engines, ...threads].filter((activity) => activity !== null)
}

type Window = { readonly startAt: InstantNs; readonly windowNs: number }

/**
 * Lays the samples of a process over the intervals of the window. Processes sample when they please, so amounts of time are
 * divided by overlap; a longest delay, which may lie anywhere within its sample, counts for each interval that it touches.
 */
function activityOf(process: string, samples: readonly ActivitySample[], window: Window): Activity | null {
  const count = Math.ceil(window.windowNs / intervalNs)
  const sums = Array.from({ length: count }, () => emptySum())
  for (const sample of samples) addSample(sums, sample, window)
  if (sums.every(({ covered }) => !covered)) return null
  return {
    process,
    intervals: sums.map(({ covered: _, ...sum }, index) => ({ startNs: index * intervalNs, ...sum })),
  }
}

type Sum = {
  cpuNs: number
  runQueueNs: number
  gcNs: number | null
  eventLoopDelayNsMax: number | null
  covered: boolean
}

const emptySum = (): Sum => ({ cpuNs: 0, runQueueNs: 0, gcNs: null, eventLoopDelayNsMax: null, covered: false })

function addSample(sums: readonly Sum[], sample: ActivitySample, { startAt, windowNs }: Window): void {
  const { fromAt, toAt, gcNs, eventLoopDelayNsMax } = sample
  const spanNs = toAt - fromAt
  if (spanNs <= 0) return
  const first = Math.max(0, Math.floor((fromAt - startAt) / intervalNs))
  const end = Math.min(startAt + windowNs, toAt)
  for (let index = first; index < sums.length && startAt + index * intervalNs < end; index += 1) {
    const sum = sums[index]
    const from = Math.max(fromAt, startAt + index * intervalNs)
    const to = Math.min(end, startAt + (index + 1) * intervalNs)
    if (sum === undefined || to <= from) continue
    const share = (to - from) / spanNs
    sum.cpuNs += sample.cpuNs * share
    sum.runQueueNs += sample.runQueueNs * share
    if (gcNs !== null) sum.gcNs = (sum.gcNs ?? 0) + gcNs * share
    if (eventLoopDelayNsMax !== null) {
      sum.eventLoopDelayNsMax = Math.max(sum.eventLoopDelayNsMax ?? 0, eventLoopDelayNsMax)
    }
    sum.covered = true
  }
}
