import { assert } from '../../core/assert.js'
import { Random } from '../../core/random.js'
import { nsPerSec } from '../../core/units.js'
import { FlowBook } from './flow-book.js'
import { drawn, type FlowShape, meanOf } from './flow-shape.js'
import type { TimedEvent } from './market-generator.js'
import { recordedFlow } from './recorded-flow.js'

// Level-3 events in the shape of a recorded market, drawn from a seed. The generator that profiles send stays another one
// (`market-generator.ts`): its spreads of a tick and its pace are what the budgets and baselines of the profiles were measured with.

type FlowOptions = {
  readonly seed: number
  readonly symbols: readonly string[]
  /** Of all symbols together, on the mean. */
  readonly ratePerSec: number
  readonly shape?: FlowShape
}

const anchorTicksMin = 20_000
const anchorTicksMax = 60_000

/** Decimals of the recorded market, in which ticks and lots of the flow are told. */
export const calibratedDecimals = { priceDecimals: 2, qtyDecimals: 8 } as const

export class CalibratedFlow {
  readonly #books: readonly FlowBook[]
  readonly #gaps: FlowShape['gaps']
  readonly #gapNs: number
  readonly #times: Random
  readonly #nextAtNs: Float64Array
  #nextId = 1

  constructor({ seed, symbols, ratePerSec, shape = recordedFlow }: FlowOptions) {
    assert(symbols.length > 0 && ratePerSec > 0, 'a flow has a symbol and a rate')
    const anchors = Random.stream(seed, 'flow.anchors')
    this.#books = symbols.map((symbol, index) => {
      const anchorTicks = anchorTicksMin + anchors.below(anchorTicksMax - anchorTicksMin)
      return new FlowBook({ symbol, shape, random: Random.stream(seed, `flow.book.${index}`), anchorTicks })
    })
    this.#gaps = shape.gaps
    this.#gapNs = (symbols.length * nsPerSec) / ratePerSec / meanOf(shape.gaps)
    this.#times = Random.stream(seed, 'flow.times')
    this.#nextAtNs = Float64Array.from(symbols, () => this.#drawGap())
  }

  /** Hot path: once per generated event. */
  next(): TimedEvent {
    let first = 0
    for (let symbol = 1; symbol < this.#nextAtNs.length; symbol += 1) {
      if ((this.#nextAtNs[symbol] as number) < (this.#nextAtNs[first] as number)) first = symbol
    }
    const atNs = this.#nextAtNs[first] as number
    this.#nextAtNs[first] = atNs + this.#drawGap()
    return { event: (this.#books[first] as FlowBook).next(this.#takeId), atNs }
  }

  #drawGap(): number {
    return Math.round(this.#gapNs * drawn(this.#gaps, this.#times))
  }

  readonly #takeId = (): number => {
    this.#nextId += 1
    return this.#nextId - 1
  }
}
