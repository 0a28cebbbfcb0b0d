import { readlinkSync, writeFileSync } from 'node:fs'
import type { Clock } from '../core/clock.js'
import { type InstantNs, nsPerMs, nsPerUs } from '../core/units.js'
import { controlWords } from './ledger.js'

// How the sender waits for an intended instant. `Atomics.wait` blocks the sender's own thread and wakes about 76 us late, 26 us
// with a timer slack of 1 ns (1,500 waits of 1 ms on a busy machine with two cores); spinning the last stretch is exact but
// takes a core, and where engines need that core it makes the system look slow.

export type Pacing = 'atomics-wait' | 'spin'

/** Spinning needs a core that nobody else wants. */
export const choosePacing = (machine: { readonly coresUsable: number; readonly busyProcesses: number }): Pacing =>
  machine.coresUsable > machine.busyProcesses + 1 ? 'spin' : 'atomics-wait'

/** What ended a wait: the instant came, the event loop should turn first, or the run is to stop. */
export type Waited = 'due' | 'turn' | 'stopped'

/** Longest block, so that replies of the bus are read also while nothing is due. */
export const blockNsMax = 10 * nsPerMs
/** Time before the instant from which on the thread spins: more than the lateness of a wake-up. */
const spinNs: Readonly<Record<Pacing, number>> = { spin: 100 * nsPerUs, 'atomics-wait': 30 * nsPerUs }

/** Blocks the calling thread until `dueAt`, at most 10 ms. */
export function waitUntil(
  dueAt: InstantNs,
  how: { readonly pacing: Pacing; readonly clock: Clock; readonly control: Int32Array },
): Waited {
  const { clock, control } = how
  const remainingNs = dueAt - clock.now()
  const blockNs = Math.min(remainingNs - spinNs[how.pacing], blockNsMax)
  if (blockNs > 0) {
    const woken = Atomics.wait(control, controlWords.stop, 0, blockNs / nsPerMs)
    if (woken !== 'timed-out') return 'stopped'
    if (blockNs === blockNsMax) return 'turn'
  }
  while (clock.now() < dueAt) if (Atomics.load(control, controlWords.stop) !== 0) return 'stopped'
  return Atomics.load(control, controlWords.stop) === 0 ? 'due' : 'stopped'
}

/** Asks the kernel to wake the calling thread without slack. Returns in words how it waits. */
export function sharpenWakeUps(pacing: Pacing): string {
  if (pacing === 'spin') return pacing
  try {
    const threadId = readlinkSync('/proc/thread-self').split('/').at(-1)
    writeFileSync(`/proc/${threadId}/timerslack_ns`, '1')
    return `${pacing}, timer slack 1 ns`
  } catch {
    // Another kernel, or not allowed: wake-ups are merely later.
    return pacing
  }
}
