import { textBytes, tokenBytes } from './http-bytes.js'

// Reads the bodies that cannot simply be passed over: in chunks (RFC 9112 §7.1), of no known length, or with something to keep.
// As strict as the head's parser, for the same reason: a size is hexadecimal digits and nothing else, a line ends in CR LF, an
// extension is a name with or without a value. What a server may add without end, extensions and trailers, is bounded over the
// whole body, as a head is.

const addedBytesMax = 16 * 1024
/** Sizes below 2^52, exact in a number. */
const sizeDigitsMax = 13
const lf = 0x0a
const cr = 0x0d
const quote = 0x22
const colon = 0x3a
const semicolon = 0x3b
const equals = 0x3d
const backslash = 0x5c

/** What the next byte belongs to. */
const states = {
  sizeFirst: 0,
  size: 1,
  extensionFirst: 2,
  extension: 3,
  valueFirst: 4,
  value: 5,
  quoted: 6,
  escaped: 7,
  quotedEnd: 8,
  sizeLf: 9,
  data: 10,
  dataCr: 11,
  dataLf: 12,
  lineFirst: 13,
  trailerName: 14,
  trailerValue: 15,
  trailerLf: 16,
  lastLf: 17,
} as const
type State = (typeof states)[keyof typeof states]

export class BodyReader {
  /** Whether all of it has been read, of chunks the trailers too. */
  whole = false
  /** Why it cannot be read. */
  problem: string | null = null
  #state: State = states.sizeFirst
  #chunkLeft = 0
  #digits = 0
  #addedBytes = 0
  #inChunks = false
  /** The beginning of the last body; it is as long as what is kept of one at most. */
  readonly #kept: Uint8Array
  #keptBytes = 0

  constructor(keptBytesMax: number) {
    this.#kept = new Uint8Array(keptBytesMax)
  }

  get text(): string {
    return Buffer.from(this.#kept.buffer, 0, this.#keptBytes).toString('utf8')
  }

  beginChunks(): void {
    this.whole = false
    this.#inChunks = true
    this.#state = states.sizeFirst
    this.#addedBytes = 0
    this.#keptBytes = 0
  }

  /** Infinitely many bytes are those until the connection ends. */
  beginLength(bytes: number): void {
    this.whole = bytes === 0
    this.#inChunks = false
    this.#state = states.data
    this.#chunkLeft = bytes
    this.#keptBytes = 0
  }

  /** Returns the position behind what belongs to the body; where there is a problem, any. */
  read(bytes: Uint8Array, from: number, end: number): number {
    let at = from
    while (at < end && !this.whole && this.problem === null) {
      if (this.#state === states.data) {
        at = this.#takeData(bytes, at, Math.min(this.#chunkLeft, end - at))
      } else {
        this.#take(bytes[at] ?? 0)
        at += 1
      }
    }
    return at
  }

  #takeData(bytes: Uint8Array, from: number, byteCount: number): number {
    const keptCount = Math.min(byteCount, this.#kept.length - this.#keptBytes)
    if (keptCount > 0) {
      this.#kept.set(bytes.subarray(from, from + keptCount), this.#keptBytes)
      this.#keptBytes += keptCount
    }
    this.#chunkLeft -= byteCount
    if (this.#chunkLeft > 0) return from + byteCount
    if (this.#inChunks) this.#state = states.dataCr
    else this.whole = true
    return from + byteCount
  }

  #take(byte: number): void {
    if (this.#state >= states.lineFirst) this.#takeTrailer(byte)
    else if (this.#state >= states.extensionFirst && this.#state <= states.quotedEnd) this.#takeExtension(byte)
    else this.#takeFrame(byte)
  }

  #takeFrame(byte: number): void {
    switch (this.#state) {
      case states.sizeFirst:
        this.#chunkLeft = 0
        this.#digits = 0
        this.#takeDigit(byte)
        return
      case states.size:
        if (byte === cr) this.#state = states.sizeLf
        else if (byte === semicolon) this.#state = states.extensionFirst
        else this.#takeDigit(byte)
        return
      case states.sizeLf:
        this.#expect(byte, lf, this.#chunkLeft === 0 ? states.lineFirst : states.data)
        return
      case states.dataCr:
        this.#expect(byte, cr, states.dataLf)
        return
      default:
        this.#expect(byte, lf, states.sizeFirst)
    }
  }

  #takeDigit(byte: number): void {
    const digit = hexDigit(byte)
    this.#digits += 1
    if (digit < 0) this.#malformed('the size of a chunk is no hexadecimal number')
    else if (this.#digits > sizeDigitsMax) this.#malformed('the size of a chunk has more than 13 digits')
    this.#chunkLeft = this.#chunkLeft * 16 + digit
    this.#state = states.size
  }

  #takeExtension(byte: number): void {
    if (!this.#hasRoom()) return
    const { quoted, escaped, valueFirst, value, extension, extensionFirst, quotedEnd } = states
    if (this.#state === escaped) this.#within(byte, quoted)
    else if (this.#state === quoted) {
      if (byte === quote) this.#state = quotedEnd
      else this.#within(byte, byte === backslash ? escaped : quoted)
    } else if (tokenBytes[byte] === 1 && this.#state !== quotedEnd) {
      this.#state = this.#state <= extension ? extension : value
    } else if (this.#state === valueFirst && byte === quote) this.#state = quoted
    else if (this.#state === extensionFirst || this.#state === valueFirst) this.#badExtension()
    else if (byte === cr) this.#state = states.sizeLf
    else if (byte === semicolon) this.#state = extensionFirst
    else if (byte === equals && this.#state === extension) this.#state = valueFirst
    else this.#badExtension()
  }

  #within(byte: number, next: State): void {
    if (textBytes[byte] === 1) this.#state = next
    else this.#badExtension()
  }

  #takeTrailer(byte: number): void {
    if (!this.#hasRoom()) return
    switch (this.#state) {
      case states.lineFirst:
        if (byte === cr) this.#state = states.lastLf
        else if (tokenBytes[byte] === 1) this.#state = states.trailerName
        else this.#malformed('a line of its trailers is no header')
        return
      case states.trailerName:
        if (byte === colon) this.#state = states.trailerValue
        else if (tokenBytes[byte] !== 1) this.#malformed('a line of its trailers is no header')
        return
      case states.trailerValue:
        if (byte === cr) this.#state = states.trailerLf
        else if (textBytes[byte] !== 1) this.#malformed('a line of its trailers holds a control character')
        return
      case states.trailerLf:
        this.#expect(byte, lf, states.lineFirst)
        return
      default:
        this.#expect(byte, lf, states.sizeFirst)
        this.whole = this.problem === null
    }
  }

  #expect(byte: number, wanted: number, next: State): void {
    if (byte === wanted) this.#state = next
    else this.#malformed('a chunk or a line of its body does not end in CR LF')
  }

  #hasRoom(): boolean {
    this.#addedBytes += 1
    if (this.#addedBytes > addedBytesMax) {
      this.#malformed('extensions and trailers of its body are longer than 16 KiB')
    }
    return this.problem === null
  }

  #badExtension(): void {
    this.#malformed('an extension of a chunk is no name with or without a value')
  }

  #malformed(what: string): void {
    this.problem = `malformed response: ${what}`
  }
}

/** The digit's value, or -1. */
function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}
