import { type DurationNs, durationNs } from '../core/units.js'
import { dueCount } from './arrivals.js'
import { blockNsMax } from './pacer.js'
import type { Prepared } from './protocol.js'
import type { Sent } from './sending.js'

type MeasuredWindow = {
  readonly windowNs: DurationNs
  /** Ticks that were due in it. */
  readonly plannedCount: number
}

/** What of the schedule was the window: all that the sender kept to, or what an interruption after `ranNs` left of it. */
export function measuredWindow(
  { ledger, warmupCount, warmupNs }: Pick<Prepared, 'ledger' | 'warmupCount' | 'warmupNs'>,
  { endSeq, endNs }: Sent,
  ranNs: number | null,
): MeasuredWindow {
  const { offsetsNs } = ledger
  // A window that was cut short too late for the sender reaches to the last tick that was sent.
  const lastNs = endSeq === 0 ? 0 : (offsetsNs[endSeq - 1] ?? 0)
  const wholeNs = Math.max(endNs, lastNs + 1) - warmupNs
  const wholeCount = Math.max(dueCount(offsetsNs, endNs - 1), endSeq) - warmupCount
  if (ranNs === null) return { windowNs: durationNs(wholeNs), plannedCount: wholeCount }
  // A tick that became due while the sender was waking up was not kept back by anything.
  const due = Math.max(dueCount(offsetsNs, ranNs - blockNsMax), endSeq) - warmupCount
  return {
    windowNs: durationNs(Math.min(Math.max(ranNs - warmupNs, 0), wholeNs)),
    plannedCount: Math.min(Math.max(due, 0), wholeCount),
  }
}
