import { assert } from '../../core/assert.js'
import { type DurationNs, durationNs, elapsed, type InstantNs, later } from '../../core/units.js'

// A batch opens with its first item and is sent when it is full or its window has passed, whichever comes first.
// Pure: the caller turns `untilDue` into a timer.

export type BatchLimits = { readonly window: DurationNs; readonly ordersMax: number }
type Batch<Item> = { items: Item[]; openedAt: InstantNs | null }

export const emptyBatch = <Item>(): Batch<Item> => ({ items: [], openedAt: null })

/** Adds an item and returns the items to send now, or none while the batch may still fill. */
export function offer<Item>(batch: Batch<Item>, item: Item, now: InstantNs, limits: BatchLimits): Item[] {
  assert(batch.items.length < limits.ordersMax, 'a full batch was already taken')
  batch.openedAt ??= now
  batch.items.push(item)
  const full = batch.items.length === limits.ordersMax
  return full || elapsed(batch.openedAt, now) >= limits.window ? take(batch) : []
}

/** The items of a batch whose window has passed, or none. */
export function takeDue<Item>(batch: Batch<Item>, now: InstantNs, limits: BatchLimits): Item[] {
  return batch.openedAt !== null && now >= later(batch.openedAt, limits.window) ? take(batch) : []
}

/** Everything that waits, due or not: for drains. */
export function take<Item>(batch: Batch<Item>): Item[] {
  const items = batch.items
  batch.items = []
  batch.openedAt = null
  return items
}

/** Time until the open batch is due; null where nothing waits. */
export function untilDue<Item>(batch: Batch<Item>, now: InstantNs, limits: BatchLimits): DurationNs | null {
  if (batch.openedAt === null) return null
  return durationNs(Math.max(0, batch.openedAt + limits.window - now))
}
