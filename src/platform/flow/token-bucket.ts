import { type DurationNs, durationNs, type InstantNs, nsPerSec } from '../../core/units.js'

/** Admits `rate` calls a second in the long run and `burst` at once. Tokens are refilled by the time that has passed. */
export type TokenBucket = { tokens: number; updatedAt: InstantNs }
type TokenLimits = { readonly rate: number; readonly burst: number }

export const fullBucket = (limits: TokenLimits, now: InstantNs): TokenBucket => ({
  tokens: limits.burst,
  updatedAt: now,
})

/** Takes one token if there is one. A clock that stands still or steps back refills nothing. */
export function takeToken(bucket: TokenBucket, now: InstantNs, limits: TokenLimits): boolean {
  refill(bucket, now, limits)
  if (bucket.tokens < 1) return false
  bucket.tokens -= 1
  return true
}

/** Time until the next token; 0 where there is one. */
export function untilToken(bucket: TokenBucket, now: InstantNs, limits: TokenLimits): DurationNs {
  refill(bucket, now, limits)
  return durationNs(bucket.tokens >= 1 ? 0 : Math.ceil(((1 - bucket.tokens) * nsPerSec) / limits.rate))
}

function refill(bucket: TokenBucket, now: InstantNs, limits: TokenLimits): void {
  if (now <= bucket.updatedAt) return
  bucket.tokens = Math.min(limits.burst, bucket.tokens + ((now - bucket.updatedAt) * limits.rate) / nsPerSec)
  // The wait of untilToken is rounded up to whole nanoseconds, and a sum of doubles may end a hair below one token.
  if (bucket.tokens > 1 - 1e-9 && bucket.tokens < 1) bucket.tokens = 1
  bucket.updatedAt = now
}
