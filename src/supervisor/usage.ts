import { closeSync, openSync, readSync } from 'node:fs'
import { assert } from '../core/assert.js'
import { monotonicClock } from '../core/clock.js'
import type { InstantNs } from '../core/units.js'
import type { SystemStatus } from './spec.js'

// What processes take of the machine, read from /proc through descriptors that stay open: a sample of 20 processes costs
// a fraction of a millisecond, where `ps` costs 12. Linux only; elsewhere every sample is null.

type UsageTarget = { readonly name: string; readonly pid: number }

/** Totals since the start of the process. */
export type Usage = {
  readonly name: string
  readonly pid: number
  readonly at: InstantNs
  /** User and system time of all threads, in steps of 10 ms. */
  readonly cpuNs: number
  readonly rssBytes: number
  /** Time the main thread was runnable but waited for a core: explains misses that nothing else shows. */
  readonly runQueueNs: number
}

export type UsageShare = {
  readonly name: string
  readonly pid: number
  /** Cores in use: 1 is one core all the time. */
  readonly cpuShare: number
  readonly rssBytes: number
  readonly runQueueShare: number
}

type Handle = { readonly stat: number; readonly schedstat: number }

/** USER_HZ, which Linux fixes at 100 for all that /proc shows. */
const nsPerTick = 10_000_000

/** Samples processes by pid; what has ended is left out, also where another process has its number by now. */
export class UsageSampler {
  readonly #handles = new Map<number, Handle>()
  readonly #buffer = Buffer.alloc(4096)
  readonly #pageBytes = process.platform === 'linux' ? pageBytes() : 0

  sample(targets: readonly UsageTarget[]): Usage[] {
    if (process.platform !== 'linux') return []
    const wanted = new Set(targets.map(({ pid }) => pid))
    for (const pid of this.#handles.keys()) if (!wanted.has(pid)) this.#drop(pid)
    return targets.flatMap((target) => this.#sampleOne(target) ?? [])
  }

  close(): void {
    for (const pid of [...this.#handles.keys()]) this.#drop(pid)
  }

  #sampleOne(target: UsageTarget): Usage | null {
    const handle = this.#handles.get(target.pid) ?? this.#open(target.pid)
    if (handle === null) return null
    const text = this.#read(handle.stat)
    if (text === null) {
      this.#drop(target.pid)
      return null
    }
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const ticks = Number(fields[11]) + Number(fields[12])
    return {
      ...target,
      at: monotonicClock.now(),
      cpuNs: ticks * nsPerTick,
      rssBytes: Number(fields[21]) * this.#pageBytes,
      runQueueNs: Number((this.#read(handle.schedstat) ?? '').split(' ')[1] ?? 0),
    }
  }

  #open(pid: number): Handle | null {
    const stat = open(`/proc/${pid}/stat`)
    if (stat === null) return null
    const handle = { stat, schedstat: open(`/proc/${pid}/schedstat`) ?? -1 }
    this.#handles.set(pid, handle)
    return handle
  }

  #drop(pid: number): void {
    const handle = this.#handles.get(pid)
    this.#handles.delete(pid)
    if (handle === undefined) return
    closeSync(handle.stat)
    if (handle.schedstat >= 0) closeSync(handle.schedstat)
  }

  /** Null where the process is gone: the descriptor stays with it and never shows its successor. */
  #read(descriptor: number): string | null {
    if (descriptor < 0) return null
    try {
      const count = readSync(descriptor, this.#buffer, 0, this.#buffer.length, 0)
      return this.#buffer.toString('latin1', 0, count)
    } catch {
      // ESRCH; kernels without CONFIG_SCHEDSTATS have no schedstat to read.
      return null
    }
  }
}

/** Everything of a system that has a process now. */
export const usageTargets = ({ services, processes }: SystemStatus): UsageTarget[] =>
  [...services, ...processes].flatMap(({ name, pid }) => (pid === null ? [] : [{ name, pid }]))

/** What was taken between two samples, by name and pid. */
export function sharesBetween(before: readonly Usage[], after: readonly Usage[]): UsageShare[] {
  return after.flatMap((last) => {
    const first = before.find(({ pid, name }) => pid === last.pid && name === last.name)
    if (first === undefined || last.at <= first.at) return []
    const spanNs = last.at - first.at
    return {
      name: last.name,
      pid: last.pid,
      cpuShare: Math.max(0, last.cpuNs - first.cpuNs) / spanNs,
      rssBytes: last.rssBytes,
      runQueueShare: Math.max(0, last.runQueueNs - first.runQueueNs) / spanNs,
    }
  })
}

function open(path: string): number | null {
  try {
    return openSync(path, 'r')
  } catch {
    // No such process, or another user's.
    return null
  }
}

/** Node tells its resident size in bytes, /proc in pages: their quotient is the page size, a power of two. */
function pageBytes(): number {
  const descriptor = open('/proc/self/statm')
  if (descriptor === null) return 4096
  const buffer = Buffer.alloc(256)
  const count = readSync(descriptor, buffer, 0, buffer.length, 0)
  closeSync(descriptor)
  const pages = Number(buffer.toString('latin1', 0, count).split(' ')[1])
  assert(pages > 0, 'a running process has resident pages')
  return 2 ** Math.round(Math.log2(process.memoryUsage.rss() / pages))
}
