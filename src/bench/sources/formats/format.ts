import { parseDecimal } from '../../../engines/model/decimal.js'
import { type EventsHead, wrong } from '../../../engines/model/event-lines.js'
import type { ReplayRow } from '../event-columns.js'

// What every reader of market data shares. A reader says what one line or one frame of its format means; opening,
// unpacking, places of problems and the checks that hold for every event belong to `market-file.ts`.

export type MarketRow = ReplayRow & { readonly symbol: string }

/** What the times of a file count from: 1970, the midnight of its day, or its own beginning. */
type FileClock = EventsHead['clock']

/** What is known of a file while it is read; readers write here what is no event. */
export type FileFacts = {
  /** One tick is 10^-priceDecimals, one lot 10^-qtyDecimals. */
  priceDecimals: number
  qtyDecimals: number
  clock: FileClock
  /** Milliseconds on that clock at which the time of a row is 0: nanoseconds since 1970 would leave 2^53. */
  originMs: number
  /** Changes of orders or levels that the file has not entered. They change no book. */
  unknownIds: number
  /** Places where the chain of updates is broken. */
  gaps: number
  /** Records that change no book, by what they are. */
  readonly ignored: Map<string, number>
}

export type Reading = {
  /** The one symbol to read, or null for all of them. A file that names none holds this one. */
  readonly symbol: string | null
  /** What happens to rows of another symbol than that one. */
  readonly others: 'refused' | 'skipped'
  readonly facts: FileFacts
  readonly emit: (row: MarketRow) => void
}

/** What is wrong with a record, as a sentence without its place; null where nothing is. */
export type Problem = string | TooFine | null
/** A number with more decimals than are read: who reads the file knows how to read more of them. */
type TooFine = { readonly tooFine: string }

type Shared = {
  readonly priceDecimals: number
  readonly qtyDecimals: number
  readonly clock: FileClock
  /** Whether the reader counts unknown ids; else the book finds them that the events are applied to. */
  readonly countsUnknownIds: boolean
  /** Whether a file that begins like this is one of the format. */
  readonly isLike: (head: string) => boolean
}
export type LineFormat = Shared & {
  readonly kind: 'lines'
  /** First line of the file where the format has a header. */
  readonly header: string | null
  readonly decoder: (reading: Reading) => (line: string) => Problem
}
type FrameDecoder = {
  /** Bytes of the frame that begins at `from`, or 0 while there are too few to tell. */
  readonly sizeOf: (bytes: Buffer, from: number) => number
  readonly take: (frame: Buffer) => Problem
}
export type FrameFormat = Shared & {
  readonly kind: 'frames'
  readonly decoder: (reading: Reading) => FrameDecoder
}
export type Format = LineFormat | FrameFormat

export function ignore(facts: FileFacts, what: string): null {
  facts.ignored.set(what, (facts.ignored.get(what) ?? 0) + 1)
  return null
}

/** Whether the rows of a symbol are asked for. */
export const isAsked = (reading: Reading, symbol: string): boolean =>
  reading.symbol === null || reading.symbol === symbol

export const otherSymbol = (reading: Reading): null => ignore(reading.facts, 'other symbols')

/** A decimal as ticks or lots, or what is wrong with it. */
export function unitsOf(name: string, text: string, decimals: number): number | Exclude<Problem, null> {
  const parsed = parseDecimal(text, decimals)
  if (!('problem' in parsed)) return parsed.value
  const problem = `${name} ${parsed.problem}`
  const fraction = /^\d+\.(\d*[1-9])0*$/.exec(text)?.[1] ?? ''
  return fraction.length > decimals ? { tooFine: problem } : problem
}

/** The problem of the first field that is no whole number, or null. */
export function wholeNumbers(fields: Readonly<Record<string, string>>): Problem {
  for (const [name, text] of Object.entries(fields)) {
    if (!/^\d{1,16}$/.test(text)) return wrong(name, text, 'a whole number')
  }
  return null
}

export const wrongCount = (found: number, columns: string): string =>
  `has ${found} fields, expected ${columns.split(',').length}: ${columns}`
