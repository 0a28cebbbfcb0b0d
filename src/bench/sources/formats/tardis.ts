import { wrong } from '../../../engines/model/event-lines.js'
import {
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

// Tardis `incremental_book_L2`: microseconds, the order of the rows is that of their arrival, an amount of 0 removes the
// level, and the first row of a snapshot replaces the whole book.

const columns = 'exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount'

export const tardis: LineFormat = {
  kind: 'lines',
  priceDecimals: 2,
  qtyDecimals: 8,
  clock: 'epoch',
  countsUnknownIds: true,
  header: columns,
  isLike: (head) => head.startsWith(columns),
  decoder: (reading) => {
    const levels = new Levels()
    const inSnapshot = new Set<string>()
    let originUs: number | null = null
    return (line) => {
      const parsed = parse(line, reading)
      if (parsed === null || typeof parsed === 'string' || 'tooFine' in parsed) return parsed
      const { symbol, isSnapshot, exchangeUs, localUs, ...level } = parsed
      if (originUs === null) {
        originUs = localUs
        reading.facts.originMs = localUs / 1_000
      }
      const at = { exchangeMs: Math.floor(exchangeUs / 1_000), timeMs: (localUs - originUs) / 1_000 }
      if (!isSnapshot) inSnapshot.delete(symbol)
      else if (!inSnapshot.has(symbol)) {
        inSnapshot.add(symbol)
        for (const gone of levels.clear(symbol, at)) reading.emit(gone)
      }
      const row = levels.set({ symbol, ...level, ...at }, reading.facts)
      if (row !== null) reading.emit(row)
      return null
    }
  },
}

type Update = {
  readonly symbol: string
  readonly isSnapshot: boolean
  readonly exchangeUs: number
  readonly localUs: number
  readonly side: 'buy' | 'sell'
  readonly price: number
  readonly qty: number
}

function parse(line: string, reading: Reading): Update | Problem {
  const fields = line.split(',')
  const [, symbol = '', timestamp = '', localTimestamp = '', snapshot = '', side = '', price = '', amount = ''] = fields
  if (fields.length !== 8) return wrongCount(fields.length, columns)
  if (!isAsked(reading, symbol)) return otherSymbol(reading)
  const numbers = wholeNumbers({ timestamp, local_timestamp: localTimestamp })
  if (numbers !== null) return numbers
  if (snapshot !== 'true' && snapshot !== 'false') return wrong('is_snapshot', snapshot, 'true or false')
  if (side !== 'bid' && side !== 'ask') return wrong('side', side, 'bid or ask')
  const ticks = unitsOf('price', price, reading.facts.priceDecimals)
  if (typeof ticks !== 'number') return ticks
  const lots = unitsOf('amount', amount, reading.facts.qtyDecimals)
  if (typeof lots !== 'number') return lots
  return {
    symbol,
    isSnapshot: snapshot === 'true',
    exchangeUs: Number(timestamp),
    localUs: Number(localTimestamp),
    side: side === 'bid' ? 'buy' : 'sell',
    price: ticks,
    qty: lots,
  }
}
