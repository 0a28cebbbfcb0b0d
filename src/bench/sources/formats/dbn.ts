import { assert } from '../../../core/assert.js'
import { nsPerMs } from '../../../core/units.js'
import { wrong } from '../../../engines/model/event-lines.js'
import { type FrameFormat, ignore, isAsked, otherSymbol, type Problem, type Reading } from './format.js'
import { LiveOrders, noOrders, OrderIds, rowOf, twoTo32 } from './live-orders.js'

// Databento DBN, market by order: little-endian records behind a header that names the instruments. Of the actions, Add,
// Cancel, Modify and cleaR change the book; Trade and Fill only tell why a Cancel follows. Records keep their layout in
// versions 1 to 3 of the header.

const marketByOrder = 160
const recordBytesMin = 16
const mboBytes = 56
const headBytes = 8
/** Of the header behind magic, version and length: dataset, schema, times, limit, kinds of symbols, reserved. */
const fixedBytes = 100
const priceDigits = 9
const unknownPrice = 0x7fff_ffff_ffff_ffffn
const unknownTime = 0xffff_ffff_ffff_ffffn
const bookless: Readonly<Record<string, string>> = { T: 'trades (action T)', F: 'fills (action F)', N: 'no action (N)' }

export const dbn: FrameFormat = {
  kind: 'frames',
  priceDecimals: 4,
  qtyDecimals: 0,
  clock: 'epoch',
  countsUnknownIds: true,
  isLike: (head) => head.startsWith('DBN'),
  decoder: (reading) => {
    let records: Records | null = null
    return {
      sizeOf: (bytes, from) => {
        if (records !== null) return Math.max(1, (bytes[from] ?? 0) * 4)
        if (bytes.length - from < headBytes) return 0
        return isDbn(bytes) ? headBytes + bytes.readUInt32LE(from + 4) : headBytes
      },
      take: (frame) => {
        if (records !== null) return records.take(frame)
        const problem = problemOfHead(frame)
        if (problem === null) records = new Records(namesOf(frame), reading)
        return problem
      },
    }
  },
}

/** Ids are those of one publisher and instrument: others may have the same. */
type IdSource = { readonly symbol: string; readonly orders: LiveOrders; readonly ids: OrderIds }

class Records {
  readonly #names: ReadonlyMap<number, string>
  readonly #reading: Reading
  readonly #counts = noOrders()
  readonly #sources = new Map<number, IdSource>()
  /** Symbols that have a source of ids. */
  readonly #symbols = new Set<string>()
  #originNs: bigint | null = null

  constructor(names: ReadonlyMap<number, string>, reading: Reading) {
    this.#names = names
    this.#reading = reading
  }

