import type { SystemStatus } from './spec.js'
import { sharesBetween, type Usage, UsageSampler, type UsageShare, usageTargets } from './usage.js'

const sampleEveryMs = 1_000

/** Samples what runs of a system once a second; `shares` is what was taken in the last second. */
export class UsageWatch {
  readonly #sampler = new UsageSampler()
  readonly #timer: NodeJS.Timeout
  #last: readonly Usage[] = []
  #shares: readonly UsageShare[] = []

  constructor(status: () => SystemStatus, onSample: () => void) {
    this.#timer = setInterval(() => {
      const now = this.#sampler.sample(usageTargets(status()))
      this.#shares = sharesBetween(this.#last, now)
      this.#last = now
      onSample()
    }, sampleEveryMs)
    this.#timer.unref()
  }

  get shares(): readonly UsageShare[] {
    return this.#shares
  }

  close(): void {
    clearInterval(this.#timer)
    this.#sampler.close()
  }
}
