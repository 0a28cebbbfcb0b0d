import { type Clock, wallClockIso } from '../../core/clock.js'
import { nsPerSec } from '../../core/units.js'

type LogLevel = 'info' | 'warn' | 'error'
export type Log = (level: LogLevel, text: string, facts?: Readonly<Record<string, unknown>>) => void

type LogOptions = {
  readonly name: string
  readonly write: (line: string) => void
  /** Lines in one second; what is beyond is left out and counted in the next line that is written. */
  readonly linesPerSecMax: number
}

const lineCharsMax = 8_192
const textCharsMax = 4_096

/** Lines of JSON. A flood of errors must not become the load: each second has its share of lines. */
export function createLog(options: LogOptions, clock: Clock): Log {
  let second = -1
  let written = 0
  let leftOut = 0
  return (level, text, facts = {}) => {
    const current = Math.floor(clock.now() / nsPerSec)
    if (current !== second) {
      second = current
      written = 0
    }
    if (written >= options.linesPerSecMax) {
      leftOut += 1
      return
    }
    written += 1
    const dropped = leftOut > 0 ? { leftOut } : {}
    leftOut = 0
    const head = { at: wallClockIso(), level, name: options.name }
    const line = JSON.stringify({ ...head, text, ...facts, ...dropped })
    const cut = { ...head, text: text.slice(0, textCharsMax), truncated: true, ...dropped }
    options.write(`${line.length > lineCharsMax ? JSON.stringify(cut) : line}\n`)
  }
}

/** What is known of a thrown value, without its secrets: class, message, where. */
export const errorFacts = (error: unknown): Readonly<Record<string, unknown>> =>
  error instanceof Error
    ? { error: error.constructor.name, message: error.message, stack: error.stack?.split('\n').slice(1, 6).join('\n') }
    : { error: String(error) }
