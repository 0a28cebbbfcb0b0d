import { z } from 'zod'
import { duration } from '../../core/fields.js'
import { dailyVolumeFields } from '../quant/daily-volume.js'

export const vpinConfig = z.strictObject({
  ...dailyVolumeFields,
  bucketVolume: z
    .union([z.literal('daily'), z.int().min(1)])
    .default('daily')
    .describe(
      'Lots of a bucket: larger ones tell less often and are smoother. `daily` is a fiftieth of the average daily volume.',
    ),
  buckets: z
    .int()
    .min(1)
    .max(10_000)
    .default(50)
    .describe('Buckets that one figure spans; more of them make it smoother, and ready later.')
    .meta({ tune: { min: 5, max: 500, scale: 'log' } }),
  bar: duration
    .prefault('1s')
    .describe('Trades of a symbol within this time are classified together, by one change of price.')
    .meta({ tune: { min: '100ms', max: '1m', scale: 'log' } }),
  deviationBars: z
    .int()
    .min(2)
    .max(10_000)
    .default(50)
    .describe('Bars that the deviation of price changes looks back; more of them make it change slower.'),
  symbolsMax: z
    .int()
    .min(1)
    .max(100_000)
    .default(2_000)
    .describe('Symbols kept; trades of more symbols are counted and left out.'),
})
export type VpinConfig = z.output<typeof vpinConfig>
