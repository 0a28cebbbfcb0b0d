import { z } from 'zod'
import { duration, share } from '../../core/fields.js'

const money = z.number().min(0).default(0)

const commodityConfig = z.strictObject({
  name: z.string().min(1).describe('Name that contracts and spreads use.'),
  calendarCharge: money.describe('Ticks x lots for each delta that stands against one of another expiry.'),
  deliveryCharge: money.describe('Ticks x lots for each lot of a contract in delivery.'),
  shortOptionMin: money.describe('Ticks x lots for each lot of an option sold, where the scenarios ask for less.'),
})

const optionConfig = z.strictObject({
  kind: z.enum(['call', 'put']).describe('Whether it is an option to buy or to sell.'),
  underlying: z.string().min(1).describe('Symbol whose mark moves the option.'),
  strike: z.int().min(1).describe('Price in ticks at which the option may be exercised.'),
  yearsToExpiry: z.number().min(0).describe('Time value grows with it; it does not pass during a run.'),
  volatilityPerYear: z.number().min(0).max(10).default(0.3).describe('Volatility by which the option is valued.'),
  volatilityRange: z
    .number()
    .min(0)
    .max(10)
    .default(0.05)
    .describe('Move of that volatility in the scenarios; a larger one asks for more of who sold options.'),
})

const contractConfig = z.strictObject({
  symbol: z.string().min(1).describe('Symbol of the contract.'),
  commodity: z.string().min(1).describe('Contracts of one commodity offset each other.'),
  expiry: z.string().default('none').describe('Of any form: contracts of one commodity and one expiry move as one.'),
  inDelivery: z.boolean().default(false).describe('Whether the delivery charge of its commodity is due.'),
  priceRange: share
    .optional()
    .describe('Move of the price in the scenarios, as share of the mark, where it is not that of all contracts.'),
  option: optionConfig.optional().describe('Makes the contract an option; without it, it is a future.'),
})
export type ContractTerms = Readonly<z.output<typeof contractConfig>>

const spreadConfig = z
  .strictObject({
    commodity: z.string().min(1).describe('Commodity of one leg.'),
    deltas: z.number().min(1e-9).default(1).describe('Deltas that one spread takes of it.'),
    against: z.string().min(1).describe('Commodity of the other leg, held on the opposite side.'),
    againstDeltas: z.number().min(1e-9).default(1).describe('Deltas that one spread takes of that.'),
    creditRate: share.describe('Share of the scan risk of both legs that is given back.'),
  })
  .refine(({ commodity, against }) => commodity !== against, 'must be of two commodities')

const assetConfig = z.strictObject({
  account: z.string().min(1).describe('Account whose collateral it is.'),
  marketValue: z.number().min(0).describe('Value in ticks x lots before the haircuts.'),
  haircut: share.prefault('0%').describe('Share of the value that does not count.'),
  currencyHaircut: share.prefault('0%').describe('The same for its currency; none for that of the requirement.'),
})

export const collateralConfig = z.strictObject({
  accounts: z
    .array(z.string().min(1))
    .default([])
    .describe('Accounts whose positions are margined; where none is named, all but the market maker of the venue.'),
  priceRange: share
    .prefault('5%')
    .describe('Move of a price in the scenarios, as share of its mark; a larger one asks for more.')
    .meta({ tune: { min: '0.1%', max: '50%', scale: 'log' } }),
  contracts: z
    .array(contractConfig)
    .max(10_000)
    .refine((list) => new Set(list.map(({ symbol }) => symbol)).size === list.length, 'must name each symbol once')
    .default([])
    .describe('Terms of contracts; a symbol that is not among them is a future, and a commodity of its own.'),
  commodities: z
    .array(commodityConfig)
    .max(1_000)
    .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, 'must name each commodity once')
    .default([])
    .describe('Charges of commodities; one that is not among them has none.'),
  spreads: z
    .array(spreadConfig)
    .max(1_000)
    .default([])
    .describe('Commodities that offset each other in part; deltas are given to the first spread first.'),
  assets: z.array(assetConfig).max(10_000).default([]).describe('What accounts have brought in as collateral.'),
  symbolsMax: z
    .int()
    .min(1)
    .max(10_000)
    .default(2_000)
    .describe('Symbols whose marks are kept; fills in more symbols are counted and left out.'),
  positionsMax: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(10_000)
    .describe('Positions kept, one for each account and symbol; fills that would open more are counted and left out.'),
  publishEvery: duration
    .prefault('1s')
    .describe('Time between messages with the accounts that changed; longer tells less often.'),
})
export type CollateralConfig = z.output<typeof collateralConfig>
