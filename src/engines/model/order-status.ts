import type { OrdStatus } from './messages.js'

/** The state of an order as its gateway knows it: that of the venue, and what was asked for and is not answered yet. */
export type OrderStatus = OrdStatus | 'pendingNew' | 'pendingCancel' | 'pendingReplace'

/**
 * Where several states hold, the one that is told: FIX 5.0 SP2, volume 4, the highest first. States of trading days and of
 * specialists are left out.
 */
const precedence: readonly OrderStatus[] = [
  'pendingCancel',
  'pendingReplace',
  'filled',
  'canceled',
  'expired',
  'partiallyFilled',
  'new',
  'rejected',
  'pendingNew',
]

/** The state that is told of an order which is in all of these. */
export function toldStatus(states: readonly [OrderStatus, ...OrderStatus[]]): OrderStatus {
  const ranks = states.map((state) => precedence.indexOf(state))
  return precedence[Math.min(...ranks)] ?? states[0]
}
