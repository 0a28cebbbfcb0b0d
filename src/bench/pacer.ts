import { execFileSync } from 'node:child_process'
import { readlinkSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename } from 'node:path'
import type { Clock } from '../core/clock.js'
import { type InstantNs, nsPerMs, nsPerUs } from '../core/units.js'
import { controlWords } from './ledger.js'
import type { SystemAccess } from './plan.js'

// How the sender waits for an intended instant. `Atomics.wait` blocks the sender's own thread and wakes about 76 us late, 26 us
// with a timer slack of 1 ns (1,500 waits of 1 ms on a busy machine with two cores); spinning the last stretch is exact but
// takes a core, and where engines need that core it makes the system look slow.

export type Pacing = 'atomics-wait' | 'spin'

/** Spinning needs a core that nobody else wants. */
export const choosePacing = (machine: { readonly coresUsable: number; readonly busyProcesses: number }): Pacing =>
  machine.coresUsable > machine.busyProcesses + 1 ? 'spin' : 'atomics-wait'

/** How the sender waits beside a system: what of it runs here wants a core too. */
export const pacingFor = (access: SystemAccess): Pacing =>
  choosePacing({ coresUsable: availableParallelism(), busyProcesses: busyProcesses(access) })

/** Processes on this host that want a core while the load runs, the collector's thread included. */
function busyProcesses(access: SystemAccess): number {
  const services = access.services.filter(({ pid }) => pid !== null).length
  const engines = new Set(access.engines.flatMap(({ pid }) => (pid === null ? [] : [pid]))).size
  return services + engines + 1
}

/** What ended a wait: the instant came, the event loop should turn first, or the run is to stop. */
type Waited = 'due' | 'turn' | 'stopped'

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

/**
 * Has the kernel wake the calling thread without slack, and before others where that is allowed: with engines on every core
 * the latest of 2,500 waits of 1 ms came down from 1.8 ms to 0.27 ms. Never for a thread that spins, which would keep its core
 * for good. Threads that it starts do not inherit the priority. Returns in words what was granted.
 */
export function goFirst(): string[] {
  const words: string[] = []
  try {
    const threadId = basename(readlinkSync('/proc/thread-self'))
    writeFileSync(`/proc/${threadId}/timerslack_ns`, '1')
    words.push('timer slack 1 ns')
    execFileSync('chrt', ['--reset-on-fork', '--fifo', '--pid', '1', threadId], { stdio: 'ignore', timeout: 1_000 })
    words.push('priority fifo 1')
  } catch {
    // Another kernel, no chrt, or not allowed: wake-ups are merely later.
  }
  return words
}

/** Returns in words how the calling thread waits. */
export const sharpenWakeUps = (pacing: Pacing): string =>
  pacing === 'spin' ? pacing : [pacing, ...goFirst()].join(', ')
