import type { Clock } from '../../core/clock.js'
import { nsPerMs, nsPerUs } from '../../core/units.js'
import type { LoopPacing } from './measurement.js'

// How a worker waits for the next instant in an event loop that also reads answers, so that nothing may block it. Lateness at
// p50 and p99, 5,000/s on two cores: turns of the loop 0.5 and 1 us, a core taken; woken by a thread that waits with a timer
// slack of 1 ns 22 and 42 us, 15 % of a core; the same through a message port 21 and 772 us; timers alone 562 and 2,563 us.

/** Turning the loop all the time takes a core: one that neither another worker nor a target on this machine wants. */
export const chooseLoopPacing = (machine: {
  readonly coresUsable: number
  readonly workers: number
  readonly targetIsLocal: boolean
}): LoopPacing => (machine.coresUsable > machine.workers + (machine.targetIsLocal ? 1 : 0) ? 'poll' : 'pacer-thread')

/** Above this a worker might be busy all the time, and nothing else would ever get its core. */
const goesFirstPerSecMax = 5_000

/**
 * Whether a worker that is woken may go before all others. Where it shares its core with what it measures it otherwise reads and
 * sends up to a slice of the scheduler late: `npm run bench:accuracy` shows by how much. A function is the target's own work and shares like any other.
 */
export const mayGoFirst = (worker: {
  readonly pacing: LoopPacing
  /** Its share of the highest rate; infinite in a closed loop. */
  readonly perSec: number
  readonly client: string
}): boolean => worker.pacing === 'pacer-thread' && worker.perSec <= goesFirstPerSecMax && worker.client !== 'function'

/** What a worker and the pacer thread share: a word of each worker that the pacer raises when something is due. */
type Wake = { readonly words: Int32Array; readonly index: number }

/** How much before an instant the pacer thread wakes a worker: as late as a thread wakes from its sleep. */
export const wakeLeadNs = 50 * nsPerUs
/** Nearer than this the loop turns until the instant has come. */
export const turnNs = wakeLeadNs + 20 * nsPerUs
/** A timer of the event loop is up to this much late. */
const timerLateNs = 1.5 * nsPerMs
const timerGapNs = 2.5 * nsPerMs
/** Longest timer, so that a stop is seen. */
const sleepNsMax = 20 * nsPerMs

/** Words of different workers lie in different cache lines. */
export const wakeStride = 16

/** Ends the wait of a worker, now or when it next begins one. */
export function wakeUp({ words, index }: Wake): void {
  Atomics.add(words, index * wakeStride, 1)
  Atomics.notify(words, index * wakeStride)
}

/**
 * Calls `step`, which sends what is due and returns the next instant, until it returns infinity. By callbacks: a promise
 * for each turn of the loop would be most of a worker's garbage.
 */
export function pace(
  step: () => number,
  how: { readonly pacing: LoopPacing; readonly clock: Clock; readonly wake: Wake },
): Promise<void> {
  const { clock, wake } = how
  const wait = how.pacing === 'poll' ? waitByTimer : waitUntilWoken
  return new Promise((resolve, reject) => {
    const go = (): void => {
      try {
        // Read before the step: a wake-up for what comes due after it is then never missed.
        const seen = Atomics.load(wake.words, wake.index * wakeStride)
        const next = step()
        if (next === Number.POSITIVE_INFINITY) resolve()
        else wait(next - clock.now(), go, wake, seen)
      } catch (error) {
        reject(error)
      }
    }
    go()
  })
}

/** Hot path: one turn of the loop where the instant is near. */
function waitByTimer(gapNs: number, go: () => void): void {
  if (gapNs <= timerGapNs) setImmediate(go)
  else setTimeout(go, Math.min(gapNs - timerLateNs, sleepNsMax) / nsPerMs)
}

function waitUntilWoken(gapNs: number, go: () => void, wake: Wake, seen: number): void {
  // Without a timeout, which would be a timer of the loop for each wait: at 5,000/s it took two thirds of the CPU time.
  const woken = gapNs <= turnNs ? null : waitAsync(wake.words, wake.index * wakeStride, seen)
  if (woken?.async) void woken.value.then(go)
  else setImmediate(go)
}

/** Of ES2024, which the types of ES2023 do not know. */
type WaitAsync = (
  words: Int32Array,
  index: number,
  value: number,
) => { readonly async: false } | { readonly async: true; readonly value: Promise<string> }
export const { waitAsync } = Atomics as unknown as { readonly waitAsync: WaitAsync }
