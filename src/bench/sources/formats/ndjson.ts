import { nsPerMs } from '../../../core/units.js'
import type { MarketEvent } from '../../../engines/model/messages.js'
import {
  clipped,
  type FileFacts,
  type LineFormat,
  nameless,
  otherSymbol,
  type Problem,
  type Reading,
  wrong,
} from './format.js'

// The events of nautilus, one a line as `MarketEvent` with `atMs`. What `nautilus data` writes begins with a line that says
// what ticks, lots and times are; without it prices have two decimals and quantities none.

const eventsSchema = 'nautilus.events/1'
const decimalsMax = 12
const clocks = ['epoch', 'midnight', 'relative'] as const

export const ndjson: LineFormat = {
  kind: 'lines',
  priceDecimals: 2,
  qtyDecimals: 0,
  clock: 'relative',
  countsUnknownIds: false,
  header: null,
  isLike: (head) => head.trimStart().startsWith('{'),
  decoder: (reading) => {
    let isFirst = true
    return (line) => {
      const object = parsedObject(line)
      if (object === null) return `is not a JSON object: ${clipped(line)}`
      const mayBeHead = isFirst
      isFirst = false
      if (mayBeHead && 'schema' in object) return takeHead(object, reading.facts)
      return takeEvent(object, reading)
    }
  },
}

type Head = Pick<FileFacts, 'priceDecimals' | 'qtyDecimals' | 'clock'>

/** The first line of a file of events. */
export const headLine = ({ priceDecimals, qtyDecimals, clock }: Head, originMs: number): string =>
  `${JSON.stringify({ schema: eventsSchema, priceDecimals, qtyDecimals, clock, originMs })}\n`

/** The line of one event; `atNs` counts from the first. */
export function eventLine(row: MarketEvent, atNs: number | null): string {
  const { symbol, action, orderId, side, price, qty, exchangeMs } = row
  const event = { symbol, action, orderId, side, price, qty }
  const times = { ...(exchangeMs !== 0 && { exchangeMs }), ...(atNs !== null && { atMs: atNs / nsPerMs }) }
  return `${JSON.stringify({ ...event, ...times })}\n`
}

function takeHead(head: Record<string, unknown>, facts: FileFacts): Problem {
  const { schema, priceDecimals, qtyDecimals, clock, originMs } = head
  if (schema !== eventsSchema) return wrong('schema', schema, eventsSchema)
  if (!isDecimals(priceDecimals)) return wrong('priceDecimals', priceDecimals, `0 to ${decimalsMax}`)
  if (!isDecimals(qtyDecimals)) return wrong('qtyDecimals', qtyDecimals, `0 to ${decimalsMax}`)
  const known = clocks.find((name) => name === clock)
  if (known === undefined) return wrong('clock', clock, clocks.join(', '))
  if (typeof originMs !== 'number') return wrong('originMs', originMs, 'milliseconds')
  Object.assign(facts, { priceDecimals, qtyDecimals, clock: known, originMs })
  return null
}

const isDecimals = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= decimalsMax

function takeEvent(event: Record<string, unknown>, reading: Reading): Problem {
  const { action, orderId, side, price, qty } = event
  const { symbol = reading.symbol ?? nameless, exchangeMs = 0, atMs = null } = event
  if (typeof symbol !== 'string') return wrong('symbol', symbol, 'a name')
  if (reading.symbol !== null && symbol !== reading.symbol) {
    if (reading.others === 'skipped') return otherSymbol(reading)
    return wrong('symbol', symbol, `"${reading.symbol}", the one symbol of the source`)
  }
  if (action !== 'created' && action !== 'changed' && action !== 'deleted') {
    return wrong('action', action, 'created, changed or deleted')
  }
  if (side !== 'buy' && side !== 'sell') return wrong('side', side, 'buy or sell')
  if (typeof orderId !== 'number') return wrong('orderId', orderId, 'an integer')
  if (typeof price !== 'number') return wrong('price', price, 'a number of ticks')
  if (typeof qty !== 'number') return wrong('qty', qty, 'a number of lots')
  if (typeof exchangeMs !== 'number') return wrong('exchangeMs', exchangeMs, 'milliseconds')
  if (atMs !== null && typeof atMs !== 'number') return wrong('atMs', atMs, 'milliseconds')
  reading.emit({ symbol, action, orderId, side, price, qty, exchangeMs, timeMs: atMs })
  return null
}

function parsedObject(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
