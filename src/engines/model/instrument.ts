import type { Parsed } from '../../core/units.js'
import { parseDecimal } from './decimal.js'
import { tickMax } from './price-levels.js'

/** What can be traded: how its prices become ticks and its quantities lots, and how much one order may hold. */
export type Instrument = {
  readonly symbol: string
  /** One tick is 10^-priceDecimals. */
  readonly priceDecimals: number
  /** One lot is 10^-qtyDecimals. */
  readonly qtyDecimals: number
  readonly lotsMin: number
  readonly lotsMax: number
}

/** A decimal price in ticks, or the sentence that says why it is none. */
export function parsePrice(instrument: Instrument, text: string): Parsed {
  const parsed = parseDecimal(text, instrument.priceDecimals)
  if ('problem' in parsed) return { problem: `price ${parsed.problem}` }
  if (parsed.value < 1) return { problem: `price "${text}" must be above 0` }
  if (parsed.value > tickMax) return { problem: `price "${text}" is above the highest tick` }
  return parsed
}

/** A decimal quantity in lots, or the sentence that says why it is none. */
export function parseQuantity(instrument: Instrument, text: string): Parsed {
  const parsed = parseDecimal(text, instrument.qtyDecimals)
  if ('problem' in parsed) return { problem: `quantity ${parsed.problem}` }
  if (parsed.value < instrument.lotsMin) return { problem: `quantity "${text}" is below ${instrument.lotsMin} lots` }
  if (parsed.value > instrument.lotsMax) return { problem: `quantity "${text}" is above ${instrument.lotsMax} lots` }
  return parsed
}