  take(record: Buffer): Problem {
    const { facts } = this.#reading
    if (record.length < recordBytesMin) return `is a record of ${record.length} bytes, expected at least 16`
    const type = record.readUInt8(1)
    if (type !== marketByOrder) return ignore(facts, `records of type ${type}`)
    if (record.length < mboBytes) return `is a record of ${record.length} bytes, expected 56 of market by order`
    const instrument = record.readUInt32LE(4)
    const symbol = this.#names.get(instrument) ?? String(instrument)
    if (!isAsked(this.#reading, symbol)) return otherSymbol(this.#reading)
    const action = String.fromCharCode(record.readUInt8(38))
    const other = bookless[action]
    if (other !== undefined) return ignore(facts, other)
    return this.#change(action, record, this.#sourceOf(record, symbol))
  }

  /** The first of a symbol has the ids of the file; the ids of the others would be mistaken for them. */
  #sourceOf(record: Buffer, symbol: string): IdSource {
    const key = record.readUInt16LE(2) * twoTo32 + record.readUInt32LE(4)
    const known = this.#sources.get(key)
    if (known !== undefined) return known
    const ids = new OrderIds(this.#counts, { numbered: this.#symbols.has(symbol) })
    const made: IdSource = { symbol, ids, orders: new LiveOrders(this.#counts, ids) }
    this.#sources.set(key, made)
    this.#symbols.add(symbol)
    return made
  }

  #change(action: string, record: Buffer, { symbol, orders, ids }: IdSource): Problem {
    const { emit } = this.#reading
    const at = this.#timeOf(record)
    if (action === 'R') {
      for (const row of orders.clear(at)) emit(row)
      return null
    }
    const [high, low] = [record.readUInt32LE(20), record.readUInt32LE(16)]
    const size = record.readUInt32LE(32)
    const order = orders.get(ids.find(high, low))
    if (action === 'C') {
      if (order === undefined) this.#reading.facts.unknownIds += 1
      else emit(orders.take(order, size, at))
      return null
    }
    if (action !== 'A' && action !== 'M') return wrong('action', action, 'A, C, M, R, T, F or N')
    const side = String.fromCharCode(record.readUInt8(39))
    if (side !== 'B' && side !== 'A') return wrong('side', side, 'B or A')
    const price = ticksOf(record.readBigInt64LE(24), this.#reading.facts.priceDecimals)
    if (typeof price !== 'number') return price
    if (action === 'M' && order !== undefined) {
      Object.assign(order, { price, left: size })
      emit(rowOf(order, 'changed', at))
      return null
    }
    // A modification has the whole state of its order, so that one from before the file is known from here on.
    if (action === 'M') this.#reading.facts.unknownIds += 1
    const told = { symbol, side: side === 'B' ? ('buy' as const) : ('sell' as const), price, left: size }
    emit(orders.enter({ id: ids.enter(high, low), ...told }, at))
    return orders.problem()
  }

  /** The order of records is that of their receipt, so it gives the time; the exchange's own may fall. */
  #timeOf(record: Buffer): { readonly exchangeMs: number; readonly timeMs: number } {
    const exchangeNs = record.readBigUInt64LE(8)
    const receivedNs = record.readBigUInt64LE(40)
    const atNs = receivedNs === unknownTime ? exchangeNs : receivedNs
    if (this.#originNs === null) {
      this.#originNs = atNs
      this.#reading.facts.originMs = Number(atNs / 1_000n) / 1_000
    }
    const exchangeMs = exchangeNs === unknownTime ? 0 : Number(exchangeNs / BigInt(nsPerMs))
    return { exchangeMs, timeMs: Number(atNs - this.#originNs) / nsPerMs }
  }
}

/** A price in billionths as ticks, or what is wrong with it. */
function ticksOf(billionths: bigint, decimals: number): number | Exclude<Problem, null> {
  assert(decimals <= priceDigits, 'a tick is no less than a billionth')
  if (billionths === unknownPrice) return 'price is undefined, expected one of an order'
  const perTick = 10n ** BigInt(priceDigits - decimals)
  if (billionths % perTick === 0n) return Number(billionths / perTick)
  const digits = String(billionths).padStart(priceDigits + 1, '0')
  const fraction = digits.slice(-priceDigits).replace(/0+$/, '')
  const text = `${digits.slice(0, -priceDigits)}.${fraction}`
  return { tooFine: `price "${text}" has ${fraction.length} decimals, at most ${decimals} are allowed` }
}

const isDbn = (bytes: Buffer): boolean => bytes.toString('latin1', 0, 3) === 'DBN'

function problemOfHead(head: Buffer): Problem {
  if (!isDbn(head)) return 'does not begin with DBN, expected the header of DBN'
  const version = head.readUInt8(3)
  if (version < 1 || version > 3) return `is DBN of version ${version}, expected 1 to 3`
  if (head.length < headBytes + fixedBytes) return `has a header of ${head.length} bytes, expected at least 108`
  return null
}

/** The symbol of each instrument. An instrument that had several keeps its number. */
function namesOf(head: Buffer): Map<number, string> {
  const names = new Map<number, string>()
  const nameBytes = head.readUInt8(3) === 1 ? 22 : head.readUInt16LE(headBytes + 45)
  let at = headBytes + fixedBytes
  // Whatever the header lacks reads as 0: then instruments have their numbers.
  const count = () => {
    const value = at + 4 <= head.length ? head.readUInt32LE(at) : 0
    at += 4
    return Math.min(value, head.length)
  }
  const name = () => {
    const text = head.toString('latin1', at, at + nameBytes)
    at += nameBytes
    return text.split('\0')[0] ?? ''
  }
  const skip = (itemBytes: number) => {
    const items = count()
    at += items * itemBytes
  }
  // The definition of the schema; the symbols that were asked for, that were found in part, and that were not found.
  for (const itemBytes of [1, nameBytes, nameBytes, nameBytes]) skip(itemBytes)
  for (let mappings = count(); mappings > 0 && at < head.length; mappings -= 1) {
    const symbol = name()
    for (let intervals = count(); intervals > 0 && at < head.length; intervals -= 1) {
      at += 8
      const instrument = Number(name())
      const isAnother = names.has(instrument) && names.get(instrument) !== symbol
      if (Number.isInteger(instrument)) names.set(instrument, isAnother ? String(instrument) : symbol)
    }
  }
  return names
}
