import { z } from 'zod'

export const featuresConfig = z.strictObject({
  windows: z
    .array(z.int().min(2).max(10_000))
    .min(1)
    .max(8)
    .default([10, 100])
    .describe(
      'Quotes of a symbol that returns and volatilities look back, a figure for each; longer ones are smoother.',
    ),
  symbolsMax: z
    .int()
    .min(1)
    .max(100_000)
    .default(2_000)
    .describe('Symbols kept; quotes of more symbols are counted and have no features.'),
})
export type FeaturesConfig = z.output<typeof featuresConfig>
