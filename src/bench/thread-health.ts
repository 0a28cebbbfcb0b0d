import { monitorEventLoopDelay } from 'node:perf_hooks'
import { monotonicClock } from '../core/clock.js'
import { instantNs, nsPerMs } from '../core/units.js'
import { type ActivitySample, ActivityWatch } from '../platform/telemetry/activity.js'

/** What disturbed a thread of the driver during the measured window. */
export type ThreadHealth = {
  /** Time it was runnable but waited for a core; 0 where the kernel does not tell. */
  readonly runQueueNs: number
  readonly gcNs: number
  readonly eventLoopDelayNsP99: number
  readonly activity: readonly ActivitySample[]
}

const resolutionMs = 10

/** Begins to watch the calling thread; the returned function ends it and tells. The loop of a thread that `blocks` stands still on purpose. */
export function watchThread(loop: 'turns' | 'blocks' = 'turns'): () => ThreadHealth {
  const watch = new ActivityWatch(monotonicClock, 'thread')
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  delay.enable()
  return () => {
    delay.disable()
    const { runQueueNs, gcNs } = watch.totals()
    const samples = watch.since(instantNs(0))
    watch.stop()
    // The monitor records its own period with every sample.
    const delayNs = delay.count > 0 ? delay.percentile(99) - resolutionMs * nsPerMs : 0
    return {
      runQueueNs,
      gcNs,
      eventLoopDelayNsP99: Math.max(0, delayNs),
      activity: loop === 'turns' ? samples : samples.map((sample) => ({ ...sample, eventLoopDelayNsMax: null })),
    }
  }
}
