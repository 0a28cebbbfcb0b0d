import type { ComponentCase } from '../../core/component-case.js'
import { Random } from '../../core/random.js'
import { durationNs, type InstantNs, instantNs, later, nsPerMs, nsPerSec } from '../../core/units.js'
import { type BatchLimits, emptyBatch, offer, takeDue } from './batcher.js'
import { admits, afterEvent, type BreakerLimits, type BreakerState, closedBreaker } from './breaker.js'
import { fullBucket, takeToken } from './token-bucket.js'

const seed = 20_261_120
/** Outcomes and the like are drawn before: the measured call only looks them up. */
const drawn = 4_096
const second = durationNs(nsPerSec)
const millisecond = durationNs(nsPerMs)

/** What a breaker adds to a call that passes it: asking it, and telling it of the start and of the end (AL5, AL11). */
export const breakerCall: ComponentCase = {
  name: 'breaker.call',
  description: 'Ask a closed breaker, report the call admitted and ended; one call in a hundred fails.',
  variants: {
    '': () => {
      const limits: BreakerLimits = { failures: 5, openFor: durationNs(60 * second), trials: 3 }
      const random = Random.stream(seed, 'breaker')
      const outcomes = Array.from({ length: drawn }, (): 'failed' | 'succeeded' =>
        random.float() < 0.01 ? 'failed' : 'succeeded',
      )
      let state: BreakerState = closedBreaker
      let now: InstantNs = instantNs(0)
      let call = 0
      return {
        call: () => {
          now = later(now, millisecond)
          if (!admits(state, now, limits)) return false
          state = afterEvent(state, 'admitted', now, limits)
          state = afterEvent(state, outcomes[call % drawn] ?? 'succeeded', now, limits)
          call += 1
          return state.kind === 'closed'
        },
      }
    },
  },
}

/** AL9 at 1,000 calls a second: the limits of the profile admit all of them, 40/s with a burst of 50 nearly none. */
export const tokenBucketTake: ComponentCase = {
  name: 'token-bucket.take',
  description: 'Ask for a token every millisecond: of 1,500/s with a burst of 100, or of 40/s with a burst of 50.',
  variants: {
    admitted: () => bucketCase({ rate: 1_500, burst: 100 }),
    refused: () => bucketCase({ rate: 40, burst: 50 }),
  },
}

function bucketCase(limits: { readonly rate: number; readonly burst: number }) {
  let now: InstantNs = instantNs(0)
  const bucket = fullBucket(limits, now)
  return {
    call: () => {
      now = later(now, millisecond)
      return takeToken(bucket, now, limits)
    },
  }
}

export const batcherOffer: ComponentCase = {
  name: 'batcher.offer',
  description: 'Offer an item every 0.2 ms to a batch of 10 ms or 50 items, and look whether it is due.',
  variants: {
    '': () => {
      const limits: BatchLimits = { window: durationNs(10 * nsPerMs), ordersMax: 50 }
      const batch = emptyBatch<{ readonly orderId: number }>()
      const orders = Array.from({ length: drawn }, (_, index) => ({ orderId: index + 1 }))
      const gap = durationNs(nsPerMs / 5)
      let now: InstantNs = instantNs(0)
      let next = 0
      return {
        call: () => {
          now = later(now, gap)
          const due = takeDue(batch, now, limits).length
          const order = orders[next % drawn]
          next += 1
          return order === undefined ? due : due + offer(batch, order, now, limits).length
        },
      }
    },
  },
}
