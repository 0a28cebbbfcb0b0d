import { assertNever } from '../../core/assert.js'
import { durationNs, type InstantNs, instantNs, nsPerMs, nsPerSec, nsPerUs } from '../../core/units.js'

// When the servers of the self-check answer: each has a pathology whose distribution of response times is known, so that a
// generator which hides waiting, loses requests or is late itself is found out. Pure; the server only obeys.

export type Behaviour =
  /** At once: what is left is the instrument. */
  | { readonly kind: 'null' }
  | { readonly kind: 'fixed'; readonly delayNs: number }
  /** Frozen for the last `stallNs` of every `periodNs`; what comes meanwhile is answered after it. */
  | { readonly kind: 'stall'; readonly delayNs: number; readonly stallNs: number; readonly periodNs: number }
  /** Every `slowEvery`-th request takes `slowNs`. */
  | { readonly kind: 'two-modes'; readonly delayNs: number; readonly slowNs: number; readonly slowEvery: number }
  /** Every `slowEvery`-th connection, by the order of accepting, takes `slowNs` for a request. */
  | { readonly kind: 'slow-connection'; readonly delayNs: number; readonly slowNs: number; readonly slowEvery: number }

/** A request as it came to the server. */
export type Asked = {
  readonly at: InstantNs
  /** Number of the request since the log was begun, from 0. */
  readonly index: number
  /** Number of its connection, from 0. */
  readonly connection: number
}

export const stalling: Behaviour = {
  kind: 'stall',
  delayNs: 200 * nsPerUs,
  stallNs: 200 * nsPerMs,
  periodNs: 2 * nsPerSec,
}

/** When a request is due to be answered by a server whose periods are counted from `originAt`. Hot path of the server. */
export function dueAt(behaviour: Behaviour, asked: Asked, originAt: InstantNs): InstantNs {
  switch (behaviour.kind) {
    case 'null':
      return asked.at
    case 'fixed':
      return instantNs(asked.at + behaviour.delayNs)
    case 'stall':
      return instantNs(asked.at + stallLeftNs(behaviour, asked.at - originAt) + behaviour.delayNs)
    case 'two-modes':
    case 'slow-connection':
      return instantNs(asked.at + (isSlow(behaviour, asked) ? behaviour.slowNs : behaviour.delayNs))
    default:
      return assertNever(behaviour)
  }
}

/** Whether a request belongs to the slow mode; requests of one mode are answered in the order in which they came. */
export function isSlow(behaviour: Behaviour, { index, connection }: Asked): boolean {
  if (behaviour.kind === 'two-modes') return index % behaviour.slowEvery === behaviour.slowEvery - 1
  return behaviour.kind === 'slow-connection' && connection % behaviour.slowEvery === 0
}

function stallLeftNs({ stallNs, periodNs }: Behaviour & { kind: 'stall' }, sinceNs: number): number {
  const phaseNs = ((sinceNs % periodNs) + periodNs) % periodNs
  return phaseNs >= periodNs - stallNs ? periodNs - phaseNs : 0
}

export const fixedDelay = (delayNs: number): Behaviour => ({ kind: 'fixed', delayNs: durationNs(delayNs) })
