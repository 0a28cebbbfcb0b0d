import { NautilusError } from '../../core/errors.js'
import { nsPerMs } from '../../core/units.js'
import { problemOfEvent } from '../../engines/model/event-lines.js'
import { type FormatName, formats } from './formats/catalog.js'
import type { FileFacts, FrameFormat, LineFormat, MarketRow, Problem, Reading } from './formats/format.js'
import { type FilePurpose, type MarketBytes, openMarketBytes, unreadable } from './market-bytes.js'

// Reads a file of market data from its beginning to its end, chunk by chunk, and hands on its events one by one. The first
// record that is wrong ends the reading with its place: line, or byte after unpacking.

export type MarketFileOptions = {
  readonly format: FormatName
  readonly symbol: string | null
  readonly others: Reading['others']
  readonly purpose: FilePurpose
  /** Other than those of the format. */
  readonly priceDecimals?: number
  readonly qtyDecimals?: number
  /** Takes an event, with nanoseconds after the first; what it returns is wrong with it. */
  readonly onEvent: (row: MarketRow, atNs: number | null, facts: FileFacts) => Problem
  /** After each line or frame, also one that is no event. */
  readonly onRecord?: () => void
  /** Between two chunks; a rejection ends the reading. */
  readonly onChunk?: (progress: { readonly readBytes: number; readonly sizeBytes: number }) => Promise<void>
}

export type MarketFile = Omit<FileFacts, 'unknownIds'> & {
  /** Null where the format leaves them to the book. */
  readonly unknownIds: number | null
  readonly events: number
  /** The first place where the chain of updates is broken. */
  readonly firstGapAt: string | null
  /** Nanoseconds from the first event to the last; null where the file has no times. */
  readonly spanNs: number | null
  /** Time of the first event, in milliseconds on the clock of the file. */
  readonly firstMs: number | null
}

const lineCharsMax = 65_536
/** Of the header of DBN, which names all instruments; every other frame is below 64 KiB. */
const frameBytesMax = 64 * 1024 * 1024

export async function readMarketFile(path: string, options: MarketFileOptions): Promise<MarketFile> {
  const bytes = await openMarketBytes(path, options.purpose)
  const format = formats[options.format]
  const events = new Events(options, format)
  const taker = format.kind === 'lines' ? new Lines(path, format, events) : new Frames(path, format, events)
  try {
    await readChunks(bytes, taker, options)
  } finally {
    bytes.close()
  }
  return events.file()
}

async function readChunks(bytes: MarketBytes, taker: Lines | Frames, { onChunk }: MarketFileOptions): Promise<void> {
  const chunks = bytes.chunks[Symbol.asyncIterator]()
  for (;;) {
    const { value, done } = await chunks.next().catch((cause: unknown) => {
      throw unreadable(taker.nextPlace(), cause)
    })
    if (done === true) break
    taker.take(value)
    await onChunk?.({ readBytes: bytes.readBytes(), sizeBytes: bytes.sizeBytes })
  }
  taker.end()
}

/** Checks what holds for every format and counts; `place` is set by who reads. */
class Events {
  readonly reading: Reading
  readonly onRecord: () => void
  place: () => string = () => ''
  #count = 0
  #originMs = 0
  #firstMs: number | null = null
  #lastMs: number | null = null
  #firstGapAt: string | null = null
  readonly #onEvent: MarketFileOptions['onEvent']
  readonly #decimalsHint: string
  readonly #countsUnknownIds: boolean

