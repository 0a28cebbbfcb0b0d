import { z } from 'zod'
import { positiveDuration } from '../../core/fields.js'

export const analyticsConfig = z.strictObject({
  accounts: z
    .array(z.string().min(1))
    .default([])
    .describe('Accounts whose fills are judged together; where none is named, all but the market maker of the venue.'),
  sampleEvery: positiveDuration
    .prefault('1s')
    .describe('Period of the profits that the Sharpe ratio is made of; longer ones are fewer and less noisy.'),
  tradingYear: positiveDuration
    .prefault('1638h')
    .describe('Trading time of a year, to annualise the Sharpe ratio: 252 days of 6.5 hours unless changed.'),
  ordersMax: z
    .int()
    .min(1)
    .max(10_000_000)
    .default(100_000)
    .describe('Live orders whose arrival price is kept; fills of more orders have no slippage, and are counted.'),
  symbolsMax: z
    .int()
    .min(1)
    .max(100_000)
    .default(2_000)
    .describe('Symbols kept; ticks and fills of more symbols are counted and left out.'),
  publishEvery: positiveDuration
    .prefault('1s')
    .describe('Time between messages with the figures that changed; longer tells less often.'),
})
export type AnalyticsConfig = z.output<typeof analyticsConfig>
