import { z } from 'zod'
import { duration, share } from '../../core/fields.js'

const riskCacheConfig = z
  .union([
    z.literal('off'),
    z.strictObject({
      entriesMax: z
        .int()
        .min(1)
        .max(1_000_000)
        .default(10_000)
        .describe('Approvals kept; beyond this the least recently used one goes.')
        .meta({ tune: { min: 100, max: 100_000, scale: 'log' } }),
      ttl: duration
        .prefault('1s')
        .describe('Longest life of an approval; a fill in its symbol ends it sooner.')
        .meta({ tune: { min: '10ms', max: '10s', scale: 'log' } }),
    }),
  ])
  .prefault({})
  .describe('Approvals by symbol, quantity and side are reused. `off` makes the whole check each time.')

export const riskConfig = z.strictObject({
  orderQtyMax: z.int().min(1).default(1_000_000).describe('Lots that one order may have.'),
  notionalMax: z
    .int()
    .min(1)
    .default(1_000_000_000_000)
    .describe('Price in ticks times quantity in lots that one order may have.'),
  positionMax: z
    .int()
    .min(0)
    .default(100_000)
    .describe('Lots that an account may hold of a symbol, long or short, with all its open orders filled.'),
  priceCollar: share.prefault('5%').describe('How far a limit may lie beyond the opposite quote, as share of it.'),
  killSwitch: z.boolean().default(false).describe('Rejects every new order; cancels pass.'),
  cache: riskCacheConfig,
  reservation: duration
    .prefault('5s')
    .describe('An approved order without any report counts as open for this long, then no more.'),
  openOrdersMax: z
    .int()
    .min(1)
    .max(10_000_000)
    .default(100_000)
    .describe('Orders that are watched at once; beyond this new orders are rejected.'),
  deadline: duration.prefault('10ms').describe('Longest time for one check; a later one is failed.'),
})
export type RiskConfig = z.output<typeof riskConfig>
