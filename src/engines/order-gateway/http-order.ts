import { z } from 'zod'
import { assertNever } from '../../core/assert.js'
import { type Instrument, parsePrice, parseQuantity } from '../model/instrument.js'
import type { NewOrder } from '../model/messages.js'

// Orders and their changes as HTTP carries them. Decimals are strings: a JSON number has already been rounded to a double by
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
  time_in_force: z
    .enum(['gtc', 'ioc', 'fok'])
    .optional()
    .describe(
      'What becomes of what does not fill at once: it rests (gtc, of limit orders the default), is cancelled (ioc, of market orders the default), or nothing is filled at all (fok).',
    ),
  post_only: z
    .boolean()
    .optional()
    .describe('True: a limit order that only ever rests; it is rejected where it would take.'),
  client_order_id: z
    .string()
    .regex(/^[!-~]{1,64}$/, 'must have 1 to 64 characters, none of them a space')
    .optional()
    .describe('Name of the order, unique in the account; the paths under /v1/client-orders know it by this name.'),
})
export type OrderRequest = z.output<typeof orderRequest>

export const replaceRequest = z.strictObject({
  quantity: decimalField('0.25')
    .optional()
    .describe('Decimal string, of the whole order: what has traded included. Without it the quantity stays.'),
  price: decimalField('50000.10').optional().describe('Decimal string. Without it the price stays.'),
})

export type AcceptedOrder = {
  readonly order: NewOrder
  readonly instrument: Instrument
  readonly clientOrderId: string | null
  /** Equal for orders that mean the same. */
  readonly fingerprint: string
}
type ParsedOrder = AcceptedOrder | { readonly problem: string }
type ParsedTerms = { readonly price: number; readonly qty: number } | { readonly problem: string }

/** Reads a request body; every problem of its shape is named at once. */
export function parseOrder(
  body: string,
  instruments: ReadonlyMap<string, Instrument>,
  identity: { readonly orderId: number; readonly account: string },
): ParsedOrder {
  const parsed = parseBody(body, orderRequest)
  if ('problem' in parsed) return parsed
  const request = parsed.value
  const instrument = instruments.get(request.symbol)
  if (instrument === undefined) return { problem: `symbol: "${request.symbol}" is not traded here` }
  const qty = parseQuantity(instrument, request.quantity)
  if ('problem' in qty) return qty
  const price = priceOf(request, instrument)
  if ('problem' in price) return price
  if (price.value * qty.value > Number.MAX_SAFE_INTEGER) return { problem: tooLarge }
  const timeInForce = timeInForceOf(request)
  if ('problem' in timeInForce) return timeInForce
  const order: NewOrder = {
    kind: 'new',
    ...identity,
    symbol: request.symbol,
    side: request.side,
    type: request.order_type,
    timeInForce: timeInForce.value,
    price: price.value,
    qty: qty.value,
    bid: 0,
    ask: 0,
  }
  const clientOrderId = request.client_order_id ?? null
  const { symbol, type, side } = order
  const fingerprint = [symbol, type, side, order.qty, order.price, order.timeInForce, clientOrderId ?? ''].join('|')
  return { order, instrument, clientOrderId, fingerprint }
}

/** Reads the body of a replacement; what it leaves out stays as it is. */
export function parseReplacement(
  body: string,
  instrument: Instrument,
  now: { readonly price: number; readonly qty: number },
): ParsedTerms {
  const parsed = parseBody(body, replaceRequest)
  if ('problem' in parsed) return parsed
  const { quantity, price } = parsed.value
  if (quantity === undefined && price === undefined) return { problem: 'body: names neither a quantity nor a price' }
  const newQty = quantity === undefined ? { value: now.qty } : parseQuantity(instrument, quantity)
  if ('problem' in newQty) return newQty
  const newPrice = price === undefined ? { value: now.price } : parsePrice(instrument, price)
  if ('problem' in newPrice) return newPrice
  if (newPrice.value * newQty.value > Number.MAX_SAFE_INTEGER) return { problem: tooLarge }
  return { price: newPrice.value, qty: newQty.value }
}

const tooLarge = 'price times quantity is too large'

type GivenTimeInForce = { readonly value: NewOrder['timeInForce'] } | { readonly problem: string }

function timeInForceOf({ order_type, time_in_force, post_only = false }: OrderRequest): GivenTimeInForce {
  const market = order_type === 'market'
  if (post_only && market) return { problem: 'post_only: a market order takes; make it a limit order' }
  if (post_only && time_in_force !== undefined && time_in_force !== 'gtc') {
    return { problem: `post_only: an order that is ${time_in_force} never rests; leave time_in_force out` }
  }
  if (market && time_in_force === 'gtc') return { problem: 'time_in_force: a market order never rests' }
  return { value: post_only ? 'postOnly' : (time_in_force ?? (market ? 'ioc' : 'gtc')) }
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

function parseBody<Schema extends z.ZodType>(
  body: string,
  schema: Schema,
): { readonly value: z.output<Schema> } | { readonly problem: string } {
  const json = parseJson(body)
  if ('problem' in json) return json
  const parsed = schema.safeParse(json.value)
  if (parsed.success) return { value: parsed.data }
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`)
  return { problem: problems.join('; ') }
}

function parseJson(body: string): { readonly value: unknown } | { readonly problem: string } {
  try {
    return { value: JSON.parse(body) }
  } catch {
    return { problem: 'body: is not JSON' }
  }
}
