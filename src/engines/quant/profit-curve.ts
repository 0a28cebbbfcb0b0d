import { assert } from '../../core/assert.js'
import { type DurationNs, durationNs, elapsed, type InstantNs, later } from '../../core/units.js'

/** Of changes of profit, by Welford's recurrence: count, mean, and sum of squared distances from the mean. */
type Moments = { readonly count: number; readonly mean: number; readonly squares: number }

const none: Moments = { count: 0, mean: 0, squares: 0 }

/** The course of a profit from its first fill on, when it is 0: how deep it fell, and how its changes vary. O(1) a change. */
export class ProfitCurve {
  profit = 0
  /** Largest fall from the highest profit before it, of the start included; in the unit of the profit. */
  drawdownMax = 0
  #peak = 0
  readonly #everyNs: DurationNs
  #sampledAt: InstantNs | null = null
  #sampledProfit = 0
  #moments = none

  constructor(everyNs: DurationNs) {
    assert(everyNs > 0, 'a period has a length')
    this.#everyNs = everyNs
  }

  /** The profit is this from `at` on; the first call begins the curve, and its periods. */
  move(at: InstantNs, profit: number): void {
    this.#sample(at)
    this.profit = profit
    if (profit > this.#peak) this.#peak = profit
    else if (this.#peak - profit > this.drawdownMax) this.drawdownMax = this.#peak - profit
  }

  /**
   * Mean over standard deviation (with n - 1) of the profit of a period, times the root of the periods in a year. Null before
   * two periods have passed, and where their profits do not differ. Changes nothing, so that asking does not matter.
   */
  sharpe(asOf: InstantNs, periodsPerYear: number): number | null {
    const { count, mean, squares } = this.#sampled(asOf)
    if (count < 2 || squares === 0) return null
    return (mean / Math.sqrt(squares / (count - 1))) * Math.sqrt(periodsPerYear)
  }

  #sample(at: InstantNs): void {
    const periods = this.#periodsUntil(at)
    this.#moments = this.#sampled(at)
    if (this.#sampledAt === null) this.#sampledAt = at
    else if (periods > 0) {
      this.#sampledAt = later(this.#sampledAt, durationNs(periods * this.#everyNs))
      this.#sampledProfit = this.profit
    }
  }

  /** All that changed since the last sample falls into the first period; in those after it nothing happened. */
  #sampled(at: InstantNs): Moments {
    const periods = this.#periodsUntil(at)
    if (periods === 0) return this.#moments
    const moments = withChanges(this.#moments, this.profit - this.#sampledProfit, 1)
    return periods === 1 ? moments : withChanges(moments, 0, periods - 1)
  }

  #periodsUntil(at: InstantNs): number {
    return this.#sampledAt === null ? 0 : Math.floor(elapsed(this.#sampledAt, at) / this.#everyNs)
  }
}

/** One change, as often as it came: Chan's rule for joining two samples, of which one does not vary. */
function withChanges({ count, mean, squares }: Moments, change: number, times: number): Moments {
  const joined = count + times
  const distance = change - mean
  return {
    count: joined,
    mean: mean + (distance * times) / joined,
    squares: squares + (distance * distance * count * times) / joined,
  }
}
