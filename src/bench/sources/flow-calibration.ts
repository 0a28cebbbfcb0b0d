import { NautilusError } from '../../core/errors.js'
import { type FlowShape, type Knots, type Placement, shareBetween } from '../../engines/model/flow-shape.js'
import { Level3Book } from '../../engines/model/level-3-book.js'
import type { MarketRow } from './formats/format.js'
import { ordersMax } from './formats/live-orders.js'

// Reads the shape of a flow off the events of one recorded symbol: `npm run calibrate -- FILE` writes it as a table of code.

type Placed = { readonly distanceTicks: number; readonly bornAt: number; lifetimeEvents: number | null }

/** New orders of the beginning, while the book still fills, tell no distances. */
const fillingOrders = 400
/** A size that at least this share of the orders have is one of its own. */
const roundShareMin = 0.01
/** Distances from the best price of the other side, in ticks; those beyond the ends belong to the first and the last band. */
const bandEdges = [-50, 1, 6, 10, 14, 18, 22, 26, 30, 40, 50, 70, 130, 170, 230, 300, 500, 1_000, 2_000, 3_000]
/** What the share of a value may be off by: distributions that flows are compared by, and those of single bands. */
const fineTolerance = 0.01
const coarseTolerance = 0.04
const stepCount = 200
const digits = 4

export class FlowCalibration {
  readonly #book = new Level3Book(ordersMax)
  readonly #gapsNs: number[] = []
  readonly #sizes: number[] = []
  readonly #placed: Placed[] = []
  readonly #open = new Map<number, Placed>()
  #symbol: string | null = null
  #events = 0
  #lastNs: number | null = null

  take(row: MarketRow, atNs: number | null): void {
    this.#symbol ??= row.symbol
    if (row.symbol !== this.#symbol) {
      throw new NautilusError(
        'SOURCE_INVALID',
        `the file has the symbols ${this.#symbol} and ${row.symbol}, expected one`,
        {
          hint: 'Give a file with the events of a single symbol.',
        },
      )
    }
    this.#events += 1
    if (atNs !== null && this.#lastNs !== null) this.#gapsNs.push(atNs - this.#lastNs)
    this.#lastNs = atNs
    const { bestBid, bestAsk } = this.#book
    if (this.#book.apply(row) !== 'applied') return
    if (row.action === 'created') this.#created(row, { bestBid, bestAsk })
    else if (row.action === 'deleted') this.#deleted(row.orderId)
  }

  shape(): FlowShape {
    if (this.#gapsNs.length === 0 || this.#placed.length === 0) {
      const missing = this.#gapsNs.length === 0 ? 'times' : `new orders after the first ${fillingOrders}`
      throw new NautilusError('SOURCE_INVALID', `the file has no ${missing}, expected those of a flow`, {
        hint: 'Give a file whose events have times, and with some thousand new orders.',
      })
    }
    const mean = this.#gapsNs.reduce((sum, gap) => sum + gap, 0) / this.#gapsNs.length
    return {
      gaps: knotsOf(
        this.#gapsNs.map((gap) => gap / mean),
        fineTolerance,
      ),
      sizes: sizesOf(this.#sizes),
      placements: this.#placements(),
    }
  }

  #created(row: MarketRow, { bestBid, bestAsk }: { readonly bestBid: number; readonly bestAsk: number }): void {
    this.#sizes.push(row.qty)
    const other = row.side === 'buy' ? bestAsk : bestBid
    if (other === 0 || this.#sizes.length <= fillingOrders) return
    const distanceTicks = row.side === 'buy' ? other - row.price : row.price - other
    const placed: Placed = { distanceTicks, bornAt: this.#events, lifetimeEvents: null }
    this.#placed.push(placed)
    this.#open.set(row.orderId, placed)
  }

  #deleted(orderId: number): void {
    const placed = this.#open.get(orderId)
    if (placed === undefined) return
    placed.lifetimeEvents = this.#events - placed.bornAt
    this.#open.delete(orderId)
  }

  #placements(): Placement[] {
    return bandEdges.slice(1).flatMap((toTicks, index) => {
      const fromTicks = bandEdges[index] as number
      const from = index === 0 ? Number.NEGATIVE_INFINITY : fromTicks
      const to = index === bandEdges.length - 2 ? Number.POSITIVE_INFINITY : toTicks
      const within = this.#placed.filter(({ distanceTicks }) => distanceTicks >= from && distanceTicks < to)
      if (within.length === 0) return []
      // An order that outlives the file has lived for as long at least.
      const lifetimes = within.map(({ lifetimeEvents, bornAt }) => lifetimeEvents ?? this.#events - bornAt)
      return [
        {
          fromTicks,
          toTicks,
          share: rounded(within.length / this.#placed.length),
          lifetimes: knotsOf(lifetimes, coarseTolerance),
        },
      ]
    })
  }
}

function sizesOf(sizes: readonly number[]): FlowShape['sizes'] {
  const counts = new Map<number, number>()
  for (const size of sizes) counts.set(size, (counts.get(size) ?? 0) + 1)
  const isRound = (size: number): boolean => (counts.get(size) ?? 0) >= roundShareMin * sizes.length
  const round = [...counts]
    .filter(([size]) => isRound(size))
    .map(([lots, count]) => ({ lots, share: rounded(count / sizes.length) }))
  return {
    round: round.sort((a, b) => b.share - a.share),
    rest: knotsOf(
      sizes.filter((size) => !isRound(size)),
      fineTolerance,
    ),
  }
}

/** As few quantiles as tell the share of every value to within a tolerance. */
function knotsOf(values: readonly number[], tolerance: number): Knots {
  const sorted = Float64Array.from(values).sort()
  const valueAt = (step: number): number => sorted[Math.round((step / stepCount) * (sorted.length - 1))] ?? 0
  const isStraight = (from: number, to: number): boolean => {
    const [low, high] = [valueAt(from), valueAt(to)]
    for (let step = from + 1; step < to && high > low; step += 1) {
      const guess = from + (to - from) * shareBetween(low, high, valueAt(step))
      if (Math.abs(guess - step) > tolerance * stepCount) return false
    }
    return true
  }
  const steps = [0]
  for (let from = 0; from < stepCount; from = steps.at(-1) as number) {
    let to = from + 1
    while (to < stepCount && isStraight(from, to + 1)) to += 1
    steps.push(to)
  }
  return { shares: steps.map((step) => step / stepCount), values: steps.map((step) => rounded(valueAt(step))) }
}

const rounded = (value: number): number => Number(value.toPrecision(digits))
