import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { createGunzip } from 'node:zlib'
import { NautilusError } from '../../core/errors.js'
import type { SourceConfig } from '../config.js'
import { EventColumns } from './event-columns.js'
import { type Format, formats, type Line } from './formats.js'
import type { Source } from './source.js'

// A file is read and checked as a whole before the load begins: a bad row must not end a run in its middle, and the count
// of events says how long the run can be.

type ReplayConfig = Extract<SourceConfig, { readonly kind: 'replay' }>

const rowsMax = 20_000_000
const lineCharsMax = 65_536

export async function openReplay(
  config: ReplayConfig,
  baseFolder: string,
): Promise<{
  readonly source: Source
  readonly decimals: { readonly priceDecimals: number; readonly qtyDecimals: number }
}> {
  const path = isAbsolute(config.file) ? config.file : join(baseFolder, config.file)
  const { priceDecimals, qtyDecimals, ...format } = formats[config.format]
  await checkReadable(path)
  const reader = new RowReader(path, { ...format, priceDecimals, qtyDecimals }, config.symbol)
  await readLines(path, reader)
  const { columns } = reader
  if (columns.count === 0) throw new NautilusError('SOURCE_INVALID', `${path} holds no event`)
  const describe = `replay of ${config.file} (${config.format}), ${columns.count} events of ${config.symbol}`
  return { source: columns.source(config.symbol, describe), decimals: { priceDecimals, qtyDecimals } }
}

class RowReader {
  readonly columns = new EventColumns()
  row = 0
  readonly #path: string
  readonly #header: string | null
  readonly #parse: (line: string) => Line
  #lastMs: number | null = null

  constructor(path: string, format: Format, symbol: string) {
    this.#path = path
    this.#header = format.header
    this.#parse = format.parser(symbol)
  }

  take(line: string): void {
    this.row += 1
    if (this.row === 1 && this.#header !== null) {
      if (line !== this.#header) this.#fail(`is "${line.slice(0, 80)}", expected the header ${this.#header}`)
      return
    }
    if (line === '') return
    const parsed = this.#parse(line)
    if (parsed === null) return
    if ('problem' in parsed) this.#fail(parsed.problem)
    else {
      this.#checkTime(parsed.timeMs)
      if (this.columns.count === rowsMax) this.#fail(`is one more than the ${rowsMax} events that a source may have`)
      this.columns.push(parsed)
    }
  }

  #checkTime(timeMs: number | null): void {
    if (this.columns.count > 0 && (timeMs === null) !== (this.#lastMs === null)) {
      this.#fail(
        `${timeMs === null ? 'has no time' : 'has a time'}, expected ${this.#lastMs === null ? 'none' : 'one'} as in the rows before`,
      )
    }
    if (timeMs !== null && this.#lastMs !== null && timeMs < this.#lastMs) {
      this.#fail('goes back in time, expected times that never fall')
    }
    this.#lastMs = timeMs
  }

  #fail(problem: string): never {
    throw new NautilusError('SOURCE_INVALID', `${this.#path}:${this.row} ${problem}`)
  }
}

async function readLines(path: string, reader: RowReader): Promise<void> {
  const file = createReadStream(path)
  // Errors of the file reach the loop through the unpacker, which pipe() alone would not pass on.
  const unpacker = path.endsWith('.gz')
    ? file.on('error', (error) => unpacker?.destroy(error)).pipe(createGunzip())
    : null
  const bytes = unpacker ?? file
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for await (const chunk of bytes) {
      rest = takeWholeLines(rest + decoder.decode(chunk, { stream: true }), reader)
      if (rest.length > lineCharsMax) {
        const found = `${path}:${reader.row + 1} has no end within ${lineCharsMax} characters, expected a line of text`
        throw new NautilusError('SOURCE_INVALID', found)
      }
    }
  } catch (error) {
    if (error instanceof NautilusError) throw error
    throw unreadable(path, reader.row, error)
  } finally {
    file.destroy()
  }
  if (rest !== '') reader.take(rest.replace(/\r$/, ''))
}

/** Hands on the lines that are complete and returns the beginning of the next. */
function takeWholeLines(text: string, reader: RowReader): string {
  let from = 0
  for (;;) {
    const end = text.indexOf('\n', from)
    if (end < 0) return text.slice(from)
    reader.take(text.slice(from, text[end - 1] === '\r' ? end - 1 : end))
    from = end + 1
  }
}

async function checkReadable(path: string): Promise<void> {
  try {
    const facts = await stat(path)
    if (facts.isFile()) return
  } catch (cause) {
    const missing = errorCodeOf(cause) === 'ENOENT'
    const message = missing
      ? `${path} does not exist, expected a file to replay`
      : `${path} cannot be read: ${errorCodeOf(cause)}`
    throw new NautilusError('SOURCE_INVALID', message, { cause, hint: 'load.source.file is relative to the profile.' })
  }
  throw new NautilusError('SOURCE_INVALID', `${path} is no file, expected a file to replay`)
}

function unreadable(path: string, row: number, cause: unknown): NautilusError {
  const code = errorCodeOf(cause)
  const hint = 'Copy the file again; its size should be that of the original.'
  if (code === 'Z_BUF_ERROR') {
    return new NautilusError(
      'SOURCE_INVALID',
      `${path}:${row + 1} the gzip data ends in the middle, expected its end mark`,
      { cause, hint },
    )
  }
  if (code.startsWith('Z_')) {
    return new NautilusError(
      'SOURCE_INVALID',
      `${path}:${row + 1} the gzip data is damaged (${code}), expected valid gzip`,
      { cause, hint },
    )
  }
  return new NautilusError('SOURCE_INVALID', `${path}:${row + 1} cannot be read: ${code}`, { cause })
}

function errorCodeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
