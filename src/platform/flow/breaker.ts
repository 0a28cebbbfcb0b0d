import { assertNever } from '../../core/assert.js'
import { type DurationNs, type InstantNs, later } from '../../core/units.js'

// Circuit breaker (Nygard, "Release It!"). closed: calls pass, consecutive failures are counted. open: calls are refused
// until `openFor` has passed. halfOpen: `trials` calls pass; all must succeed to close it, one failure opens it again.
// Trials that never report (a hung venue) are forgotten after another `openFor`, so that it cannot stay half open for ever.

export type BreakerLimits = { readonly failures: number; readonly openFor: DurationNs; readonly trials: number }

export type BreakerState =
  | { readonly kind: 'closed'; readonly failures: number }
  | { readonly kind: 'open'; readonly until: InstantNs }
  | { readonly kind: 'halfOpen'; readonly admitted: number; readonly succeeded: number; readonly until: InstantNs }

export type BreakerEvent = 'admitted' | 'succeeded' | 'failed'

export const closedBreaker: BreakerState = { kind: 'closed', failures: 0 }

/** Whether a call may go now; the caller then reports `admitted`, and later `succeeded` or `failed`. */
export function admits(state: BreakerState, now: InstantNs, limits: BreakerLimits): boolean {
  switch (state.kind) {
    case 'closed':
      return true
    case 'open':
      return now >= state.until
    case 'halfOpen':
      return state.admitted < limits.trials || now >= state.until
    default:
      return assertNever(state)
  }
}

/** The state after an event. Costs no allocation while all goes well. */
export function afterEvent(
  state: BreakerState,
  event: BreakerEvent,
  now: InstantNs,
  limits: BreakerLimits,
): BreakerState {
  switch (state.kind) {
    case 'closed':
      if (event === 'admitted') return state
      if (event === 'succeeded') return state.failures === 0 ? state : closedBreaker
      return state.failures + 1 >= limits.failures ? opened(now, limits) : { ...state, failures: state.failures + 1 }
    case 'open':
      // Late answers of calls from before it opened change nothing.
      return event === 'admitted' && now >= state.until ? halfOpened(now, limits) : state
    case 'halfOpen':
      if (event === 'failed') return opened(now, limits)
      if (event === 'succeeded') {
        const succeeded = state.succeeded + 1
        return succeeded >= limits.trials ? closedBreaker : { ...state, succeeded }
      }
      return now >= state.until ? halfOpened(now, limits) : { ...state, admitted: state.admitted + 1 }
    default:
      return assertNever(state)
  }
}

const opened = (now: InstantNs, limits: BreakerLimits): BreakerState => ({
  kind: 'open',
  until: later(now, limits.openFor),
})

const halfOpened = (now: InstantNs, limits: BreakerLimits): BreakerState => ({
  kind: 'halfOpen',
  admitted: 1,
  succeeded: 0,
  until: later(now, limits.openFor),
})
