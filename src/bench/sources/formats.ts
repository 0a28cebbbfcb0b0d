import { parseDecimal } from '../../engines/model/decimal.js'
import { tickMax } from '../../engines/model/price-levels.js'
import type { ReplayRow } from './event-columns.js'

// What a line of each file format means. A parser returns the row, null for a line that is no event of the book, or the
// sentence that says what was found and what was expected.

export type Line = ReplayRow | null | { readonly problem: string }
export type Format = {
  readonly priceDecimals: number
  readonly qtyDecimals: number
  /** First line of the file where the format has a header. */
  readonly header: string | null
  /** A parser for one file: some formats carry state from line to line. */
  readonly parser: (symbol: string) => (line: string) => Line
}

const bitstampColumns = 'id,timestamp,exchange.timestamp,price,volume,action,direction'
const lobsterColumns = 'time,type,order id,size,price,direction'

export const formats: Readonly<Record<'bitstamp' | 'lobster' | 'ndjson', Format>> = {
  bitstamp: { priceDecimals: 2, qtyDecimals: 8, header: bitstampColumns, parser: () => parseBitstamp },
  lobster: { priceDecimals: 4, qtyDecimals: 0, header: null, parser: () => lobsterParser() },
  ndjson: { priceDecimals: 2, qtyDecimals: 0, header: null, parser: (symbol) => (line) => parseNdjson(line, symbol) },
}

function parseBitstamp(line: string): Line {
  const fields = line.split(',')
  const [id = '', timestamp = '', exchangeTimestamp = '', price = '', volume = '', action = '', direction = ''] = fields
  if (fields.length !== 7) return wrongCount(fields.length, 7, bitstampColumns)
  const ticks = parseDecimal(price, 2)
  if ('problem' in ticks) return { problem: `price ${ticks.problem}` }
  if (action !== 'created' && action !== 'changed' && action !== 'deleted') {
    return wrong('action', action, 'created, changed or deleted')
  }
  if (direction !== 'bid' && direction !== 'ask') return wrong('direction', direction, 'bid or ask')
  const numbers = wholeNumbers({ id, timestamp, 'exchange.timestamp': exchangeTimestamp, volume })
  if (numbers !== null) return numbers
  return checked({
    action,
    orderId: Number(id),
    side: direction === 'bid' ? 'buy' : 'sell',
    price: ticks.value,
    qty: Number(volume),
    exchangeMs: Number(exchangeTimestamp),
    timeMs: Number(timestamp),
  })
}

type LobsterOrder = { readonly price: number; left: number }

/** LOBSTER tells changes; what is left of an order is kept here. Orders from before the file are unknown, and stay so. */
function lobsterParser(): (line: string) => Line {
  const orders = new Map<number, LobsterOrder>()
  return (line) => {
    const fields = line.split(',')
    const [time = '', type = '', id = '', size = '', price = '', direction = ''] = fields
    if (fields.length !== 6) return wrongCount(fields.length, 6, lobsterColumns)
    if (!/^\d+(\.\d{1,9})?$/.test(time)) return wrong('time', time, 'seconds after midnight')
    if (!/^[1-7]$/.test(type)) return wrong('type', type, 'a number from 1 to 7')
    // Hidden executions, crosses and halts change no visible order.
    if (type === '5' || type === '6' || type === '7') return null
    const numbers = wholeNumbers({ 'order id': id, size, price })
    if (numbers !== null) return numbers
    if (direction !== '1' && direction !== '-1') return wrong('direction', direction, '1 or -1')
    const left = lobsterLeft(orders, { type, id: Number(id), size: Number(size), price: Number(price) })
    return checked({
      action: type === '1' ? 'created' : left === 0 ? 'deleted' : 'changed',
      orderId: Number(id),
      side: direction === '1' ? 'buy' : 'sell',
      price: Number(price),
      qty: left,
      exchangeMs: 0,
      timeMs: Number(time) * 1_000,
    })
  }
}

function lobsterLeft(
  orders: Map<number, LobsterOrder>,
  message: { readonly type: string; readonly id: number; readonly size: number; readonly price: number },
): number {
  if (message.type === '1') {
    orders.set(message.id, { price: message.price, left: message.size })
    return message.size
  }
  const order = orders.get(message.id)
  const left = message.type === '3' || order === undefined ? 0 : Math.max(0, order.left - message.size)
  if (left === 0) orders.delete(message.id)
  else if (order !== undefined) order.left = left
  return left
}

function parseNdjson(line: string, symbol: string): Line {
  const row = parsedObject(line)
  if (row === null) return { problem: `is not a JSON object: ${clipped(line)}` }
  const { action, orderId, side, price, qty } = row
  const { symbol: rowSymbol = symbol, exchangeMs = 0, atMs = null } = row
  if (rowSymbol !== symbol) return wrong('symbol', rowSymbol, `"${symbol}", the one symbol of the source`)
  if (action !== 'created' && action !== 'changed' && action !== 'deleted') {
    return wrong('action', action, 'created, changed or deleted')
  }
  if (side !== 'buy' && side !== 'sell') return wrong('side', side, 'buy or sell')
  if (typeof orderId !== 'number') return wrong('orderId', orderId, 'an integer')
  if (typeof price !== 'number') return wrong('price', price, 'a number of ticks')
  if (typeof qty !== 'number') return wrong('qty', qty, 'a number of lots')
  if (typeof exchangeMs !== 'number') return wrong('exchangeMs', exchangeMs, 'milliseconds')
  if (atMs !== null && typeof atMs !== 'number') return wrong('atMs', atMs, 'milliseconds')
  return checked({ action, orderId, side, price, qty, exchangeMs, timeMs: atMs })
}

function checked(row: ReplayRow): Line {
  if (!Number.isSafeInteger(row.orderId)) return wrong('order id', row.orderId, 'an integer below 2^53')
  if (!Number.isSafeInteger(row.qty) || row.qty < 0)
    return wrong('quantity', row.qty, 'a whole number of lots below 2^53')
  // The price of a deletion is not used, and some feeds leave it empty.
  if (row.action === 'deleted' && row.price === 0) return row
  if (!Number.isInteger(row.price) || row.price < 1 || row.price > tickMax) {
    return wrong('price', row.price, `between 1 and ${tickMax} ticks`)
  }
  return row
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

/** The problem of the first field that is no whole number, or null. */
function wholeNumbers(fields: Readonly<Record<string, string>>): { readonly problem: string } | null {
  for (const [name, text] of Object.entries(fields)) {
    if (!/^\d{1,16}$/.test(text)) return wrong(name, text, 'a whole number')
  }
  return null
}

const wrongCount = (found: number, expected: number, columns: string): { readonly problem: string } => ({
  problem: `has ${found} fields, expected ${expected}: ${columns}`,
})

const wrong = (name: string, found: unknown, expected: string): { readonly problem: string } => ({
  problem: `${name} is ${clipped(JSON.stringify(found) ?? 'missing')}, expected ${expected}`,
})

const clipped = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}...` : text)
