import type pg from 'pg'
import { assert, present } from '../../core/assert.js'
import type { Clock } from '../../core/clock.js'
import { Random } from '../../core/random.js'
import { type DurationNs, durationNs, later, nsPerMs, nsPerSec } from '../../core/units.js'
import { type BackoffLimits, backoff } from '../flow/backoff.js'
import { BoundedQueue } from '../flow/bounded-queue.js'
import { pause } from '../flow/deadline.js'
import { createPostgresPool } from '../pools/postgres.js'
import { isTransient } from '../pools/postgres-errors.js'
import { columnLiteral, lastPerKey } from './columns.js'
import { createTables, insertStatement, storeTables, type Table } from './schema.js'
import type { StoreCounters, StoreRow, StoreSink } from './sink.js'

// Rows leave the hot path at `write`, which only queues, and go out in batches: after 50 ms, or as soon as 500 wait. One
// batch is under way at a time, so rows of a table are committed in the order in which they were written.
//
// Known limits: a crash of the process loses what waits (the engine's inputs are then delivered again, and repeated rows are
// ignored by key); a batch that PostgreSQL refuses counts as failed as a whole.

const flushEveryMs = 50
const rowsPerBatch = 500
/** 100 s of the reference load of 1,000 rows a second, about 25 MB: longer than a database that comes back is away. */
const rowsWaitingMax = 100_000
const attemptsMax = 4
const retryLimits: BackoffLimits = {
  first: durationNs(50 * nsPerMs),
  longest: durationNs(nsPerSec),
  jitterShare: 0.2,
}
const flushDeadlineNs = durationNs(10 * nsPerSec)

type Lane = { readonly table: Table; readonly statement: string; readonly queue: BoundedQueue<StoreRow> }

export class PostgresWriter implements StoreSink {
  readonly counters: StoreCounters = { written: 0, overflowed: 0, failed: 0 }
  readonly #pool: pg.Pool
  readonly #clock: Clock
  readonly #onError: (error: unknown) => void
  readonly #random = new Random(1)
  readonly #lanes = new Map<string, Lane>()
  #tablesExist = false
  /** After a batch has failed for good, later ones are tried once only until one succeeds. */
  #reachable = true
  #timer: NodeJS.Timeout | null = null
  #pass: Promise<void> | null = null

  constructor(url: string, clock: Clock, onError: (error: unknown) => void) {
    this.#clock = clock
    this.#onError = onError
    this.#pool = createPostgresPool(url, onError)
    for (const table of storeTables) {
      const queue = new BoundedQueue<StoreRow>(rowsWaitingMax)
      this.#lanes.set(table.name, { table, statement: insertStatement(table), queue })
    }
  }

  /** Creates the tables; rejects where the database cannot be reached. */
  async open(): Promise<void> {
    await createTables(this.#pool)
    this.#tablesExist = true
  }

  /** Hot path: a check and a push. */
  write(table: string, row: StoreRow): void {
    const lane = present(this.#lanes.get(table), 'rows go to a table that exists')
    assert(row.length === lane.table.columns.length, 'a row has a value for each column of its table')
    if (!lane.queue.push(row)) {
      this.counters.overflowed += 1
      return
    }
    if (this.#pass !== null) return
    if (lane.queue.length >= rowsPerBatch) this.#begin()
    else this.#timer ??= setTimeout(() => this.#begin(), flushEveryMs)
  }

  async flush(deadlineNs: DurationNs = flushDeadlineNs): Promise<void> {
    const until = later(this.#clock.now(), deadlineNs)
    while (this.#waiting() || this.#pass !== null) {
      if (this.#clock.now() > until) {
        this.#giveUp()
        return
      }
      this.#begin()
      await Promise.race([this.#pass, pause(durationNs(Math.max(nsPerMs, until - this.#clock.now())))])
    }
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    await this.#pool.end()
  }

  #begin(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    if (this.#pass !== null) return
    this.#pass = this.#sendAll().finally(() => {
      this.#pass = null
      if (this.#waiting()) this.#timer ??= setTimeout(() => this.#begin(), flushEveryMs)
    })
  }

  async #sendAll(): Promise<void> {
    for (const lane of this.#lanes.values()) {
      do {
        const rows = lane.queue.take(rowsPerBatch)
        if (rows.length > 0) await this.#send(lane, rows)
      } while (lane.queue.length >= rowsPerBatch)
    }
  }

  async #send({ table, statement }: Lane, rows: readonly StoreRow[]): Promise<void> {
    const kept = table.repeated === 'replace' ? lastPerKey(rows, table.key.length) : rows
    const values = table.columns.map((_, index) => columnLiteral(kept, index))
    for (let attempt = 0; ; attempt += 1) {
      try {
        if (!this.#tablesExist) await this.open()
        await this.#pool.query({ name: table.name, text: statement, values })
        this.counters.written += rows.length
        this.#reachable = true
        return
      } catch (error) {
        if (isTransient(error) && this.#reachable && attempt + 1 < attemptsMax) {
          await pause(backoff(attempt, retryLimits, this.#random.float()))
          continue
        }
        this.#reachable = !isTransient(error)
        this.counters.failed += rows.length
        this.#onError(error)
        return
      }
    }
  }

  #waiting(): boolean {
    for (const { queue } of this.#lanes.values()) if (queue.length > 0) return true
    return false
  }

  #giveUp(): void {
    for (const { queue } of this.#lanes.values()) this.counters.failed += queue.take(queue.length).length
  }
}
