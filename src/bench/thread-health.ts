import { readFileSync } from 'node:fs'
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks'
import { nsPerMs } from '../core/units.js'

/** What disturbed a thread of the driver during the measured window. */
export type ThreadHealth = {
  /** Time it was runnable but waited for a core; 0 where the kernel does not tell. */
  readonly runQueueNs: number
  readonly gcNs: number
  readonly eventLoopDelayNsP99: number
}

const resolutionMs = 10

/** Begins to watch the calling thread; the returned function ends it and tells. */
export function watchThread(): () => ThreadHealth {
  const runQueueBefore = threadRunQueueNs()
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  let gcMs = 0
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) gcMs += entry.duration
  })
  observer.observe({ entryTypes: ['gc'] })
  delay.enable()
  return () => {
    delay.disable()
    observer.disconnect()
    // The monitor records its own period with every sample.
    const delayNs = delay.count > 0 ? delay.percentile(99) - resolutionMs * nsPerMs : 0
    return {
      runQueueNs: Math.max(0, threadRunQueueNs() - runQueueBefore),
      gcNs: Math.round(gcMs * nsPerMs),
      eventLoopDelayNsP99: Math.max(0, delayNs),
    }
  }
}

/** Second field of schedstat of the calling thread. */
function threadRunQueueNs(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[1] ?? 0)
  } catch {
    // Only Linux tells.
    return 0
  }
}
