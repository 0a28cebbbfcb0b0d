import { z } from 'zod'

export const marketDataConfig = z.strictObject({
  ordersMax: z
    .int()
    .min(1)
    .max(10_000_000)
    .default(200_000)
    .describe('Live orders kept per symbol; what a feed adds beyond is counted and left out of the book.'),
  symbolsMax: z
    .int()
    .min(1)
    .max(100_000)
    .default(2_000)
    .describe('Symbols kept; events of more symbols fail, so that a broken feed cannot fill the memory.'),
})
export type MarketDataConfig = z.output<typeof marketDataConfig>
