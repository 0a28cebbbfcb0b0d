import { nsPerMs } from '../../../core/units.js'
import { wrong } from '../../../engines/model/event-lines.js'
import { type FrameFormat, ignore, isAsked, otherSymbol, type Problem, type Reading } from './format.js'
import { LiveOrders, noOrders, OrderIds, twoTo32 } from './live-orders.js'

// NASDAQ TotalView-ITCH 5.0 as its files have it: big-endian messages, each behind two bytes of length, stamped with six
// bytes of nanoseconds since midnight. Adds name their stock; all later messages of an order have its number alone.

const lengthBytes = 2
/** Bytes of the messages that change a book, and of the trade that does not. */
const bytesOf: Readonly<Record<string, number>> = { A: 36, F: 40, E: 31, C: 36, X: 23, D: 19, U: 35, P: 44 }
const bytesMin = 11

export const itch: FrameFormat = {
  kind: 'frames',
  priceDecimals: 4,
  qtyDecimals: 0,
  clock: 'midnight',
  countsUnknownIds: true,
  // A file begins with a system event: 12 bytes of type S.
  isLike: (head) => head.startsWith('\0\x0cS'),
  decoder: (reading) => {
    const messages = new Messages(reading)
    return {
      sizeOf: (bytes, from) => (bytes.length - from < lengthBytes ? 0 : lengthBytes + bytes.readUInt16BE(from)),
      take: (frame) => messages.take(frame.subarray(lengthBytes)),
    }
  },
}

type At = { readonly exchangeMs: 0; readonly timeMs: number }

class Messages {
  readonly #reading: Reading
  readonly #ids: OrderIds
  readonly #orders: LiveOrders
  /** Stocks by their number of the day, as the adds tell them. */
  readonly #stocks = new Map<number, string>()

  constructor(reading: Reading) {
    this.#reading = reading
    const counts = noOrders()
    this.#ids = new OrderIds(counts, { numbered: false })
    this.#orders = new LiveOrders(counts, this.#ids)
  }

  take(message: Buffer): Problem {
    const { facts } = this.#reading
    // The mark at the end of a session.
    if (message.length === 0) return null
    const type = String.fromCharCode(message.readUInt8(0))
    const bytes = bytesOf[type]
    if (bytes === undefined) return this.#other(type, message)
    if (message.length !== bytes) return `is a message ${type} of ${message.length} bytes, expected ${bytes}`
    if (type === 'P') return ignore(facts, 'trades of hidden orders (P)')
    const timeMs = (message.readUInt16BE(5) * twoTo32 + message.readUInt32BE(7)) / nsPerMs
    const at = { exchangeMs: 0, timeMs } as const
    return type === 'A' || type === 'F' ? this.#add(message, at) : this.#change(type, message, at)
  }

  #other(type: string, message: Buffer): Problem {
    if (!/^[A-Za-z]$/.test(type)) return wrong('message type', type, 'a letter')
    if (message.length < bytesMin) return `is a message ${type} of ${message.length} bytes, expected at least 11`
    return ignore(this.#reading.facts, `messages ${type}`)
  }

  #add(message: Buffer, at: At): Problem {
    const symbol = message.toString('latin1', 24, 32).trimEnd()
    this.#stocks.set(message.readUInt16BE(1), symbol)
    if (!isAsked(this.#reading, symbol)) return otherSymbol(this.#reading)
    const side = String.fromCharCode(message.readUInt8(19))
    if (side !== 'B' && side !== 'S') return wrong('side', side, 'B or S')
    const order = {
      id: this.#ids.enter(message.readUInt32BE(11), message.readUInt32BE(15)),
      symbol,
      side: side === 'B' ? ('buy' as const) : ('sell' as const),
      price: message.readUInt32BE(32),
      left: message.readUInt32BE(20),
    }
    this.#reading.emit(this.#orders.enter(order, at))
    return this.#orders.problem()
  }

  #change(type: string, message: Buffer, at: At): Problem {
    const { facts, symbol, emit } = this.#reading
    const order = this.#orders.get(this.#ids.find(message.readUInt32BE(11), message.readUInt32BE(15)))
    if (order === undefined) {
      const stock = this.#stocks.get(message.readUInt16BE(1))
      if (symbol !== null && stock !== symbol) return otherSymbol(this.#reading)
      facts.unknownIds += 1
      return null
    }
    if (type === 'E' || type === 'C' || type === 'X') {
      emit(this.#orders.take(order, message.readUInt32BE(19), at))
      return null
    }
    emit(this.#orders.remove(order, at))
    if (type === 'D') return null
    // U: the replacement has a number, size and price of its own, and the side and stock of the replaced.
    const { symbol: stock, side } = order
    const id = this.#ids.enter(message.readUInt32BE(19), message.readUInt32BE(23))
    const replacement = { id, symbol: stock, side, price: message.readUInt32BE(31), left: message.readUInt32BE(27) }
    emit(this.#orders.enter(replacement, at))
    return null
  }
}
