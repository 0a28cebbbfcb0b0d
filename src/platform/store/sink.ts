import type { DurationNs } from '../../core/units.js'

export type StoreRow = readonly (string | number | null)[]

/** Rows on their way to a database. `written` counts rows that are committed; the others are lost, and say why. */
export type StoreCounters = { written: number; overflowed: number; failed: number }

export type StoreSink = {
  readonly counters: Readonly<StoreCounters>
  /** Only queues. The row has all columns of its table, in the order of the table. */
  write(table: string, row: StoreRow): void
  /** Resolves when all that was written before is committed or counted as failed. */
  flush(deadlineNs?: DurationNs): Promise<void>
  close(): Promise<void>
}

/** Where a profile has no store: rows vanish, and none is counted. */
export const noStore: StoreSink = {
  counters: { written: 0, overflowed: 0, failed: 0 },
  write: () => undefined,
  flush: async () => undefined,
  close: async () => undefined,
}
