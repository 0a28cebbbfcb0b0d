import { assert } from '../../core/assert.js'
import { type DurationNs, durationNs, elapsed, type InstantNs, nsPerMs, nsPerSec } from '../../core/units.js'

// When messages that wait to be written leave. Pure: the caller keeps the messages, writes them, and tells when the medium
// has answered.
//
// While the medium is idle nothing waits: one message alone is not faster for company. While it works on a batch the next
// one gathers, so batches grow with the load by themselves. They leave when that answer comes, when as many wait as suits
// the rate, when the window has passed, or with the first message that may not wait: all of them, in their order.

export type AdaptiveBatchLimits = {
  readonly window: DurationNs
  readonly messagesMax: number
  /** From which rate on fewer than `messagesMax` are enough; by rising rate, the last that applies counts. */
  readonly steps: readonly { readonly above: number; readonly messages: number }[]
}

export type AdaptiveBatch = {
  waiting: number
  openedAt: InstantNs | null
  underWay: number
  /** Messages per second over the last whole window of measurement. */
  ratePerSec: number
  countedFrom: InstantNs
  counted: number
}

const countedNs = 100 * nsPerMs

export const newAdaptiveBatch = (now: InstantNs): AdaptiveBatch => ({
  ...{ waiting: 0, openedAt: null, underWay: 0 },
  ...{ ratePerSec: 0, countedFrom: now, counted: 0 },
})

/** Counts messages that now wait, and says whether all of them leave. Hot path: called once a flush. */
export function join(
  batch: AdaptiveBatch,
  now: InstantNs,
  limits: AdaptiveBatchLimits,
  added: { readonly messages: number; readonly urgent: boolean },
): boolean {
  measure(batch, now, added.messages)
  batch.waiting += added.messages
  batch.openedAt ??= now
  if (added.urgent || batch.underWay === 0 || batch.waiting >= enough(batch, limits)) return true
  return elapsed(batch.openedAt, now) >= limits.window
}

/** All that waited has been written. */
export function left(batch: AdaptiveBatch): void {
  batch.waiting = 0
  batch.openedAt = null
  batch.underWay += 1
}

/** The medium has answered one write; says whether what has gathered leaves now. */
export function answered(batch: AdaptiveBatch): boolean {
  assert(batch.underWay > 0, 'only what was written is answered')
  batch.underWay -= 1
  return batch.underWay === 0 && batch.openedAt !== null
}

/** Time until what waits must leave; null where nothing waits. */
export function untilDue(batch: AdaptiveBatch, now: InstantNs, limits: AdaptiveBatchLimits): DurationNs | null {
  if (batch.openedAt === null) return null
  return durationNs(Math.max(0, limits.window - elapsed(batch.openedAt, now)))
}

function enough({ ratePerSec }: AdaptiveBatch, { messagesMax, steps }: AdaptiveBatchLimits): number {
  let messages = messagesMax
  for (const step of steps) if (ratePerSec > step.above) messages = Math.min(step.messages, messagesMax)
  return messages
}

function measure(batch: AdaptiveBatch, now: InstantNs, messages: number): void {
  const spanNs = elapsed(batch.countedFrom, now)
  if (spanNs >= countedNs) {
    batch.ratePerSec = (batch.counted * nsPerSec) / spanNs
    batch.countedFrom = now
    batch.counted = 0
  }
  batch.counted += messages
}
