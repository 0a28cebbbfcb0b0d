import { assertNever } from '../../core/assert.js'
import type { Clock } from '../../core/clock.js'
import { NautilusError } from '../../core/errors.js'
import { type Fault, parseFault } from '../../core/fault.js'
import { type DurationNs, durationNs, later } from '../../core/units.js'

/** The deliberate faults of one engine, added up: two delays are one longer delay. */
export type Faults = {
  readonly delayNs: DurationNs
  readonly busyNs: DurationNs
  readonly errorShare: number
  readonly hang: boolean
}

export const noFaults: Faults = { delayNs: durationNs(0), busyNs: durationNs(0), errorShare: 0, hang: false }

export function parseFaults(texts: readonly string[]): Faults {
  return texts.reduce<Faults>((faults, text) => {
    const parsed = parseFault(text)
    if ('problem' in parsed) throw new NautilusError('USAGE', parsed.problem)
    return withFault(faults, parsed.fault)
  }, noFaults)
}

function withFault(faults: Faults, fault: Fault): Faults {
  switch (fault.kind) {
    case 'delay':
      return { ...faults, delayNs: durationNs(faults.delayNs + fault.delayNs) }
    case 'busy':
      return { ...faults, busyNs: durationNs(faults.busyNs + fault.busyNs) }
    case 'error':
      return { ...faults, errorShare: Math.min(1, faults.errorShare + fault.share) }
    case 'hang':
      return { ...faults, hang: true }
    default:
      return assertNever(fault)
  }
}

/** Keeps the core busy, as a slow computation would. */
export function burn(clock: Clock, busyNs: DurationNs): void {
  const end = later(clock.now(), busyNs)
  while (clock.now() < end);
}

/** Whether the input of this seq is one of the failing share: the same ones in every run. */
export function strikes(seq: number, share: number): boolean {
  // The finaliser of MurmurHash3: neighbouring numbers fall apart.
  let hash = seq >>> 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32 < share
}
