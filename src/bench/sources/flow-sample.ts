import { Random } from '../../core/random.js'
import { kolmogorovSmirnov } from '../../stats/kolmogorov-smirnov.js'

// What tells one order flow from another: the times between the events of a symbol, the spreads of its book, the sizes of
// new orders, and how many orders go without having traded. Two flows are compared by the shapes of these, because ticks,
// lots and rates differ from venue to venue: values count relative to their own mean (times) or median (spreads, sizes).

/** More values than this are sampled, all with the same chance. */
const sampleMax = 100_000
const seed = 1

type Distance = {
  readonly name: 'interArrival' | 'spread' | 'size'
  /** Kolmogorov-Smirnov; null where one of them has no values. */
  readonly distance: number | null
  readonly countA: number
  readonly countB: number
}

type FlowComparison = {
  readonly distances: readonly Distance[]
  /** Shares of the deleted orders that were never changed before; null where none was deleted. */
  readonly cancelRatio: { readonly a: number | null; readonly b: number | null }
}

export class FlowSample {
  readonly interArrivalsNs = new Reservoir('inter-arrival')
  readonly spreads = new Reservoir('spread')
  readonly sizes = new Reservoir('size')
  deleted = 0
  deletedUntouched = 0

  get cancelRatio(): number | null {
    return this.deleted === 0 ? null : this.deletedUntouched / this.deleted
  }
}

export function compareFlows(a: FlowSample, b: FlowSample): FlowComparison {
  const distance = (name: Distance['name'], of: (sample: FlowSample) => Reservoir, scale: Scale): Distance => {
    const [ofA, ofB] = [of(a), of(b)]
    const [shapeA, shapeB] = [shapeOf(ofA, scale), shapeOf(ofB, scale)]
    const isKnown = shapeA.length > 0 && shapeB.length > 0
    return { name, distance: isKnown ? kolmogorovSmirnov(shapeA, shapeB) : null, countA: ofA.count, countB: ofB.count }
  }
  return {
    distances: [
      distance('interArrival', (sample) => sample.interArrivalsNs, mean),
      distance('spread', (sample) => sample.spreads, median),
      distance('size', (sample) => sample.sizes, median),
    ],
    cancelRatio: { a: a.cancelRatio, b: b.cancelRatio },
  }
}

/** How the values of a flow are distributed, small enough to be kept: quantiles at even shares from the least to the largest. */
export type FlowFigures = {
  readonly interArrivalsNs: readonly number[]
  readonly spreads: readonly number[]
  readonly sizes: readonly number[]
  readonly cancelRatio: number | null
}

const figureSteps = 200

export function figuresOf(sample: FlowSample): FlowFigures {
  const quantiles = (values: Reservoir): number[] => {
    const sorted = values.sorted()
    const at = (step: number) => sorted[Math.round((step / figureSteps) * (sorted.length - 1))] ?? 0
    return sorted.length === 0 ? [] : Array.from({ length: figureSteps + 1 }, (_, step) => at(step))
  }
  return {
    interArrivalsNs: quantiles(sample.interArrivalsNs),
    spreads: quantiles(sample.spreads),
    sizes: quantiles(sample.sizes),
    cancelRatio: sample.cancelRatio,
  }
}

/** Values of which at most `sampleMax` are kept: Vitter's algorithm R, with a seed. */
class Reservoir {
  count = 0
  readonly #random: Random
  readonly #values: number[] = []

  constructor(name: string) {
    this.#random = Random.stream(seed, name)
  }

  add(value: number): void {
    this.count += 1
    if (this.#values.length < sampleMax) {
      this.#values.push(value)
      return
    }
    const at = this.#random.below(this.count)
    if (at < sampleMax) this.#values[at] = value
  }

  sorted(): Float64Array {
    return Float64Array.from(this.#values).sort()
  }
}

type Scale = (sorted: Float64Array) => number

const mean: Scale = (sorted) => sorted.reduce((sum, value) => sum + value, 0) / sorted.length
const median: Scale = (sorted) => sorted[sorted.length >> 1] as number

/** The values in units of their scale; none where that is 0. */
function shapeOf(values: Reservoir, scale: Scale): Float64Array {
  const sorted = values.sorted()
  const unit = sorted.length === 0 ? 0 : scale(sorted)
  return unit === 0 ? new Float64Array(0) : sorted.map((value) => value / unit)
}
