import { monotonicClock } from './core/clock.js'
import { elapsed, type InstantNs, nsPerMs } from './core/units.js'
import { watchParent } from './supervisor/parent-watch.js'

/** npm and a shell pass Ctrl-C on to us, which the terminal has sent already: within this time it is the same one. */
const sameSignalNs = 250 * nsPerMs

/** Nobody waits for the result of an orphan, and what it runs must be gone five seconds after its parent. */
const orphanMs = 2_500

/**
 * Aborts with the word of the first signal, or with `parent` where the parent process has gone. A second signal, or a
 * stop of an orphan that takes too long, calls `endAtOnce` with the exit code.
 */
export function stopOnSignals(stopping: AbortController, endAtOnce: (code: number) => void): void {
  let firstAt: InstantNs | null = null
  const stop = (word: string) => {
    firstAt = monotonicClock.now()
    stopping.abort(word)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (firstAt === null) stop(signal)
      else if (elapsed(firstAt, monotonicClock.now()) > sameSignalNs) endAtOnce(signal === 'SIGINT' ? 130 : 143)
    })
  }
  watchParent(() => {
    if (firstAt !== null) return
    stop('parent')
    setTimeout(() => endAtOnce(143), orphanMs).unref()
  })
}
