import type { Random } from '../../core/random.js'

// What a flow of level-3 events is drawn from: distributions as tables of quantiles, because those of a recording are no textbook
// ones (sizes and lifetimes come in humps, one for each program that trades) and because anyone can read such a table off a file.

/**
 * A distribution by as many of its quantiles as it takes: the shares rise from 0 to 1, and between two of them values are log-uniform,
 * or uniform where one is not above 0.
 */
export type Knots = { readonly shares: readonly number[]; readonly values: readonly number[] }

/** New orders at a distance from the best price of the other side, from below 1 on through it. */
export type Placement = {
  readonly fromTicks: number
  /** Exclusive. */
  readonly toTicks: number
  readonly share: number
  /** Events of the symbol from the creation of an order to its end. */
  readonly lifetimes: Knots
}

export type FlowShape = {
  /** Times between two events of a symbol, in units of their mean. */
  readonly gaps: Knots
  /** Of new orders, in lots: the values of many orders, and all others. */
  readonly sizes: { readonly round: readonly { readonly lots: number; readonly share: number }[]; readonly rest: Knots }
  readonly placements: readonly Placement[]
}

/** Hot path: a few times per generated event. */
export function drawn({ shares, values }: Knots, random: Random): number {
  const share = random.float()
  let segment = 1
  while ((shares[segment] as number) <= share) segment += 1
  const [below, above] = [shares[segment - 1] as number, shares[segment] as number]
  return valueBetween(values[segment - 1] as number, values[segment] as number, (share - below) / (above - below))
}

export function meanOf({ shares, values }: Knots): number {
  let sum = 0
  for (let segment = 1; segment < shares.length; segment += 1) {
    const width = (shares[segment] as number) - (shares[segment - 1] as number)
    const [low, high] = [values[segment - 1] as number, values[segment] as number]
    const mean = low > 0 && high > low ? (high - low) / Math.log(high / low) : (low + high) / 2
    sum += width * mean
  }
  return sum
}

const valueBetween = (low: number, high: number, share: number): number =>
  low > 0 ? low * (high / low) ** share : low + (high - low) * share

/** The share of the way from one value to another at which a value lies; undoes the drawing. */
export const shareBetween = (low: number, high: number, value: number): number =>
  low > 0 ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low)
