import { z } from 'zod'
import { dailyVolumeFields } from '../quant/daily-volume.js'

export const enhancedVpinConfig = z.strictObject({
  ...dailyVolumeFields,
  bucketsPerDay: z
    .array(z.int().min(1).max(100_000))
    .min(1)
    .max(8)
    .default([25, 50, 100])
    .describe(
      'Buckets into which an average day is cut, one size of bucket for each; more are smaller and tell sooner.',
    ),
  buckets: z
    .int()
    .min(1)
    .max(10_000)
    .default(50)
    .describe('Buckets that one figure spans; more of them make it smoother, and ready later.')
    .meta({ tune: { min: 5, max: 500, scale: 'log' } }),
  historyMax: z
    .int()
    .min(1)
    .max(100_000)
    .default(1_000)
    .describe(
      'Earlier figures of the same symbol and size that the newest is ranked among; more of them forget later.',
    ),
  symbolsMax: z
    .int()
    .min(1)
    .max(100_000)
    .default(2_000)
    .describe('Symbols kept; trades of more symbols are counted and left out.'),
})
export type EnhancedVpinConfig = z.output<typeof enhancedVpinConfig>
