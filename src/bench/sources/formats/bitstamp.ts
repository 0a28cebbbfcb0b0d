import { nameless, wrong } from '../../../engines/model/event-lines.js'
import { type LineFormat, type Problem, type Reading, unitsOf, wholeNumbers, wrongCount } from './format.js'

// Level-3 rows of Bitstamp: every row has the whole state of its order, the volume being what is left, in satoshi.

const columns = 'id,timestamp,exchange.timestamp,price,volume,action,direction'

export const bitstamp: LineFormat = {
  kind: 'lines',
  priceDecimals: 2,
  qtyDecimals: 8,
  clock: 'epoch',
  countsUnknownIds: false,
  header: columns,
  isLike: (head) => head.startsWith(columns),
  decoder: (reading) => (line) => take(line, reading),
}

function take(line: string, { symbol, facts, emit }: Reading): Problem {
  const fields = line.split(',')
  const [id = '', timestamp = '', exchangeTimestamp = '', price = '', volume = '', action = '', direction = ''] = fields
  if (fields.length !== 7) return wrongCount(fields.length, columns)
  const ticks = unitsOf('price', price, facts.priceDecimals)
  if (typeof ticks !== 'number') return ticks
  if (action !== 'created' && action !== 'changed' && action !== 'deleted') {
    return wrong('action', action, 'created, changed or deleted')
  }
  if (direction !== 'bid' && direction !== 'ask') return wrong('direction', direction, 'bid or ask')
  const numbers = wholeNumbers({ id, timestamp, 'exchange.timestamp': exchangeTimestamp, volume })
  if (numbers !== null) return numbers
  emit({
    symbol: symbol ?? nameless,
    action,
    orderId: Number(id),
    side: direction === 'bid' ? 'buy' : 'sell',
    price: ticks,
    qty: Number(volume),
    exchangeMs: Number(exchangeTimestamp),
    timeMs: Number(timestamp),
  })
  return null
}
