import {
  clipped,
  eventOf,
  headOf,
  isHead,
  type LineObject,
  lineObject,
  nameless,
  wrong,
} from '../../../engines/model/event-lines.js'
import { type FileFacts, type LineFormat, otherSymbol, type Problem, type Reading } from './format.js'

/** The events of nautilus; `engines/model/event-lines.ts` says what a line holds. */
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
      const object = lineObject(line)
      if (object === null) return `is not a JSON object: ${clipped(line)}`
      const mayBeHead = isFirst
      isFirst = false
      return mayBeHead && isHead(object) ? takeHead(object, reading.facts) : takeEvent(object, reading)
    }
  },
}

function takeHead(object: LineObject, facts: FileFacts): Problem {
  const head = headOf(object)
  if (typeof head === 'string') return head
  Object.assign(facts, head)
  return null
}

function takeEvent(object: LineObject, reading: Reading): Problem {
  const { symbol } = object
  if (reading.symbol !== null && typeof symbol === 'string' && symbol !== reading.symbol) {
    if (reading.others === 'skipped') return otherSymbol(reading)
    return wrong('symbol', symbol, `"${reading.symbol}", the one symbol of the source`)
  }
  const read = eventOf(object, reading.symbol ?? nameless)
  if (typeof read === 'string') return read
  reading.emit({ ...read.event, timeMs: read.atMs })
  return null
}
