import { assert } from '../../core/assert.js'
import { at } from './columns.js'

// Volume-synchronised probability of informed trading (Easley, López de Prado and O'Hara, "Flow toxicity and liquidity in a
// high-frequency world", 2012). Trading is cut into buckets of one volume V; over the last n full ones
//
//   VPIN = sum |V_sell - V_buy| / (n V),  between 0 and 1.
//
// What fills a bucket's edge is split over it, and a large trade fills several. Nothing is told before n buckets are full, and
// the one that is filling does not count.

type VpinOptions = {
  /** V, the volume of a bucket: by custom a fiftieth of the average of a day. */
  readonly bucketVolume: number
  /** n, how many buckets one figure spans: by custom 50. */
  readonly buckets: number
  /** How many earlier figures the newest is ranked among. */
  readonly historyMax: number
}

/** One bucket size. Owns its buffers; volumes are of any one unit. */
export class Vpin {
  readonly #bucketVolume: number
  /** |V_sell - V_buy| of the last n full buckets, and the place of the next one. */
  readonly #imbalances: Float64Array
  #next = 0
  #filled = 0
  #filling = 0
  #buying = 0
  /** The figures of earlier full buckets, the newest one among them. */
  readonly #history: Float64Array
  #figures = 0
  #value = Number.NaN

  constructor({ bucketVolume, buckets, historyMax }: VpinOptions) {
    assert(bucketVolume > 0 && Number.isFinite(bucketVolume), 'a bucket has a volume')
    assert(Number.isInteger(buckets) && buckets >= 1, 'a figure spans buckets')
    assert(Number.isInteger(historyMax) && historyMax >= 1, 'a figure has a history')
    this.#bucketVolume = bucketVolume
    this.#imbalances = new Float64Array(buckets)
    this.#history = new Float64Array(historyMax + 1)
  }

  /** How many buckets are full since the start. */
  get bucketCount(): number {
    return this.#filled
  }

  /** The figure as of the last full bucket; undefined before there are enough. */
  get value(): number | undefined {
    return this.#figures === 0 ? undefined : this.#value
  }

  /** How many earlier figures the rank is taken among: what it is worth. */
  get historyCount(): number {
    return Math.max(0, Math.min(this.#figures, this.#history.length) - 1)
  }

  /**
   * The share of its own earlier figures which the newest one exceeds, those equal to it counted by half; undefined where there
   * is no earlier one. Takes one pass over the history.
   */
  get percentileRank(): number | undefined {
    const count = this.historyCount
    if (count === 0) return undefined
    // The newest figure equals itself, which is taken off at the end.
    let halves = -1
    for (let index = 0; index <= count; index += 1) {
      const figure = at(this.#history, index)
      if (figure < this.#value) halves += 2
      else if (figure === this.#value) halves += 1
    }
    return halves / (2 * count)
  }

  /**
   * Takes in traded volume of which a share was bought by aggressors: 1 or 0 for a trade whose aggressor is known. Hot path: no
   * allocation; guarded by the component case `vpin.update`.
   */
  add(volume: number, buyShare: number): void {
    assert(volume >= 0 && Number.isFinite(volume), 'a volume is not negative')
    assert(buyShare >= 0 && buyShare <= 1, 'a share lies between 0 and 1')
    const room = this.#bucketVolume - this.#filling
    if (volume < room) {
      this.#filling += volume
      this.#buying += volume * buyShare
      return
    }
    this.#close(this.#buying + room * buyShare)
    const left = volume - room
    const whole = Math.floor(left / this.#bucketVolume)
    // Once all buckets and all of the history are of this one trade, more of the same changes nothing.
    const closing = Math.min(whole, this.#imbalances.length + this.#history.length)
    for (let bucket = 0; bucket < closing; bucket += 1) this.#close(this.#bucketVolume * buyShare)
    this.#filled += whole - closing
    // The quotient may have rounded up to the whole.
    this.#filling = Math.max(0, left - whole * this.#bucketVolume)
    this.#buying = this.#filling * buyShare
  }

  #close(bought: number): void {
    const { length } = this.#imbalances
    this.#imbalances[this.#next] = Math.abs(this.#bucketVolume - 2 * bought)
    this.#next = (this.#next + 1) % length
    this.#filled += 1
    if (this.#filled < length) return
    // Summed anew: a running sum would gather the rounding of all buckets that ever were.
    let sum = 0
    for (let index = 0; index < length; index += 1) sum += at(this.#imbalances, index)
    this.#value = Math.min(1, sum / (length * this.#bucketVolume))
    this.#history[this.#figures % this.#history.length] = this.#value
    this.#figures += 1
  }
}

/**
 * "Enhanced" VPIN: trades by their true aggressor, in several bucket sizes at once, each with the rank of its figure in its own
 * history, because how high a figure is depends on the size.
 */
export class EnhancedVpin {
  readonly sizes: readonly Vpin[]

  constructor(bucketVolumes: readonly number[], options: Omit<VpinOptions, 'bucketVolume'>) {
    assert(bucketVolumes.length >= 1, 'there is a bucket size')
    this.sizes = bucketVolumes.map((bucketVolume) => new Vpin({ ...options, bucketVolume }))
  }

  /** Hot path: once a trade. */
  trade(volume: number, aggressor: 'buy' | 'sell'): void {
    const buyShare = aggressor === 'buy' ? 1 : 0
    for (const size of this.sizes) size.add(volume, buyShare)
  }
}
