import { appendFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { identify } from './process-table.js'

export type RegistryEntry = { readonly pid: number; readonly stopSignal: 'TERM' | 'INT'; readonly name: string }

/** Lines of processes that are gone before the file is written anew. */
const staleLinesMax = 64

/**
 * What the guardian has to end should nautilus die: a line `pid startTicks stopSignal name` for each process started.
 * Written synchronously right after each start, because the next thing to happen may be `kill -9`.
 */
export class Registry {
  readonly #file: string
  readonly #lines = new Map<number, string>()
  #staleCount = 0

  constructor(folder: string) {
    this.#file = join(folder, 'registry')
    writeFileSync(this.#file, '', { mode: 0o600 })
  }

  add(entry: RegistryEntry): void {
    // A process that is gone already has no start time; its group may still live, and 0 never equals another's start.
    const startTicks = identify(entry.pid)?.startTicks ?? 0
    const line = `${entry.pid} ${startTicks} ${entry.stopSignal} ${entry.name}\n`
    this.#lines.set(entry.pid, line)
    appendFileSync(this.#file, line)
  }

  remove(pid: number): void {
    if (!this.#lines.delete(pid)) return
    this.#staleCount += 1
    if (this.#staleCount < staleLinesMax) return
    this.#staleCount = 0
    writeFileSync(`${this.#file}.new`, [...this.#lines.values()].join(''), { mode: 0o600 })
    renameSync(`${this.#file}.new`, this.#file)
  }

  get pids(): number[] {
    return [...this.#lines.keys()]
  }
}
