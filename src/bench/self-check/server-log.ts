import { type InstantNs, instantNs } from '../../core/units.js'

/** The server's own word of what it did: a row for each request, in the order in which they came. */
export type ServerLog = {
  /** From which the periods of its behaviour are counted. */
  readonly originAt: InstantNs
  readonly count: number
  /** When the request had been read from its socket. */
  readonly arrivedAt: Float64Array
  /** When its behaviour meant it to be answered. */
  readonly dueAt: Float64Array
  /** When the write of the answer was issued; 0 where none was. */
  readonly answeredAt: Float64Array
  readonly connection: Int32Array
  /** Requests beyond the room of the log: they were answered, but nothing is known of them. */
  readonly unlogged: number
}

/** 100 s at 5,000/s. */
const rowsMax = 500_000

/** Typed arrays of fixed size, so that keeping the truth costs the server next to nothing. */
export class LogWriter {
  readonly arrivedAt = new Float64Array(rowsMax)
  readonly dueAt = new Float64Array(rowsMax)
  readonly answeredAt = new Float64Array(rowsMax)
  readonly connection = new Int32Array(rowsMax)
  originAt: InstantNs = instantNs(0)
  #count = 0

  begin(originAt: InstantNs): void {
    this.originAt = originAt
    this.answeredAt.fill(0, 0, Math.min(this.#count, rowsMax))
    this.#count = 0
  }

  /** Number of the next row. Rows beyond the arrays are written nowhere. */
  next(): number {
    this.#count += 1
    return this.#count - 1
  }

  copy(): ServerLog {
    const count = Math.min(this.#count, rowsMax)
    return {
      originAt: this.originAt,
      count,
      arrivedAt: this.arrivedAt.slice(0, count),
      dueAt: this.dueAt.slice(0, count),
      answeredAt: this.answeredAt.slice(0, count),
      connection: this.connection.slice(0, count),
      unlogged: this.#count - count,
    }
  }
}
