import { z } from 'zod'
import { positiveDuration } from '../../core/fields.js'
import { styleFactors } from './raw-exposures.js'

export const factorConfig = z.strictObject({
  assets: z
    .int()
    .min(styleFactors.length + 3)
    .max(1_000)
    .default(60)
    .describe('Symbols of the cross-section; quotes of further symbols are counted and left out.'),
  period: positiveDuration
    .prefault('1s')
    .describe('Time over which returns are taken and explained; longer ones are fewer and less noisy.')
    .meta({ tune: { min: '100ms', max: '1m', scale: 'log' } }),
  lookback: z
    .int()
    .min(2)
    .max(10_000)
    .default(100)
    .describe('Quotes of a symbol that the averages behind its exposures look back; longer ones change slower.')
    .meta({ tune: { min: 10, max: 1_000, scale: 'log' } }),
  winsorShare: z
    .number()
    .min(0)
    .max(0.4)
    .default(0.05)
    .describe(
      'Share of the symbols at either end whose raw exposures are set to the value at that share; 0 keeps all.',
    ),
  weights: z
    .enum(['depth', 'equal'])
    .default('depth')
    .describe('`depth` trusts symbols by the root of the depth at their top of the book, `equal` trusts all alike.'),
})
export type FactorConfig = z.output<typeof factorConfig>
