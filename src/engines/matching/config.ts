import { z } from 'zod'
import { duration } from '../../core/fields.js'

const houseConfig = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe('Whether the venue quotes around the bid and ask that an order carries, so that it can fill.'),
    levels: z.int().min(1).max(50).default(5).describe('Prices that the house quotes on each side, one tick apart.'),
    qty: z
      .int()
      .min(1)
      .max(1_000_000_000)
      .default(1_000)
      .describe('Lots that the house offers at each price; more of them fill larger orders at the touch.'),
  })
  .prefault({})

export const matchingConfig = z.strictObject({
  house: houseConfig.describe('The market maker of the venue.'),
  selfTrade: z
    .enum(['none', 'expireTaker', 'expireMaker', 'both'])
    .default('none')
    .describe('Whose order yields where two of one account would trade; none lets them trade.'),
  restingMax: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(10_000)
    .describe('Orders of accounts that may rest per symbol; past it the oldest is cancelled, with a report.'),
  symbolsMax: z
    .int()
    .min(1)
    .max(100_000)
    .default(2_000)
    .describe('Symbols that have a book; orders of more symbols are rejected.'),
  rememberMax: z
    .int()
    .min(1_000)
    .max(10_000_000)
    .default(100_000)
    .describe('Commands whose last report is kept, to answer a repeated delivery without trading twice.'),
  positionsEvery: duration
    .prefault('1s')
    .describe('Time between writes of the positions that changed; longer writes less often.'),
})
export type MatchingConfig = z.output<typeof matchingConfig>
