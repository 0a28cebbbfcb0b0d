import { z } from 'zod'
import { duration } from '../../core/fields.js'
import { batchConfig, breakerConfig, pacingConfig } from '../../platform/flow/config.js'

const instrumentConfig = z.strictObject({
  symbol: z.string().min(1).max(64).describe('Name that orders use.'),
  priceDecimals: z.int().min(0).max(12).default(2).describe('Decimals of a price; one tick is the last of them.'),
  qtyDecimals: z.int().min(0).max(12).default(6).describe('Decimals of a quantity; one lot is the last of them.'),
  lotsMin: z.int().min(1).default(1).describe('Smallest quantity of an order, in lots.'),
  lotsMax: z.int().min(1).default(1_000_000_000).describe('Largest quantity of an order, in lots.'),
})

export const orderGatewayConfig = z.strictObject({
  batch: batchConfig,
  pacing: z
    .strictObject({
      orderPlacement: pacingConfig
        .prefault({ rate: '1500/s', burst: 100 })
        .describe('Token bucket of calls to the venue; one batch is one call. `off` admits every call.'),
      queueMax: z
        .int()
        .min(1)
        .max(1_000_000)
        .default(1_000)
        .describe('Batches that may wait for a token; the orders of a further one fail.'),
    })
    .prefault({})
    .describe('How fast the gateway calls the venue.'),
  breaker: breakerConfig,
  placementTimeout: duration
    .prefault('100ms')
    .describe('A placed order without its report by then has failed; a hung venue blocks nobody.')
    .meta({ tune: { min: '10ms', max: '1s', scale: 'log' } }),
  inFlightMax: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(10_000)
    .describe('Orders that may be accepted and not yet answered; further ones fail at once.'),
  rememberedOrders: z
    .int()
    .min(1_000)
    .max(10_000_000)
    .default(100_000)
    .describe(
      'Order ids that are remembered, so that a repeated order is not placed twice; orders by HTTP that may rest at once, beyond which new ones are refused; and named ones that are done, of which the oldest is forgotten.',
    ),
  acknowledge: z
    .enum(['received'])
    .default('received')
    .describe('What an accepted order survives: `received` lies in the memory of the bus and is lost with its host.'),
  account: z.string().min(1).max(64).default('client').describe('Account in whose name HTTP orders are placed.'),
  instruments: z
    .array(instrumentConfig)
    .min(1)
    .max(1_000)
    .prefault([{ symbol: 'BTC-USDT' }])
    .describe('What can be ordered by HTTP, and how its decimals become ticks and lots.'),
  idempotency: z
    .strictObject({
      keysMax: z.int().min(1).max(1_000_000).default(10_000).describe('Idempotency keys that are remembered at once.'),
      ttl: duration.prefault('10m').describe('Time after which a key may be used for another order.'),
    })
    .prefault({})
    .describe('Memory of `Idempotency-Key`; each gateway has its own.'),
})
export type OrderGatewayConfig = z.output<typeof orderGatewayConfig>
