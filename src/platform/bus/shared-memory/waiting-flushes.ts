import { NautilusError } from '../../../core/errors.js'
import { type DurationNs, nsPerSec } from '../../../core/units.js'
import { within } from '../../flow/deadline.js'
import type { Outward } from './outward.js'

/** Flushes that found a ring of a group full. A group that is slow is no failure, only one that takes nothing. */
export class WaitingFlushes {
  readonly #outward: Outward
  readonly #ends = new Set<() => void>()

  constructor(outward: Outward) {
    this.#outward = outward
  }

  /** Resolves at the next `endAll`; rejects where a group takes nothing for so long. What waits for it goes on waiting. */
  async add(stallNsMax: DurationNs): Promise<void> {
    let end = (): void => undefined
    const moved = new Promise<void>((resolve) => {
      end = resolve
    })
    this.#ends.add(end)
    for (;;) {
      const earlier = this.#outward.progress()
      const inTime = await within(moved, stallNsMax, expired).then(
        () => true,
        () => false,
      )
      if (inTime) return
      const stalled = this.#outward.stalledSince(earlier)
      if (stalled === null) continue
      this.#ends.delete(end)
      throw full(stalled, stallNsMax)
    }
  }

  endAll(): void {
    for (const end of this.#ends) end()
    this.#ends.clear()
  }
}

const expired = (): Error => new Error('nothing came')

const full = (by: { readonly name: string; readonly waitingCount: number }, stallNs: DurationNs): NautilusError => {
  const text = `the bus is full: ${by.name} has taken nothing for ${stallNs / nsPerSec} s, and ${by.waitingCount} messages wait for it`
  return new NautilusError('SERVICE_DIED', text, { hint: 'See `nautilus status` and the log of the engine: it hangs.' })
}
