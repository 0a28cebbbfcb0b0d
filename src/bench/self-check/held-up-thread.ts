import { execFileSync } from 'node:child_process'
import { readlinkSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { monotonicClock } from '../../core/clock.js'
import { nsPerMs, nsPerUs } from '../../core/units.js'

/** A core ran nothing of this machine between these instants of the monotonic clock. */
export type HeldUp = { readonly fromAt: number; readonly toAt: number }

/** `memory` is shared: how many there were, and of each when it began and ended. */
export type WatchedCore = { readonly core: number; readonly memory: Float64Array }

/** A quarter of an hour with ten a second. */
const spansMax = 8_192
export const heldUpMemoryBytes = 8 * (1 + 2 * spansMax)

const sleepNs = 500 * nsPerUs
/** Later than a thread wakes that goes before all others. */
const lateNsMin = 200 * nsPerUs
/** Above whatever of the bench goes before others, so that it is held up by nothing of it. */
const priority = '2'

if (!isMainThread) watch(workerData)

function watch({ core, memory }: WatchedCore): void {
  try {
    takePlace(core)
  } catch {
    parentPort?.postMessage('no thread may go before all others here (chrt --fifo, taskset)')
    return
  }
  parentPort?.postMessage(null)
  const never = new Int32Array(new SharedArrayBuffer(4))
  for (;;) {
    const dueAt = monotonicClock.now() + sleepNs
    Atomics.wait(never, 0, 0, sleepNs / nsPerMs)
    const wokenAt = monotonicClock.now()
    if (wokenAt - dueAt > lateNsMin) write(memory, dueAt, wokenAt)
  }
}

function takePlace(core: number): void {
  const threadId = basename(readlinkSync('/proc/thread-self'))
  const quiet = { stdio: 'ignore', timeout: 1_000 } as const
  writeFileSync(`/proc/${threadId}/timerslack_ns`, '1')
  execFileSync('taskset', ['-c', '-p', String(core), threadId], quiet)
  execFileSync('chrt', ['--reset-on-fork', '--fifo', '--pid', priority, threadId], quiet)
}

function write(memory: Float64Array, fromAt: number, toAt: number): void {
  const count = memory[0] ?? 0
  if (count === spansMax) return
  memory[1 + 2 * count] = fromAt
  memory[2 + 2 * count] = toAt
  memory[0] = count + 1
}

export function readHeldUp(memory: Float64Array): HeldUp[] {
  return Array.from({ length: memory[0] ?? 0 }, (_, index) => ({
    fromAt: memory[1 + 2 * index] ?? 0,
    toAt: memory[2 + 2 * index] ?? 0,
  }))
}
