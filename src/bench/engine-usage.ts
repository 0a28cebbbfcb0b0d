import { readdirSync, readFileSync } from 'node:fs'
import type { EngineResult } from '../results/run-result.js'
import type { SystemAccess } from './plan.js'

/** What a process has used since it began, all threads together. */
export type ProcessUsage = { readonly cpuNs: number; readonly runQueueNs: number; readonly rssBytes: number }

type Watched = {
  readonly engine: SystemAccess['engines'][number]
  before: ProcessUsage | null
  after: ProcessUsage | null
  rssBytesMax: number
}

const pageBytes = 4096

/** CPU, memory and run-queue wait of the engines over the measured window, sampled from outside. */
export class EngineUsage {
  readonly #watched: readonly Watched[]

  constructor(engines: SystemAccess['engines']) {
    this.#watched = engines.map((engine) => ({ engine, before: null, after: null, rssBytesMax: 0 }))
  }

  /** Takes a reading; the first opens the window, the last closes it. */
  sample(): void {
    for (const watched of this.#watched) {
      const usage = watched.engine.pid === null ? null : readUsage(watched.engine.pid)
      if (usage === null) continue
      watched.before ??= usage
      watched.after = usage
      watched.rssBytesMax = Math.max(watched.rssBytesMax, usage.rssBytes)
    }
  }

  results(
    countersOf: (engine: string, instance: number) => Readonly<Record<string, number>>,
    restartsOf: (engine: string, instance: number) => number,
  ): EngineResult[] {
    return this.#watched.map(({ engine: { name, instance }, before, after, rssBytesMax }) => {
      const known = before !== null && after !== null
      return {
        name,
        instance,
        // A thread that ended takes its figures along, so a difference may be below zero.
        cpuNs: known ? Math.max(0, after.cpuNs - before.cpuNs) : null,
        rssBytesMax: known ? rssBytesMax : null,
        runQueueNs: known ? Math.max(0, after.runQueueNs - before.runQueueNs) : null,
        restartCount: restartsOf(name, instance),
        counters: { ...countersOf(name, instance) },
      }
    })
  }
}

/** Null where the process is gone or the kernel is not Linux. */
export function readUsage(pid: number): ProcessUsage | null {
  try {
    let cpuNs = 0
    let runQueueNs = 0
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      const [onCpu = 0, waited = 0] = readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ').map(Number)
      cpuNs += onCpu
      runQueueNs += waited
    }
    const residentPages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1] ?? 0)
    return { cpuNs, runQueueNs, rssBytes: residentPages * pageBytes }
  } catch {
    // The process may end between two reads.
    return null
  }
}
