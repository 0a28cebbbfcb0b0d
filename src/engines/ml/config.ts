import { z } from 'zod'

export const mlConfig = z.strictObject({
  model: z
    .string()
    .min(1)
    .default('next-move-trees')
    .describe(
      'Model that predicts: next-move-logistic, next-move-trees, next-move-network, or a file by its path from where nautilus runs.',
    ),
  rowsMax: z
    .int()
    .min(1)
    .max(10_000)
    .default(1_000)
    .describe('Rows that one request by HTTP may ask for; more of them keep the engine from its messages for longer.'),
  symbolsMax: z
    .int()
    .min(1)
    .max(100_000)
    .default(2_000)
    .describe('Symbols kept; features of more symbols are counted and have no prediction.'),
})
export type MlConfig = z.output<typeof mlConfig>
