import { nsPerMs } from '../../core/units.js'
import { BodyReader } from './http-body.js'
import { isBlank, isName, latin1, nameBytes, number3, textBytes, tokenBytes } from './http-bytes.js'

// Reads HTTP/1.1 responses (RFC 9112) by their bytes, as far as a generator wants them: status, where one ends, whether the
// connection stays open, and the server's own time. It is strict, since two readings of one length desynchronise a connection:
// a length that stands twice, is no number or stands beside a transfer coding, a line without CR LF, a folded header, or a space
// before a colon is malformed. Interim responses are passed over. What it leaves to a whole parser (101, and transfer codings
// other than chunked) it says, and reads no further.

const headBytesMax = 16 * 1024
const knownBytesMax = 512
const twoFrames = 'a Content-Length beside a Transfer-Encoding'
const headTooLong = 'malformed response: its head is longer than 16 KiB'
const space = 0x20
const lf = 0x0a
const cr = 0x0d
const colon = 0x3a

const incomplete = -1
const broken = -2

/** In place of the length of a body. */
const untold = -1
const inChunks = -2
const kept = -3

const contentLength = nameBytes('content-length')
const transferEncoding = nameBytes('transfer-encoding')
const connectionName = nameBytes('connection')
const serverTimingName = nameBytes('server-timing')
const keepAlive = nameBytes('keep-alive')
const chunked = nameBytes('chunked')
const statusLine = nameBytes('HTTP/1.')

type ParserOptions = {
  /** Answers to HEAD have no body whatever length they tell. */
  readonly bodiless: boolean
  readonly serverTiming: boolean
  /** What is kept of each response beside its figures; null where nobody reads it. */
  readonly keep: { readonly header: string; readonly bodyBytesMax: number } | null
}

export class ResponseParser {
  /** Of the last whole response. */
  status = 0
  /** The server's own word for its time, -1 where it says none. */
  serverNs = -1
  keepAlive = true
  /** The header that is kept; null where the response has none. */
  header: string | null = null
  /** Why nothing more can be read from this connection. */
  problem: string | null = null

  readonly #options: ParserOptions
  #chunk: Uint8Array = new Uint8Array(0)
  #at = 0
  #end = 0
  /** Bytes that are passed over, or `untold`, `inChunks` or `kept`, which `#body` reads. */
  #bodyLeft = 0
  #inBody = false
  readonly #body: BodyReader
  readonly #keptName: Uint8Array | null
  /** What the head tells: bytes, `untold` or `inChunks`. */
  #length = untold
  #minorVersion = 1
  #closes = false
  /** The beginning of a head whose end has not come yet. */
  #carry: Uint8Array | null = null
  #carried = 0
  /** The last head that came at once, whose figures are those of this object; none where `#knownBytes` is zero. */
  readonly #known = new Uint8Array(knownBytesMax)
  #knownBytes = 0
  /** What follows it; negative where `#body` reads that. */
  #knownBodyBytes = 0

  constructor(options: ParserOptions) {
    this.#options = options
    this.#body = new BodyReader(options.keep?.bodyBytesMax ?? 0)
    this.#keptName = options.keep === null ? null : nameBytes(options.keep.header)
  }

  /** The beginning of the last whole response's body, as far as it is kept. */
  get body(): string {
    return this.#bodyLeft < 0 ? this.#body.text : ''
  }

  /** Whether bytes are left that begin a response; an interim one counts, and so does what follows it. */
  get atNextResponse(): boolean {
    return !this.#inBody && this.#carried === 0 && this.#at < this.#end
  }

  /** Whether a response has begun and not ended. */
  get midway(): boolean {
    return this.#inBody || this.#carried > 0
  }

  /** Whether the response under way is whole when the other side ends the connection, having told no length. */
  get endsWithConnection(): boolean {
    return this.#inBody && this.#length === untold && this.problem === null
  }

  /** Takes what arrived; the bytes are read until `next` says that there is no further response in them. */
  push(chunk: Uint8Array, byteCount: number): void {
    this.#chunk = chunk
    this.#at = 0
    this.#end = byteCount
  }

