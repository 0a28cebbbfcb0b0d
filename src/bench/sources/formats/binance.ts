import { wrong } from '../../../engines/model/event-lines.js'
import {
  ignore,
  isAsked,
  type LineFormat,
  otherSymbol,
  type Problem,
  type Reading,
  unitsOf,
  wholeNumbers,
  wrongCount,
} from './format.js'
import { Levels } from './levels.js'

// Depth of Binance futures: rows of one `last_update_id` are one update, and its `pu` is the id of the update before. Where
// it is not, updates are missing: the gap is counted, and the book goes on with what it has.

const columns = 'symbol,timestamp,first_update_id,last_update_id,side,update_type,price,qty,pu'

export const binance: LineFormat = {
  kind: 'lines',
  priceDecimals: 2,
  qtyDecimals: 8,
  clock: 'epoch',
  countsUnknownIds: true,
  header: columns,
  isLike: (head) => head.startsWith(columns),
  decoder: (reading) => {
    const chain = new Chain()
    const levels = new Levels()
    return (line) => {
      const update = parse(line, reading)
      if (update === null || typeof update === 'string' || 'tooFine' in update) return update
      const { symbol, side, price, qty, timeMs } = update
      const at = { exchangeMs: timeMs, timeMs }
      const link = chain.link(update)
      if (link === 'stale') return ignore(reading.facts, 'updates from before a snapshot')
      if (link === 'gap') reading.facts.gaps += 1
      if (link === 'snapshot') for (const gone of levels.clear(symbol, at)) reading.emit(gone)
      const row = levels.set({ symbol, side, price, qty, ...at }, reading.facts)
      if (row !== null) reading.emit(row)
      return null
    }
  },
}

type Update = {
  readonly symbol: string
  readonly timeMs: number
  readonly firstId: number
  readonly lastId: number
  readonly previousId: number
  readonly isSnapshot: boolean
  readonly side: 'buy' | 'sell'
  readonly price: number
  readonly qty: number
}

/** The last update of each symbol, and whether it was a snapshot. */
class Chain {
  readonly #last = new Map<string, { readonly id: number; readonly isSnapshot: boolean }>()

  link({ symbol, firstId, lastId, previousId, isSnapshot }: Update): 'same' | 'next' | 'snapshot' | 'gap' | 'stale' {
    const last = this.#last.get(symbol)
    if (last?.id === lastId && last.isSnapshot === isSnapshot) return 'same'
    // The first updates behind a snapshot may begin before it, and those that end before it are part of it.
    if (last?.isSnapshot && !isSnapshot && lastId <= last.id) return 'stale'
    this.#last.set(symbol, { id: lastId, isSnapshot })
    if (isSnapshot) return 'snapshot'
    if (last === undefined || previousId === last.id) return 'next'
    return last.isSnapshot && firstId <= last.id + 1 ? 'next' : 'gap'
  }
}

function parse(line: string, reading: Reading): Update | Problem {
  const fields = line.split(',')
  const [symbol = '', timestamp = '', first = '', last = '', side = '', type = '', price = '', qty = '', pu = ''] =
    fields
  if (fields.length !== 9) return wrongCount(fields.length, columns)
  if (!isAsked(reading, symbol)) return otherSymbol(reading)
  const numbers = wholeNumbers({ timestamp, first_update_id: first, last_update_id: last })
  if (numbers !== null) return numbers
  if (!/^(-1|\d{1,16})$/.test(pu)) return wrong('pu', pu, 'the last_update_id of the update before')
  if (side !== 'b' && side !== 'a') return wrong('side', side, 'b or a')
  if (type !== 'snap' && type !== 'set' && type !== 'delete') return wrong('update_type', type, 'snap, set or delete')
  const ticks = unitsOf('price', price, reading.facts.priceDecimals)
  if (typeof ticks !== 'number') return ticks
  const lots = unitsOf('qty', qty, reading.facts.qtyDecimals)
  if (typeof lots !== 'number') return lots
  return {
    symbol,
    timeMs: Number(timestamp),
    firstId: Number(first),
    lastId: Number(last),
    previousId: Number(pu),
    isSnapshot: type === 'snap',
    side: side === 'b' ? 'buy' : 'sell',
    price: ticks,
    qty: type === 'delete' ? 0 : lots,
  }
}
