import { z } from 'zod'
import { assertNever } from '../../core/assert.js'
import { formatDecimal } from '../model/decimal.js'
import { type Instrument, parsePrice, parseQuantity } from '../model/instrument.js'
import type { ExecutionReport, NewOrder } from '../model/messages.js'

// An order as HTTP carries it, and the answer. Decimals are strings: a JSON number has already been rounded to a double by
// the time it is read, so 0.1 + 0.2 would be an order for 0.30000000000000004.

const decimalField = (example: string) =>
  z
    .string({
      error: (issue) =>
        typeof issue.input === 'number'
          ? `must be a decimal string, not a number: write "${example}" in quotes`
          : `must be a decimal string such as "${example}"`,
    })
    .min(1)
    .max(40)

export const orderRequest = z.strictObject({
  symbol: z.string().min(1).max(64).describe('Instrument, such as "BTC-USDT".'),
  order_type: z
    .enum(['limit', 'market'])
    .describe('A limit order rests where it does not fill; a market order never does.'),
  side: z.enum(['buy', 'sell']).describe('Direction of the order.'),
  quantity: decimalField('0.25').describe('Decimal string, at most as exact as the instrument.'),
  price: decimalField('50000.10')
    .optional()
    .describe('Decimal string; a limit order needs it, a market order has none.'),
})
export type OrderRequest = z.output<typeof orderRequest>

type ParsedOrder =
  | { readonly order: NewOrder; readonly instrument: Instrument; readonly fingerprint: string }
  | { readonly problem: string }

/** Reads a request body; every problem of its shape is named at once. */
export function parseOrder(
  body: string,
  instruments: ReadonlyMap<string, Instrument>,
  identity: { readonly orderId: number; readonly account: string },
): ParsedOrder {
  const json = parseJson(body)
  if ('problem' in json) return json
  const parsed = orderRequest.safeParse(json.value)
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`)
    return { problem: problems.join('; ') }
  }
  const request = parsed.data
  const instrument = instruments.get(request.symbol)
  if (instrument === undefined) return { problem: `symbol: "${request.symbol}" is not traded here` }
  const qty = parseQuantity(instrument, request.quantity)
  if ('problem' in qty) return qty
  const price = priceOf(request, instrument)
  if ('problem' in price) return price
  if (price.value * qty.value > Number.MAX_SAFE_INTEGER) return { problem: 'price times quantity is too large' }
  const order: NewOrder = {
    kind: 'new',
    ...identity,
    symbol: request.symbol,
    side: request.side,
    type: request.order_type,
    timeInForce: request.order_type === 'market' ? 'ioc' : 'gtc',
    price: price.value,
    qty: qty.value,
    bid: 0,
    ask: 0,
  }
  const fingerprint = [order.symbol, order.type, order.side, order.qty, order.price].join('|')
  return { order, instrument, fingerprint }
}

function priceOf(request: OrderRequest, instrument: Instrument): ReturnType<typeof parsePrice> {
  switch (request.order_type) {
    case 'limit':
      if (request.price === undefined) return { problem: 'price: a limit order needs one' }
      return parsePrice(instrument, request.price)
    case 'market':
      if (request.price !== undefined) return { problem: 'price: a market order has none; leave it out' }
      return { value: 0 }
    default:
      return assertNever(request.order_type)
  }
}

function parseJson(body: string): { readonly value: unknown } | { readonly problem: string } {
  try {
    return { value: JSON.parse(body) }
  } catch {
    return { problem: 'body: is not JSON' }
  }
}

const statusNames = {
  new: 'new',
  partiallyFilled: 'partially_filled',
  filled: 'filled',
  canceled: 'canceled',
  rejected: 'rejected',
  expired: 'expired',
} as const

/** What the venue made of an order, from its own reports in their order. */
export function describeReports(reports: readonly ExecutionReport[], instrument: Instrument): Record<string, unknown> {
  const last = reports.at(-1)
  if (last === undefined) return {}
  const { priceDecimals, qtyDecimals } = instrument
  return {
    orderId: last.orderId,
    symbol: last.symbol,
    side: last.side,
    status: statusNames[last.ordStatus],
    filledQuantity: formatDecimal(last.cumQty, qtyDecimals),
    remainingQuantity: formatDecimal(last.leavesQty, qtyDecimals),
    averagePrice: last.cumQty === 0 ? null : averagePrice(last, priceDecimals),
    ...(last.reason === '' ? {} : { reason: last.reason }),
    executions: reports
      .filter((report) => report.execType === 'trade')
      .map((report) => ({
        executionId: report.execId,
        price: formatDecimal(report.lastPrice, priceDecimals),
        quantity: formatDecimal(report.lastQty, qtyDecimals),
      })),
  }
}

/** Digits of an average price beyond those of a tick; the last one is rounded half up. */
const averageDecimals = 6

function averagePrice(report: ExecutionReport, priceDecimals: number): string {
  const scale = 10n ** BigInt(averageDecimals)
  const cumQty = BigInt(report.cumQty)
  const scaled = (2n * BigInt(report.cumNotional) * scale + cumQty) / (2n * cumQty)
  const digits = scaled.toString().padStart(priceDecimals + averageDecimals + 1, '0')
  const point = digits.length - priceDecimals - averageDecimals
  const fraction = digits.slice(point)
  const kept = fraction.slice(0, priceDecimals) + fraction.slice(priceDecimals).replace(/0+$/, '')
  return kept === '' ? digits.slice(0, point) : `${digits.slice(0, point)}.${kept}`
}