  /** Whether one more response is whole. Hot path: once a response; `bench:generator` guards it. */
  next(): boolean {
    if (this.problem !== null) return false
    if (!this.#inBody) {
      do {
        if (!this.#head()) return false
      } while (this.status < 200)
    }
    if (this.#bodyLeft < 0) return this.#readBody()
    const available = this.#end - this.#at
    if (available < this.#bodyLeft) {
      this.#bodyLeft -= available
      this.#at = this.#end
      this.#inBody = true
      return false
    }
    this.#at += this.#bodyLeft
    this.#bodyLeft = 0
    this.#inBody = false
    return true
  }

  #readBody(): boolean {
    this.#at = this.#body.read(this.#chunk, this.#at, this.#end)
    if (this.#body.problem !== null) return this.#fail(this.#body.problem)
    this.#inBody = !this.#body.whole
    return this.#body.whole
  }

  #head(): boolean {
    if (this.#at >= this.#end) return false
    if (this.#carried > 0) return this.#carriedHead()
    if (this.#isKnownHead()) {
      this.#at += this.#knownBytes
      if (this.#knownBodyBytes < 0) return this.#frame()
      this.#bodyLeft = this.#knownBodyBytes
      return true
    }
    this.#knownBytes = 0
    const after = this.#readHead(this.#chunk, this.#at, this.#end)
    if (after === broken) return false
    if (after === incomplete) {
      this.#carryOn()
      return this.#at < this.#end ? this.#fail(headTooLong) : false
    }
    if (after - this.#at > headBytesMax) return this.#fail(headTooLong)
    this.#learnHead(after)
    this.#at = after
    const framed = this.#frame()
    this.#knownBodyBytes = this.#bodyLeft
    return framed
  }

  /** Servers repeat their heads byte by byte for a second: what was read of the last one then still holds. */
  #isKnownHead(): boolean {
    const byteCount = this.#knownBytes
    if (byteCount === 0 || this.#end - this.#at < byteCount) return false
    for (let index = 0; index < byteCount; index += 1) {
      if (this.#chunk[this.#at + index] !== this.#known[index]) return false
    }
    return true
  }

  #learnHead(after: number): void {
    const byteCount = after - this.#at
    if (byteCount > knownBytesMax) return
    for (let index = 0; index < byteCount; index += 1) this.#known[index] = this.#chunk[this.#at + index] ?? 0
    this.#knownBytes = byteCount
  }

  /** Keeps what has come of a head, as far as there is room. */
  #carryOn(): void {
    this.#carry ??= new Uint8Array(headBytesMax)
    const byteCount = Math.min(this.#end - this.#at, headBytesMax - this.#carried)
    this.#carry.set(this.#chunk.subarray(this.#at, this.#at + byteCount), this.#carried)
    this.#carried += byteCount
    this.#at += byteCount
  }

  /** A head that comes in parts is read again from its beginning with each of them: it is short. */
  #carriedHead(): boolean {
    const carriedBefore = this.#carried
    const from = this.#at
    this.#carryOn()
    const after = this.#readHead(this.#carry ?? this.#chunk, 0, this.#carried)
    if (after === broken) return false
    if (after === incomplete) return this.#at < this.#end ? this.#fail(headTooLong) : false
    this.#at = from + after - carriedBefore
    this.#carried = 0
    return this.#frame()
  }

  /** What follows the head (RFC 9112 §6.3). */
  #frame(): boolean {
    const { status } = this
    if (status === 101) return this.#fail('101 response')
    if (status < 200 || status === 204) {
      // Forbidden (RFC 9112 §6.1), and some parsers look for the chunks all the same.
      if (this.#length === inChunks) return this.#fail(`malformed response: ${status} with a body in chunks`)
      if (status < 200 && !this.keepAlive) return this.#fail(`malformed response: ${status} that closes the connection`)
      this.#bodyLeft = 0
      return true
    }
    if (this.#options.bodiless || status === 304) {
      this.#bodyLeft = 0
      return true
    }
    this.#bodyLeft = this.#length
    if (this.#length === inChunks) this.#body.beginChunks()
    else if (this.#length === untold) {
      this.keepAlive = false
      this.#body.beginLength(Number.POSITIVE_INFINITY)
    } else if (this.#keptName !== null) {
      this.#body.beginLength(this.#length)
      this.#bodyLeft = kept
    }
    return true
  }

  #fail(problem: string): false {
    this.problem = problem
    return false
  }

  #malformed(what: string): number {
    this.problem = `malformed response: ${what}`
    return broken
  }

  /** Position after the empty line, or why there is none. */
  #readHead(bytes: Uint8Array, from: number, end: number): number {
    let at = this.#readStatusLine(bytes, from, end)
    if (at < 0) return at
    this.#length = untold
    this.#closes = false
    this.header = null
    this.serverNs = -1
    for (;;) {
      if (at + 1 >= end) return incomplete
      if (bytes[at] === cr) {
        return bytes[at + 1] === lf ? at + 2 : this.#malformed('a line of its head does not end in CR LF')
      }
      at = this.#readHeader(bytes, at, end)
      if (at < 0) return at
    }
  }

  /** `HTTP/1.1 200 OK`; the words after the status may be missing. */
  #readStatusLine(bytes: Uint8Array, from: number, end: number): number {
    for (let index = 0; index < statusLine.length; index += 1) {
      if (from + index >= end) return incomplete
      if (bytes[from + index] !== statusLine[index]) return this.#malformed('it does not begin with HTTP/1.1')
    }
    if (from + 13 > end) return incomplete
    const minor = (bytes[from + 7] ?? 0) - 0x30
    if ((minor !== 1 && minor !== 0) || bytes[from + 8] !== space) {
      return this.#malformed('it does not begin with HTTP/1.1')
    }
    const status = number3(bytes, from + 9)
    const after = bytes[from + 12]
    if (status < 100 || (after !== space && after !== cr)) return this.#malformed('its status is no number of 3 digits')
    this.status = status
    this.#minorVersion = minor
    this.keepAlive = minor === 1
    return this.#endOfLine(bytes, from + 12, end)
  }

  #readHeader(bytes: Uint8Array, from: number, end: number): number {
    let at = from
    while (at < end && tokenBytes[bytes[at] ?? 0] === 1) at += 1
    if (at >= end) return incomplete
    if (bytes[at] !== colon || at === from) return this.#malformed('a line of its head is no header')
    const after = this.#endOfLine(bytes, at + 1, end)
    if (after < 0) return after
    switch (at - from) {
      case contentLength.length:
        if (isName(bytes, from, contentLength)) return this.#takeLength(bytes, at + 1, after)
        break
      case transferEncoding.length:
        if (isName(bytes, from, transferEncoding)) return this.#takeCoding(bytes, at + 1, after)
        break
      case connectionName.length:
        if (isName(bytes, from, connectionName)) this.#takeConnection(bytes, at + 1, after)
        break
      case serverTimingName.length:
        if (this.#options.serverTiming && isName(bytes, from, serverTimingName)) {
          this.serverNs = serverTimingNs(latin1(bytes, at + 1, after - 2), this.serverNs)
        }
        break
    }
    const name = this.#keptName
    if (name !== null && name.length === at - from && isName(bytes, from, name)) {
      this.header = latin1(bytes, at + 1, after - 2).trim()
    }
    return after
  }

