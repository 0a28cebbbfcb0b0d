import { nameless, wrong } from '../../../engines/model/event-lines.js'
import { ignore, type LineFormat, type Problem, type Reading, wholeNumbers, wrongCount } from './format.js'
import { LiveOrders, noOrders } from './live-orders.js'

// LOBSTER's message file: seconds after midnight, prices times 10,000, and the direction is that of the resting order.

const columns = 'time,type,order id,size,price,direction'
const bookless: Readonly<Record<string, string>> = {
  '5': 'hidden executions (type 5)',
  '6': 'crosses (type 6)',
  '7': 'halts (type 7)',
}

export const lobster: LineFormat = {
  kind: 'lines',
  priceDecimals: 4,
  qtyDecimals: 0,
  clock: 'midnight',
  countsUnknownIds: false,
  header: null,
  isLike: (head) => /^\d+(\.\d{1,9})?,[1-7],\d+,\d+,-?\d+,-?1\r?(\n|$)/.test(head),
  decoder: (reading) => {
    const orders = new LiveOrders(noOrders())
    return (line) => take(line, orders, reading)
  },
}

function take(line: string, orders: LiveOrders, { symbol, facts, emit }: Reading): Problem {
  const fields = line.split(',')
  const [time = '', type = '', id = '', size = '', price = '', direction = ''] = fields
  if (fields.length !== 6) return wrongCount(fields.length, columns)
  if (!/^\d+(\.\d{1,9})?$/.test(time)) return wrong('time', time, 'seconds after midnight')
  if (!/^[1-7]$/.test(type)) return wrong('type', type, 'a number from 1 to 7')
  const other = bookless[type]
  if (other !== undefined) return ignore(facts, other)
  const numbers = wholeNumbers({ 'order id': id, size, price })
  if (numbers !== null) return numbers
  if (direction !== '1' && direction !== '-1') return wrong('direction', direction, '1 or -1')
  const told = {
    id: Number(id),
    symbol: symbol ?? nameless,
    side: direction === '1' ? ('buy' as const) : ('sell' as const),
    price: Number(price),
    left: Number(size),
  }
  const at = { exchangeMs: 0, timeMs: Number(time) * 1_000 }
  if (type === '1') emit(orders.enter(told, at))
  else {
    const order = orders.get(told.id)
    // The book that hears of an unknown order counts it.
    const gone = type === '3' || order === undefined ? (order ?? told).left : told.left
    emit(orders.take(order ?? told, gone, at))
  }
  return orders.problem()
}