  constructor(options: MarketFileOptions, format: LineFormat | FrameFormat) {
    const { priceDecimals, qtyDecimals, clock } = format
    this.#onEvent = options.onEvent
    this.#decimalsHint = options.purpose.decimalsHint
    this.#countsUnknownIds = format.countsUnknownIds
    this.onRecord = options.onRecord ?? (() => undefined)
    const facts: FileFacts = {
      priceDecimals: options.priceDecimals ?? priceDecimals,
      qtyDecimals: options.qtyDecimals ?? qtyDecimals,
      clock,
      originMs: 0,
      unknownIds: 0,
      gaps: 0,
      ignored: new Map(),
    }
    const { symbol, others } = options
    this.reading = { symbol, others, facts, emit: (row) => this.#emit(row) }
  }

  /** Called with what a decoder says of each record. */
  recorded(problem: Problem): void {
    this.check(problem)
    this.onRecord()
  }

  /** Ends the reading where a record has a problem. */
  check(problem: Problem): void {
    if (problem !== null) this.fail(problem)
    if (this.#firstGapAt === null && this.reading.facts.gaps > 0) this.#firstGapAt = this.place()
  }

  fail(problem: Exclude<Problem, null>): never {
    if (typeof problem === 'string') throw new NautilusError('SOURCE_INVALID', `${this.place()} ${problem}`)
    const hint = this.#decimalsHint
    throw new NautilusError('SOURCE_INVALID', `${this.place()} ${problem.tooFine}`, { hint })
  }

  file(): MarketFile {
    const { unknownIds } = this.reading.facts
    const timed = this.#firstMs !== null && this.#lastMs !== null
    return {
      ...this.reading.facts,
      unknownIds: this.#countsUnknownIds ? unknownIds : null,
      events: this.#count,
      firstGapAt: this.#firstGapAt,
      spanNs: timed ? this.#sinceFirst(this.#lastMs ?? 0) : null,
      firstMs: this.#firstMs === null ? null : this.#firstMs + this.reading.facts.originMs,
    }
  }

  #emit(row: MarketRow): void {
    this.check(problemOfEvent(row) ?? this.#timeProblem(row.timeMs))
    if (this.#count === 0) {
      this.#originMs = row.timeMs ?? 0
      this.#firstMs = row.timeMs
    }
    this.#lastMs = row.timeMs
    this.check(this.#onEvent(row, row.timeMs === null ? null : this.#sinceFirst(row.timeMs), this.reading.facts))
    this.#count += 1
  }

  #sinceFirst(timeMs: number): number {
    return Math.round((timeMs - this.#originMs) * nsPerMs)
  }

  #timeProblem(timeMs: number | null): Problem {
    if (this.#count === 0) return null
    if ((timeMs === null) !== (this.#lastMs === null)) {
      const [found, expected] = timeMs === null ? ['has no time', 'one'] : ['has a time', 'none']
      return `${found}, expected ${expected} as in the rows before`
    }
    const falls = timeMs !== null && this.#lastMs !== null && timeMs < this.#lastMs
    return falls ? 'goes back in time, expected times that never fall' : null
  }
}

class Lines {
  readonly #path: string
  readonly #events: Events
  readonly #header: string | null
  readonly #take: (line: string) => Problem
  readonly #decoder = new TextDecoder()
  #rest = ''
  #row = 0

  constructor(path: string, format: LineFormat, events: Events) {
    this.#path = path
    this.#events = events
    this.#header = format.header
    this.#take = format.decoder(events.reading)
    events.place = () => `${path}:${this.#row}`
  }

  nextPlace(): string {
    return `${this.#path}:${this.#row + 1}`
  }

  /** Takes the lines that are complete and keeps the beginning of the next. */
  take(chunk: Buffer): void {
    const text = this.#rest + this.#decoder.decode(chunk, { stream: true })
    let from = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      this.#line(text.slice(from, text[end - 1] === '\r' ? end - 1 : end))
      from = end + 1
    }
    this.#rest = text.slice(from)
    if (this.#rest.length <= lineCharsMax) return
    this.#row += 1
    this.#events.fail(`has no end within ${lineCharsMax} characters, expected a line of text`)
  }

  end(): void {
    if (this.#rest !== '') this.#line(this.#rest.replace(/\r$/, ''))
  }

  #line(line: string): void {
    this.#row += 1
    if (this.#row === 1 && this.#header !== null) {
      if (line !== this.#header) this.#events.fail(`is "${line.slice(0, 80)}", expected the header ${this.#header}`)
    } else if (line !== '') this.#events.recorded(this.#take(line))
  }
}

class Frames {
  readonly #events: Events
  readonly #decoder: ReturnType<FrameFormat['decoder']>
  readonly #place: () => string
  #rest: Buffer = Buffer.alloc(0)
  #offset = 0

  constructor(path: string, format: FrameFormat, events: Events) {
    this.#events = events
    this.#decoder = format.decoder(events.reading)
    this.#place = () => `${path} at byte ${this.#offset}`
    events.place = this.#place
  }

  nextPlace(): string {
    return this.#place()
  }

  take(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    let from = 0
    while (from < bytes.length) {
      const size = this.#decoder.sizeOf(bytes, from)
      if (size === 0 || from + size > bytes.length) break
      this.#events.recorded(this.#decoder.take(bytes.subarray(from, from + size)))
      from += size
      this.#offset += size
    }
    this.#rest = bytes.subarray(from)
    if (this.#rest.length > frameBytesMax) this.#events.fail(`has no end within ${frameBytesMax} bytes`)
  }

  end(): void {
    const left = this.#rest.length
    if (left > 0)
      this.#events.fail(`ends after ${left} bytes of a record, expected ${this.#decoder.sizeOf(this.#rest, 0)}`)
  }
}
