import { z } from 'zod'
import { duration } from '../../core/fields.js'

export const strategyConfig = z.strictObject({
  threshold: z
    .number()
    .min(0)
    .max(10)
    .default(0.04)
    .describe('Distance of alpha from 0, in standard deviations, from which on an order is sent; higher trades less.')
    .meta({ tune: { min: 0, max: 3 } }),
  inventoryAversion: z
    .number()
    .min(0)
    .max(10)
    .default(0.05)
    .describe('Taken off alpha for each order of net position in the symbol: higher keeps positions smaller.')
    .meta({ tune: { min: 0, max: 1 } }),
  warmup: z.int().min(0).default(2).describe('Signals of a symbol that pass before its first order.'),
  qty: z.int().min(1).max(1_000_000_000).default(10).describe('Lots of each order.'),
  timeInForce: z
    .enum(['ioc', 'gtc'])
    .default('ioc')
    .describe('`ioc` cancels what does not fill at once, `gtc` leaves it in the book.'),
  crossTicks: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(1)
    .describe('Ticks by which the limit goes beyond the opposite quote; more fills more surely, at a worse price.'),
  account: z.string().min(1).default('desk').describe('Account in whose name orders are sent.'),
  deadline: duration.prefault('20ms').describe('Longest time for one decision; a later one is failed.'),
})
export type StrategyConfig = z.output<typeof strategyConfig>
