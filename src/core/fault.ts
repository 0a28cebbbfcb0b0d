import type { DurationNs } from './units.js'
import { durationNs, parseDuration, parseShare } from './units.js'

/** A deliberate fault of one engine, so that a user can see the gate fire. */
export type Fault =
  /** Every input waits this long before it is handled, without blocking: latency rises, order and capacity stay. */
  | { readonly kind: 'delay'; readonly delayNs: DurationNs }
  /** Every input keeps the core busy this long: latency rises and capacity falls. */
  | { readonly kind: 'busy'; readonly busyNs: DurationNs }
  /** This share of the inputs ends as failed. */
  | { readonly kind: 'error'; readonly share: number }
  /** Inputs are taken and never answered. */
  | { readonly kind: 'hang' }

type ParsedFault = { readonly fault: Fault } | { readonly problem: string }

/** Parses what stands after `--inject ENGINE:`, one of `+7ms`, `busy+2ms`, `error=1%`, `hang`. */
export function parseFault(text: string): ParsedFault {
  if (text === 'hang') return { fault: { kind: 'hang' } }
  if (text.startsWith('+')) return spanned(text.slice(1), (delayNs) => ({ kind: 'delay', delayNs }))
  if (text.startsWith('busy+')) return spanned(text.slice(5), (busyNs) => ({ kind: 'busy', busyNs }))
  if (text.startsWith('error=')) {
    const parsed = parseShare(text.slice(6))
    return 'value' in parsed ? { fault: { kind: 'error', share: parsed.value } } : parsed
  }
  return { problem: `"${text}" is not a fault; write one of +7ms, busy+2ms, error=1%, hang` }
}

function spanned(text: string, make: (spanNs: DurationNs) => Fault): ParsedFault {
  const parsed = parseDuration(text)
  return 'value' in parsed ? { fault: make(durationNs(parsed.value)) } : parsed
}
