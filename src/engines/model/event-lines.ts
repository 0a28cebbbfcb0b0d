import type { MarketEvent } from './messages.js'
import { tickMax } from './price-levels.js'

// The events of nautilus in a file, one a line as `MarketEvent` with `atMs`. What `nautilus data` writes begins with a line that says
// what ticks, lots and times are; without it prices have two decimals and quantities none.

const eventsSchema = 'nautilus.events/1'
const decimalsMax = 12
const clocks = ['epoch', 'midnight', 'relative'] as const

/** The name of the instrument in files that tell none, as `load.source.symbol` has it. */
export const nameless = 'BTC-USD'

export type EventsHead = {
  /** One tick is 10^-priceDecimals, one lot 10^-qtyDecimals. */
  readonly priceDecimals: number
  readonly qtyDecimals: number
  readonly clock: (typeof clocks)[number]
  /** Milliseconds on that clock at which `atMs` is 0. */
  readonly originMs: number
}

export type LineObject = Readonly<Record<string, unknown>>

/** A line as an object, or null where it is none. */
export function lineObject(line: string): LineObject | null {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/** Whether a first line tells of the file and is no event. */
export const isHead = (object: LineObject): boolean => 'schema' in object

/** The head of a file, or what is wrong with it, as a sentence without its place. */
export function headOf(object: LineObject): EventsHead | string {
  const { schema, priceDecimals, qtyDecimals, clock, originMs } = object
  if (schema !== eventsSchema) return wrong('schema', schema, eventsSchema)
  if (!isDecimals(priceDecimals)) return wrong('priceDecimals', priceDecimals, `0 to ${decimalsMax}`)
  if (!isDecimals(qtyDecimals)) return wrong('qtyDecimals', qtyDecimals, `0 to ${decimalsMax}`)
  const known = clocks.find((name) => name === clock)
  if (known === undefined) return wrong('clock', clock, clocks.join(', '))
  if (typeof originMs !== 'number') return wrong('originMs', originMs, 'milliseconds')
  return { priceDecimals, qtyDecimals, clock: known, originMs }
}

/** An event with its time, null where the line has none, or what is wrong with it. */
export function eventOf(
  object: LineObject,
  symbolWhereNameless: string,
): { readonly event: MarketEvent; readonly atMs: number | null } | string {
  const { action, orderId, side, price, qty } = object
  const { symbol = symbolWhereNameless, exchangeMs = 0, atMs = null } = object
  if (typeof symbol !== 'string') return wrong('symbol', symbol, 'a name')
  if (action !== 'created' && action !== 'changed' && action !== 'deleted') {
    return wrong('action', action, 'created, changed or deleted')
  }
  if (side !== 'buy' && side !== 'sell') return wrong('side', side, 'buy or sell')
  if (typeof orderId !== 'number') return wrong('orderId', orderId, 'an integer')
  if (typeof price !== 'number') return wrong('price', price, 'a number of ticks')
  if (typeof qty !== 'number') return wrong('qty', qty, 'a number of lots')
  if (typeof exchangeMs !== 'number') return wrong('exchangeMs', exchangeMs, 'milliseconds')
  if (atMs !== null && typeof atMs !== 'number') return wrong('atMs', atMs, 'milliseconds')
  return { event: { symbol, action, orderId, side, price, qty, exchangeMs }, atMs }
}

/** What holds for the events of every format, or what is wrong with one. */
export function problemOfEvent(event: Omit<MarketEvent, 'symbol'>): string | null {
  if (!Number.isSafeInteger(event.orderId)) return wrong('order id', event.orderId, 'an integer below 2^53')
  if (!Number.isSafeInteger(event.qty) || event.qty < 0) {
    return wrong('quantity', event.qty, 'a whole number of lots below 2^53')
  }
  // The price of a deletion is not used, and some feeds leave it empty.
  if (event.action === 'deleted' && event.price === 0) return null
  if (!Number.isInteger(event.price) || event.price < 1 || event.price > tickMax) {
    return wrong('price', event.price, `between 1 and ${tickMax} ticks`)
  }
  return null
}

export const headLine = ({ priceDecimals, qtyDecimals, clock, originMs }: EventsHead): string =>
  `${JSON.stringify({ schema: eventsSchema, priceDecimals, qtyDecimals, clock, originMs })}\n`

/** The line of one event; a time of null is left out. */
export function eventLine(event: MarketEvent, atMs: number | null): string {
  const { symbol, action, orderId, side, price, qty, exchangeMs } = event
  const times = { ...(exchangeMs !== 0 && { exchangeMs }), ...(atMs !== null && { atMs }) }
  return `${JSON.stringify({ symbol, action, orderId, side, price, qty, ...times })}\n`
}

export const wrong = (name: string, found: unknown, expected: string): string =>
  `${name} is ${clipped(JSON.stringify(found) ?? 'missing')}, expected ${expected}`

export const clipped = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}...` : text)

const isDecimals = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= decimalsMax
