import { type DurationNs, elapsed, type InstantNs } from '../../core/units.js'

// Weighted averages that move by what is new: mean += (value - mean) x weight / total. No sum of products grows with the
// run, so the error stays at the rounding of the largest value, and a million of them do not make it worse than ten.

/** Average of prices by quantity: VWAP. */
export class VolumeAverage {
  mean = 0
  volume = 0

  add(price: number, qty: number): void {
    this.volume += qty
    this.mean += ((price - this.mean) * qty) / this.volume
  }
}

/** Average of a price by the time for which it stood: TWAP. Time without a price is left out. */
export class TimeAverage {
  #mean = 0
  #weightNs = 0
  #price = 0
  #since: InstantNs | null = null

  /** From `at` on the price is this; 0 where there is none. */
  move(at: InstantNs, price: number): void {
    if (this.#since !== null && this.#price > 0) {
      const stoodNs = elapsed(this.#since, at)
      this.#mean = this.#after(stoodNs)
      this.#weightNs += stoodNs
    }
    this.#price = price
    this.#since = at
  }

  /** With the time for which the newest price has stood; 0 where there was no price, the price itself where no time has passed. */
  until(at: InstantNs): number {
    if (this.#since === null || this.#price === 0) return this.#mean
    const mean = this.#after(elapsed(this.#since, at))
    return mean === 0 ? this.#price : mean
  }

  #after(stoodNs: DurationNs): number {
    const total = this.#weightNs + stoodNs
    return total === 0 ? this.#mean : this.#mean + ((this.#price - this.#mean) * stoodNs) / total
  }
}
