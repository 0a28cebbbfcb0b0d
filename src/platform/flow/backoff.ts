import { type DurationNs, durationNs } from '../../core/units.js'

export type BackoffLimits = { readonly first: DurationNs; readonly longest: DurationNs; readonly jitterShare: number }

/**
 * The wait before attempt `attempt` (0-based): doubled each time up to `longest`, spread so that many do not return at once
 * by `draw`, a random number in [0, 1).
 */
export function backoff(attempt: number, limits: BackoffLimits, draw: number): DurationNs {
  const base = Math.min(limits.longest, limits.first * 2 ** Math.min(attempt, 52))
  return durationNs(Math.round(base * (1 + limits.jitterShare * (2 * draw - 1))))
}