  /** Position after CR LF. */
  #endOfLine(bytes: Uint8Array, from: number, end: number): number {
    let at = from
    for (; at < end; at += 1) {
      const byte = bytes[at] ?? 0
      if (textBytes[byte] === 1) continue
      if (byte !== cr) return this.#malformed('a line of its head holds a control character')
      if (at + 1 >= end) return incomplete
      return bytes[at + 1] === lf ? at + 2 : this.#malformed('a line of its head does not end in CR LF')
    }
    return incomplete
  }

  #takeLength(bytes: Uint8Array, from: number, after: number): number {
    if (this.#length === inChunks) return this.#malformed(twoFrames)
    if (this.#length !== untold) return this.#malformed('two Content-Length headers')
    let at = from
    while (isBlank(bytes[at])) at += 1
    let value = 0
    const first = at
    for (; (bytes[at] ?? 0) >= 0x30 && (bytes[at] ?? 0) <= 0x39; at += 1) value = value * 10 + (bytes[at] ?? 0) - 0x30
    const digits = at - first
    while (isBlank(bytes[at])) at += 1
    if (digits === 0 || digits > 15 || at !== after - 2) return this.#malformed('a Content-Length that is no number')
    this.#length = value
    return after
  }

  #takeCoding(bytes: Uint8Array, from: number, after: number): number {
    if (this.#length === inChunks) return this.#malformed('two Transfer-Encoding headers')
    if (this.#length !== untold) return this.#malformed(twoFrames)
    if (this.#minorVersion === 0) return this.#malformed('a Transfer-Encoding in HTTP/1.0')
    let first = from
    let last = after - 2
    while (isBlank(bytes[first])) first += 1
    while (last > first && isBlank(bytes[last - 1])) last -= 1
    if (last - first !== chunked.length || !isName(bytes, first, chunked)) {
      this.problem = 'transfer coding other than chunked'
      return broken
    }
    this.#length = inChunks
    return after
  }

  #takeConnection(bytes: Uint8Array, from: number, after: number): void {
    // Nearly every server sends exactly this, and a string of it would cost a twentieth of the request.
    const first = bytes[from] === space ? from + 1 : from
    if (after - 2 - first === keepAlive.length && isName(bytes, first, keepAlive)) {
      this.keepAlive = !this.#closes
      return
    }
    for (const word of latin1(bytes, from, after - 2).split(',')) {
      const option = word.trim().toLowerCase()
      if (option === 'close') this.#closes = true
      else if (option === 'keep-alive') this.keepAlive = true
    }
    if (this.#closes) this.keepAlive = false
  }
}

/**
 * The time of a `Server-Timing` header (W3C Server Timing §3) in whole nanoseconds: that of the metric `total`, else of the
 * first that tells one; `known` where none does. Metrics may hold each other, so they are never summed.
 */
export function serverTimingNs(value: string, known: number): number {
  let found = known
  for (const [metric] of value.matchAll(/(?:[^,"]|"(?:\\.|[^"\\])*")+/g)) {
    const duration = /;\s*dur\s*=\s*"?([0-9]+(?:\.[0-9]+)?)/i.exec(
      metric.replaceAll(/;\s*desc\s*=\s*"(?:\\.|[^"\\])*"/gi, ''),
    )
    if (duration === null) continue
    const total = /^\s*total\s*(;|$)/i.test(metric)
    if (found < 0 || total) found = Math.round(Number(duration[1]) * nsPerMs)
    if (total) break
  }
  return found
}
