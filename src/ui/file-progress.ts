import type { Clock } from '../core/clock.js'
import { type DurationNs, durationNs, elapsed, nsPerSec } from '../core/units.js'

type FileProgress = {
  /** Tells how far the work is, where that was not said just before. */
  readonly at: (doneShare: number) => void
  /** Takes the line of a terminal away. */
  readonly end: () => void
}

const terminalEveryNs = durationNs(nsPerSec)
const plainEveryNs = durationNs(10 * nsPerSec)

/** How far a long reading or writing is: one line that is redrawn on a terminal, else a line each ten seconds. */
export function fileProgress(
  what: string,
  { clock, terminal, err }: { readonly clock: Clock; readonly terminal: boolean; readonly err: (text: string) => void },
): FileProgress {
  const everyNs: DurationNs = terminal ? terminalEveryNs : plainEveryNs
  let toldAt = clock.now()
  let isDrawn = false
  return {
    at: (doneShare) => {
      const now = clock.now()
      if (elapsed(toldAt, now) < everyNs) return
      toldAt = now
      const line = `${what}: ${Math.floor(Math.min(1, doneShare) * 100)} %`
      err(terminal ? `\r${line}` : `${line}\n`)
      isDrawn = terminal
    },
    end: () => {
      if (isDrawn) err(`\r${' '.repeat(what.length + 7)}\r`)
      isDrawn = false
    },
  }
}
