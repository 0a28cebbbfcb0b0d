import { closeSync, copyFileSync, openSync, readSync, statSync, truncateSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { LineSplitter } from './lines.js'
import { isErrno } from './process-table.js'

// Children write to files themselves: a pipe would stall them for as long as nautilus stalls, which for a latency tool
// is a measuring error. Nautilus only reads the files, where somebody wants to see them.

/** A log that outgrows this is moved to `.1` and begins anew, so an engine keeps at most twice as much. */
const logBytesMax = 16 * 1024 * 1024
const tailBytesMax = 256 * 1024
const chunkBytes = 64 * 1024

export const logSize = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0

/** The child keeps its descriptor (append mode), so the contents are moved, not the file. True where it was done. */
export function rotate(file: string, bytesMax = logBytesMax): boolean {
  if (logSize(file) <= bytesMax) return false
  copyFileSync(file, `${file}.1`)
  truncateSync(file, 0)
  return true
}

/** The last lines that were written at or after `from`, oldest first; a line that the reading begins in is left out. */
export function lastLines(file: string, options: { readonly count: number; readonly from?: number }): string[] {
  const end = logSize(file)
  const from = options.from === undefined || options.from > end ? 0 : options.from
  const start = Math.max(from, end - tailBytesMax)
  const splitter = new LineSplitter()
  const lines: string[] = []
  readBetween(file, { start, end }, (chunk) => lines.push(...splitter.push(chunk)))
  lines.push(...splitter.flush())
  if (start > from && lines.length > 1) lines.shift()
  return lines.slice(-options.count)
}

/** Where a follower of a file stands; `read` hands over the new lines and notices that the file began anew. */
export class LogFollower {
  readonly #file: string
  readonly #splitter = new LineSplitter()
  #position: number

  constructor(file: string, from: number) {
    this.#file = file
    this.#position = from
  }

  read(): string[] {
    const end = logSize(this.#file)
    if (end < this.#position) this.#position = 0
    const lines: string[] = []
    readBetween(this.#file, { start: this.#position, end }, (chunk) => lines.push(...this.#splitter.push(chunk)))
    this.#position = end
    return lines
  }
}

/** Hands over lines as they are written, until the signal; a poll, because a watch misses writes on some file systems. */
export async function follow(
  file: string,
  options: { readonly from: number; readonly stop: AbortSignal; readonly onLine: (line: string) => void },
): Promise<void> {
  const follower = new LogFollower(file, options.from)
  while (!options.stop.aborted) {
    for (const line of follower.read()) options.onLine(line)
    await sleep(100, undefined, { signal: options.stop }).catch((error: unknown) => {
      if (!options.stop.aborted) throw error
    })
  }
}

function readBetween(
  file: string,
  range: { readonly start: number; readonly end: number },
  onChunk: (chunk: Uint8Array) => void,
): void {
  if (range.end <= range.start) return
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return
    throw error
  }
  try {
    const buffer = new Uint8Array(chunkBytes)
    for (let position = range.start; position < range.end; ) {
      const count = readSync(descriptor, buffer, 0, Math.min(chunkBytes, range.end - position), position)
      if (count === 0) return
      onChunk(buffer.subarray(0, count))
      position += count
    }
  } finally {
    closeSync(descriptor)
  }
}
