import { readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { distFile } from '../../core/paths.js'
import { nsPerMs, nsPerUs } from '../../core/units.js'
import { intervalNs } from '../../results/run-result.js'
import { type HeldUp, heldUpMemoryBytes, readHeldUp, type WatchedCore } from './held-up-thread.js'

// The hypervisor of a virtual machine takes its cores away for 1 to 30 ms now and then, often all at once, and the kernel counts
// that in steps of 10 ms if at all. The generator counts it as well, as it must, from the intended time; the log of the server
// cannot, for what was due meanwhile came after it. So a third party watches: a thread on each core, before all others, that
// sleeps half a millisecond over and over. Intervals in which a core was held up are left out of both sides.
// Known limit: a call into the kernel that lasts as long looks the same, whoever makes it.

type Watched = {
  readonly heldUp: readonly HeldUp[]
  /** Why nobody watched; null where somebody did. */
  readonly problem: string | null
}

/** Watches while it measures. Where the machine allows no thread before all others, no core is known to have been held up. */
export async function watchCores<Value>(measure: () => Promise<Value>): Promise<Watched & { readonly value: Value }> {
  const { threads, problem } = await beginWatching()
  try {
    const value = await measure()
    return { value, heldUp: threads.flatMap(({ memory }) => readHeldUp(memory)), problem }
  } finally {
    await Promise.all(threads.map(({ worker }) => worker.terminate()))
  }
}

type Watcher = { readonly worker: Worker; readonly memory: Float64Array }

async function beginWatching(): Promise<{ readonly threads: readonly Watcher[]; readonly problem: string | null }> {
  const cores = usableCores()
  if (cores === null) return { threads: [], problem: 'only Linux tells which cores may be used' }
  const threads = cores.map((core): Watcher => {
    const memory = new Float64Array(new SharedArrayBuffer(heldUpMemoryBytes))
    const data: WatchedCore = { core, memory }
    const file = distFile('bench/self-check/held-up-thread.js')
    return { worker: new Worker(file, { name: `watches core ${core}`, workerData: data }), memory }
  })
  const problems = await Promise.all(threads.map(({ worker }) => begun(worker)))
  const problem = problems.find((refused) => refused !== null)
  if (problem === undefined) return { threads, problem: null }
  await Promise.all(threads.map(({ worker }) => worker.terminate()))
  return { threads: [], problem }
}

/** Null once the thread watches, else why it cannot. */
function begun(worker: Worker): Promise<string | null> {
  return new Promise((resolve) => {
    worker.once('message', resolve)
    worker.once('error', (error) => resolve(error.message))
    worker.once('exit', () => resolve('the thread that watches ended early'))
  })
}

function usableCores(): number[] | null {
  try {
    return parseCores(/^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '')
  } catch {
    return null
  }
}

/** `0-2,5` is 0, 1, 2 and 5. */
export function parseCores(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}

/** Shorter ones come many times a second and are no more than the servers are allowed to be off. */
const heldUpNsMin = 500 * nsPerUs
/** What was sent in an interval is under way for so long; those that wait for a stall to end are allowed more. */
const underWayNs = 25 * nsPerMs
/** Until what has piled up is worked off. */
const catchUpNs = 5 * nsPerMs
/** Of fewer calm intervals nothing can be said, so all of them count. */
const calmShareMin = 0.25

/**
 * Numbers of the whole intervals of a window in which, and soon after which, no core was held up, `calmCount` of `count`; where
 * those are too few, of all.
 */
export function calmIntervals(
  heldUp: readonly HeldUp[],
  window: { readonly fromAt: number; readonly lengthNs: number },
): { readonly intervals: readonly number[]; readonly calmCount: number; readonly count: number } {
  const count = Math.floor(window.lengthNs / intervalNs)
  const long = heldUp.filter(({ fromAt, toAt }) => toAt - fromAt >= heldUpNsMin)
  const all = Array.from({ length: count }, (_, index) => index)
  const calm = all.filter((index) => {
    const fromAt = window.fromAt + index * intervalNs
    return !long.some((held) => held.toAt > fromAt - catchUpNs && held.fromAt < fromAt + intervalNs + underWayNs)
  })
  return { intervals: calm.length >= count * calmShareMin ? calm : all, calmCount: calm.length, count }
}
