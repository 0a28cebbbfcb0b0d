import { assert } from '../../core/assert.js'
import { normalCdf } from '../../stats/special-functions.js'

// What one contract loses in each of sixteen scenarios of a day: SPAN's way to ask for margin (CME, "Standard Portfolio Analysis of
// Risk"). Price stands still or moves by thirds of its range with volatility up and down; two extreme moves count by a third.

export const scenarioCount = 16

type Scenario = {
  /** In price ranges. */
  readonly priceMove: number
  /** In volatility ranges. */
  readonly volatilityMove: number
  /** The share of the loss that counts. */
  readonly covered: number
}

const extremeMove = 3
const extremeCovered = 0.33

const scenarios: readonly Scenario[] = [
  ...[0, 1 / 3, -1 / 3, 2 / 3, -2 / 3, 1, -1].flatMap((priceMove) => [
    { priceMove, volatilityMove: 1, covered: 1 },
    { priceMove, volatilityMove: -1, covered: 1 },
  ]),
  { priceMove: extremeMove, volatilityMove: 0, covered: extremeCovered },
  { priceMove: -extremeMove, volatilityMove: 0, covered: extremeCovered },
]

/** Losses of one future held long, in the unit of `priceRange`: the move of its price that is reckoned with, times its size. */
export function futureRiskArray(priceRange: number): Float64Array {
  assert(priceRange >= 0 && Number.isFinite(priceRange), 'a price range is not negative')
  return Float64Array.from(scenarios, ({ priceMove, covered }) => -priceMove * priceRange * covered)
}

/** An option on a future, by the price of the future. */
export type FutureOption = {
  readonly kind: 'call' | 'put'
  readonly price: number
  readonly strike: number
  readonly yearsToExpiry: number
  readonly volatilityPerYear: number
}

type OptionRanges = { readonly price: number; readonly volatilityPerYear: number }

/**
 * Losses of one option held long, for a contract of size one: what it is worth now less what it is worth in the scenario. A price
 * or volatility that a scenario would carry below zero stays above it.
 */
export function optionRiskArray(option: FutureOption, ranges: OptionRanges): Float64Array {
  const now = optionValue(option)
  return Float64Array.from(scenarios, ({ priceMove, volatilityMove, covered }) => {
    const moved = optionValue({
      ...option,
      price: Math.max(Number.MIN_VALUE, option.price + priceMove * ranges.price),
      volatilityPerYear: Math.max(0, option.volatilityPerYear + volatilityMove * ranges.volatilityPerYear),
    })
    return (now - moved) * covered
  })
}

/** Value by Black's formula ("The pricing of commodity contracts", 1976), not discounted: the option is margined daily. */
export function optionValue(option: FutureOption): number {
  const { kind, price, strike } = option
  assert(price > 0 && strike > 0, 'a price and a strike are positive')
  const side = kind === 'call' ? 1 : -1
  const { spread, d1 } = distances(option)
  if (spread === 0) return Math.max(0, side * (price - strike))
  return side * (price * normalCdf(side * d1) - strike * normalCdf(side * (d1 - spread)))
}

/** Change of value with the price of the future: between 0 and 1 for a call, between -1 and 0 for a put. */
export function optionDelta(option: FutureOption): number {
  const side = option.kind === 'call' ? 1 : -1
  const { spread, d1 } = distances(option)
  if (spread === 0) return side * (option.price - option.strike) > 0 ? side : 0
  return side * normalCdf(side * d1)
}

function distances({ price, strike, yearsToExpiry, volatilityPerYear }: FutureOption): { spread: number; d1: number } {
  assert(yearsToExpiry >= 0 && volatilityPerYear >= 0, 'a span and a volatility are not negative')
  const spread = volatilityPerYear * Math.sqrt(yearsToExpiry)
  return { spread, d1: Math.log(price / strike) / spread + spread / 2 }
}
