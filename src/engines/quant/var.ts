import { assert, assertNever } from '../../core/assert.js'
import { NautilusError } from '../../core/errors.js'
import { at } from './columns.js'
import { invalidSample } from './invalid-sample.js'
import type { Backend } from './kernel-backends.js'
import type { TailSelection } from './kernels.js'

// Historical value at risk and expected shortfall of returns r, x_(1) <= x_(2) <= ... when sorted. Losses are positive, a is one
// less the confidence. A convention is a pair, so that the shortfall is never below the value at risk:
//
//                  value at risk                      expected shortfall
//   acerbi-tasche  -x_(ceil(n a))                     -(sum of the floor(n a) worst + (n a - floor(n a)) x_(floor(n a) + 1)) / (n a)
//   linear         -quantile at h = (n - 1) a         -mean of r <= that quantile
//   quantlib       -x_(ceil(n a))                     -mean of r below that point; an error where there is none
//
// The first is coherent (Acerbi and Tasche, "On the coherence of expected shortfall", 2002). The quantiles are types 1 and 7 of
// Hyndman and Fan (1996). The third is QuantLib's `RiskStatistics`, but for its floor of zero: here a sure gain is a negative loss.

export const varConventions = ['acerbi-tasche', 'linear', 'quantlib'] as const
export type VarConvention = (typeof varConventions)[number]

/** Both figures are losses as shares of one; a negative one is a gain. */
export type HistoricalRisk = {
  readonly convention: VarConvention
  readonly confidence: number
  readonly backend: Backend
  readonly valueAtRisk: number
  readonly expectedShortfall: number
}

type HistoricalOptions = { readonly confidence: number; readonly convention?: VarConvention }

/**
 * Value at risk and expected shortfall of simple returns at a confidence such as 0.95. Throws where there is no return or one is
 * not finite. Hot path: allocates the result alone; guarded by the component case `var.historical`.
 */
export function historicalRisk(
  selection: TailSelection,
  returns: Float64Array,
  { confidence, convention = 'acerbi-tasche' }: HistoricalOptions,
): HistoricalRisk {
  assert(confidence > 0 && confidence < 1, 'a confidence lies between 0 and 1')
  if (returns.length === 0) throw invalidSample(returns)
  switch (convention) {
    case 'acerbi-tasche':
      return acerbiTasche(selection, returns, confidence)
    case 'linear':
      return linear(selection, returns, confidence)
    case 'quantlib':
      return quantlib(selection, returns, confidence)
    default:
      return assertNever(convention)
  }
}

function acerbiTasche(selection: TailSelection, returns: Float64Array, confidence: number): HistoricalRisk {
  const tailLength = wholeWhereNear(returns.length * (1 - confidence), returns.length)
  const count = Math.ceil(tailLength)
  selection.selectSmallest(returns, count)
  const point = at(selection.tail, count - 1)
  const sum = sumOf(selection.tail, count - 1) + (tailLength - (count - 1)) * point
  return resultOf(selection.backend, 'acerbi-tasche', confidence, point, sum / tailLength)
}

function linear(selection: TailSelection, returns: Float64Array, confidence: number): HistoricalRisk {
  const position = wholeWhereNear((returns.length - 1) * (1 - confidence), returns.length)
  const below = Math.floor(position)
  const weight = position - below
  const count = weight === 0 ? below + 1 : below + 2
  selection.selectSmallest(returns, count)
  const upper = at(selection.tail, count - 1)
  const lower = weight === 0 ? upper : largestOf(selection.tail, count - 1)
  const quantile = lower + (upper - lower) * weight
  // Where the next value is above the quantile, what lies up to it has been selected; else equal ones may lie outside.
  const mean = upper > quantile ? sumOf(selection.tail, count - 1) / (count - 1) : meanUpTo(returns, quantile)
  return resultOf(selection.backend, 'linear', confidence, quantile, mean)
}

function quantlib(selection: TailSelection, returns: Float64Array, confidence: number): HistoricalRisk {
  const count = Math.ceil(wholeWhereNear(returns.length * (1 - confidence), returns.length))
  selection.selectSmallest(returns, count)
  const { tail } = selection
  const point = at(tail, count - 1)
  let sum = 0
  let beyond = 0
  for (let index = 0; index < count - 1; index += 1) {
    if (at(tail, index) >= point) continue
    sum += at(tail, index)
    beyond += 1
  }
  if (beyond === 0) {
    throw new NautilusError('SOURCE_INVALID', `returns: no loss of ${returns.length} lies beyond the value at risk`, {
      hint: 'Give more returns, lower the confidence, or ask for the convention acerbi-tasche.',
    })
  }
  return resultOf(selection.backend, 'quantlib', confidence, point, sum / beyond)
}

function resultOf(
  backend: Backend,
  convention: VarConvention,
  confidence: number,
  point: number,
  tailMean: number,
): HistoricalRisk {
  // The mean of equal values may round past them.
  return { convention, confidence, backend, valueAtRisk: -point, expectedShortfall: -Math.min(point, tailMean) }
}

/**
 * A position in a sample of `count`, without the rounding of the confidence: 10 (1 - 0.9) is one, though 1 - 0.9 is
 * 0.09999999999999998. Never zero: a tail holds some part of the worst loss.
 */
function wholeWhereNear(position: number, count: number): number {
  const whole = Math.round(position)
  return Math.abs(position - whole) <= count * Number.EPSILON && (whole > 0 || position === 0) ? whole : position
}

function sumOf(values: Float64Array, count: number): number {
  let sum = 0
  for (let index = 0; index < count; index += 1) sum += at(values, index)
  return sum
}

function largestOf(values: Float64Array, count: number): number {
  let largest = at(values, 0)
  for (let index = 1; index < count; index += 1) if (at(values, index) > largest) largest = at(values, index)
  return largest
}

function meanUpTo(values: Float64Array, limit: number): number {
  let sum = 0
  let count = 0
  for (let index = 0; index < values.length; index += 1) {
    if (at(values, index) > limit) continue
    sum += at(values, index)
    count += 1
  }
  return sum / count
}
