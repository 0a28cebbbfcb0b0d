import type { Random } from '../../core/random.js'
import { nsPerSec } from '../../core/units.js'

/** Events a second on the mean, for `recorded` arrivals of a generated source; their speed scales it. */
const nominalRatePerSec = 1_000
const burstGapShare = 0.1
const burstinessMax = 0.99

/** Times of generated events: a share of them follows at a tenth of the mean distance, the others make up for it. */
export class BurstyTimes {
  readonly #random: Random
  readonly #burstiness: number
  readonly #calmGapNs: number
  #atNs = 0

  constructor(random: Random, burstiness: number) {
    this.#random = random
    this.#burstiness = Math.min(burstiness, burstinessMax)
    this.#calmGapNs = ((1 - this.#burstiness * burstGapShare) / (1 - this.#burstiness)) * (nsPerSec / nominalRatePerSec)
  }

  /** Hot path: once per event sent. */
  next(): number {
    const atNs = this.#atNs
    const burst = this.#random.float() < this.#burstiness
    const meanNs = burst ? (burstGapShare * nsPerSec) / nominalRatePerSec : this.#calmGapNs
    this.#atNs = atNs + Math.round(this.#random.exponential(meanNs))
    return atNs
  }
}
