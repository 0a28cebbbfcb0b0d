import { elapsed, type InstantNs } from '../core/units.js'
import type { EngineResult } from '../results/run-result.js'
import type { ProcessStatus } from '../supervisor/spec.js'

/** How often the supervisor has started an engine anew, its longest outage, and how much of the run it was ready. */
export type Availability = Pick<EngineResult, 'restartCount' | 'recoveryNsMax' | 'readyShare'>

/** Of an engine that nobody watched. */
export const notWatched: Availability = { restartCount: 0, recoveryNsMax: null, readyShare: null }

type Seen = Pick<ProcessStatus, 'restartCount' | 'recoveryNsMax' | 'notReadyNs'>

/** From what was known of a process at the beginning of a span of time, and what is known at its end. */
export function availabilityOf(
  before: Seen | undefined,
  now: Seen | undefined,
  { fromAt, toAt }: { readonly fromAt: InstantNs; readonly toAt: InstantNs },
): Availability {
  if (now === undefined) return notWatched
  const { restartCount, recoveryNsMax } = now
  const elapsedNs = elapsed(fromAt, toAt)
  const notReadyNs = now.notReadyNs - (before?.notReadyNs ?? 0)
  return { restartCount, recoveryNsMax, readyShare: elapsedNs === 0 ? null : Math.max(0, 1 - notReadyNs / elapsedNs) }
}
