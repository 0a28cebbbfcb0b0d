import { z } from 'zod'
import type { MarketDataComparison, MarketDataInfo, WrittenMarketData } from './market-data.js'
import { dataComparisonId, dataFileId, dataInfoId } from './schema-ids.js'

// What `nautilus data --json` prints, as `json-schemas.ts` has it of the other commands.

const count = z.int().min(0)
const share = z.number().nullable()
const ignored = z.record(z.string(), count).describe('Records that change no book, by what they are.')

/** `data info --json`. */
export const dataInfo = z.strictObject({
  schema: z.literal(dataInfoId),
  file: z.string(),
  format: z.string(),
  priceDecimals: count.describe('A tick is 10^-priceDecimals.'),
  qtyDecimals: count.describe('A lot is 10^-qtyDecimals.'),
  events: count,
  byAction: z.strictObject({ created: count, changed: count, deleted: count }),
  clock: z.enum(['epoch', 'midnight', 'relative']).describe('What `firstMs` counts from.'),
  firstMs: z.number().nullable().describe('Null where the file has no times.'),
  spanNs: z.number().nullable(),
  unknown: z
    .strictObject({ total: count, changed: count, deleted: count })
    .describe('Events of orders or levels that the file has not entered; `total` has also those of no event.'),
  duplicates: count.describe('New orders with the id of a live one.'),
  ignored,
  gaps: count.describe('Places where the chain of updates is broken.'),
  firstGapAt: z.string().nullable(),
  crossedShare: z.number().describe('Of the events, those after which the book of their symbol is crossed or locked.'),
  liveOrdersMax: count.describe('Largest number of orders that were live at once in one book.'),
  symbolCount: count,
  symbolsWithoutBook: count,
  symbols: z
    .array(
      z.strictObject({
        symbol: z.string(),
        events: count,
        liveOrders: count,
        bidOrders: count,
        askOrders: count,
        bidLevels: count,
        askLevels: count,
        bestBid: z.string().nullable().describe('Decimal; null where the side is empty.'),
        bestAsk: z.string().nullable(),
      }),
    )
    .describe('The books as the file leaves them, the most active first.'),
  book: z
    .strictObject({ rows: count, agreed: count, firstDifference: z.string().nullable() })
    .nullable()
    .describe('Where `--book` was given: rows of it whose best prices and quantities are those of the rebuilt book.'),
}) satisfies z.ZodType<MarketDataInfo, unknown>

/** `data info --compare --json`. */
export const dataComparison = z.strictObject({
  schema: z.literal(dataComparisonId),
  statistic: z.literal('Kolmogorov-Smirnov distance'),
  a: z.string(),
  b: z.string(),
  distances: z.array(
    z.strictObject({
      name: z.enum(['interArrival', 'spread', 'size']),
      distance: share.describe('0 for the same shape, 1 for shapes that share nothing; null where one has no values.'),
      countA: count,
      countB: count,
    }),
  ),
  cancelRatio: z
    .strictObject({ a: share, b: share })
    .describe('Of the orders that were deleted, those that were not changed before.'),
}) satisfies z.ZodType<MarketDataComparison, unknown>

/** `data convert --json` and `data generate --json`. */
export const dataFile = z.strictObject({
  schema: z.literal(dataFileId),
  file: z.string(),
  events: count,
  symbols: count,
  unknownIds: count
    .nullable()
    .describe('Left out; null where the format leaves them to a book, and their events are written like all others.'),
  gaps: count,
  ignored,
}) satisfies z.ZodType<WrittenMarketData, unknown>
