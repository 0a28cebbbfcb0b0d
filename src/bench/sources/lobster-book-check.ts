import { NautilusError } from '../../core/errors.js'
import type { BookAgreement } from '../../report/market-data.js'
import { type FilePurpose, linesOf } from './market-bytes.js'
import type { MarketReplay } from './market-replay.js'

// LOBSTER's book file has one row a message: the best ask, its size, the best bid, its size, and deeper levels. A message
// file begins with orders at rest that it never entered, so a rebuilt book agrees the more the longer it runs.

/** What stands for the price of an empty side. */
const emptyPrices = new Set(['9999999999', '-9999999999', '0'])

type Top = readonly [number, number, number, number]

export class LobsterBookCheck {
  readonly #path: string
  readonly #lines: AsyncGenerator<string>
  readonly #replay: MarketReplay
  /** Tops after the messages of this chunk, that are not compared yet. */
  readonly #waiting: Top[] = []
  #rows = 0
  #agreed = 0
  #firstDifference: string | null = null

  private constructor(path: string, lines: AsyncGenerator<string>, replay: MarketReplay) {
    this.#path = path
    this.#lines = lines
    this.#replay = replay
  }

  static open(path: string, purpose: FilePurpose, replay: MarketReplay): LobsterBookCheck {
    return new LobsterBookCheck(path, linesOf(path, purpose), replay)
  }

  record(symbol: string): void {
    this.#waiting.push(this.#replay.topOf(symbol))
  }

  async compare(): Promise<void> {
    for (const top of this.#waiting.splice(0)) {
      const { value, done } = await this.#lines.next()
      if (done === true) throw this.#problem('is missing, expected a row for each message')
      this.#take(value, top)
    }
  }

  async end(): Promise<BookAgreement> {
    await this.compare()
    const { done } = await this.#lines.next()
    if (done !== true) throw this.#problem('has no message, expected as many rows as messages')
    return { rows: this.#rows, agreed: this.#agreed, firstDifference: this.#firstDifference }
  }

  /** Closes the book file, also where it was not read to its end. */
  async close(): Promise<void> {
    await this.#lines.return(undefined)
  }

  #take(line: string, top: Top): void {
    const fields = line.split(',').slice(0, 4)
    if (fields.length < 4 || fields.some((field) => !/^-?\d+$/.test(field))) {
      throw this.#problem(`is "${line.slice(0, 80)}", expected ask price, ask size, bid price, bid size, ...`)
    }
    this.#rows += 1
    const told = fields.map((field) => (emptyPrices.has(field) ? 0 : Number(field)))
    if (told.every((value, index) => value === top[index])) this.#agreed += 1
    else this.#firstDifference ??= `${this.#path}:${this.#rows} has ${fields.join(',')}, rebuilt ${top.join(',')}`
  }

  #problem(problem: string): NautilusError {
    return new NautilusError('SOURCE_INVALID', `${this.#path}:${this.#rows + 1} ${problem}`, {
      hint: 'Name the orderbook file that came with the message file.',
    })
  }
}
