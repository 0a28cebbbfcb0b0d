import { readFileSync } from 'node:fs'
import { messageOf, NautilusError } from '../../core/errors.js'
import { nsPerMs } from '../../core/units.js'
import { plannedMax } from '../arrivals.js'

/** Instants of a file, in ns: a number of milliseconds a line, with a fraction or not. Throws SOURCE_INVALID with `file:line`. */
export function readTimes(file: string): Float64Array {
  const lines = textOf(file).split('\n')
  const times: number[] = []
  for (const [index, line] of lines.entries()) {
    const text = line.trim()
    if (text === '') continue
    const timeMs = Number(text)
    if (!Number.isFinite(timeMs)) throw invalid(file, index + 1, `"${text.slice(0, 40)}" is no number of milliseconds`)
    const timeNs = Math.round(timeMs * nsPerMs)
    if (timeNs < (times.at(-1) ?? timeNs)) throw invalid(file, index + 1, 'a time before that of the line above')
    if (times.length === plannedMax)
      throw invalid(file, index + 1, `more than ${plannedMax.toLocaleString('en-US')} times`)
    times.push(timeNs)
  }
  if (times.length === 0) throw invalid(file, 1, 'there is no time; at least one is needed')
  return Float64Array.from(times)
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new NautilusError('SOURCE_INVALID', `cannot read ${file}: ${messageOf(cause)}`, { cause })
  }
}

const invalid = (file: string, line: number, problem: string): NautilusError =>
  new NautilusError('SOURCE_INVALID', `${file}:${line} ${problem}`)
