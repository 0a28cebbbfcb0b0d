import { z } from 'zod'
import { duration, positiveDuration } from '../../core/fields.js'

export const portfolioConfig = z.strictObject({
  accounts: z
    .array(z.string().min(1))
    .default([])
    .describe('Accounts whose positions are kept; where none is named, all but the market maker of the venue.'),
  symbolsMax: z
    .int()
    .min(1)
    .max(100_000)
    .default(2_000)
    .describe('Symbols whose marks are kept; fills in more symbols are counted and left out.'),
  positionsMax: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(10_000)
    .describe('Positions kept, one for each account and symbol; fills that would open more are counted and left out.'),
  confidence: z
    .number()
    .min(0.5)
    .max(0.999)
    .default(0.95)
    .describe(
      'Share of the periods in which the loss stays below the value at risk; a higher one looks further into the tail.',
    ),
  returnEvery: positiveDuration
    .prefault('1s')
    .describe('Length of a period of the value at risk; longer ones hold larger losses.'),
  returnsMax: z
    .int()
    .min(2)
    .max(10_000)
    .default(500)
    .describe(
      'Last periods that the value at risk is made of; more remember longer, in 8 bytes each for every symbol.',
    ),
  publishEvery: duration
    .prefault('1s')
    .describe('Time between messages with the positions that changed; longer tells less often.'),
})
export type PortfolioConfig = z.output<typeof portfolioConfig>
