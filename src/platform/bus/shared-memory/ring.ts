import { assert } from '../../../core/assert.js'

// A queue of records between one producer and one consumer over memory that both see: a file that two processes have
// mapped, or a buffer of two threads.
//
// Layout: a line of the producer (head, records written, times it was full), a line of the consumer (tail, records released,
// records read), then the data, a power of two of bytes. Head and tail count units of 8 bytes modulo 2^32 and are kept 128
// bytes apart, because processors fetch lines of 64 bytes in pairs. A record is a head of two words, length and tag, and its
// payload up to the next unit. It is never split: where it does not fit before the end, a record of padding fills the rest.
//
// Ordering: payload first, then the head by an atomic store, so a record is visible whole or not at all; one commit may
// cover many records. What a producer wrote and did not commit before it died is written over by the next. The consumer
// reads from where it is and releases by an atomic store of the tail; what it read and did not release before it died is
// read again by the next. Each side keeps the last cursor that it saw of the other, and looks again only where that is not
// enough.
//
// Known limits: a ring does not know who uses it. That there is one producer and one consumer is for its owner to see to.

const unitBytes = 8
const unitShift = 3
const wordsPerUnit = 2
const lineWords = 32
const paddingLength = -1

const producerLine = { head: 0, written: 1, full: 2 } as const
const consumerLine = { tail: lineWords, released: lineWords + 1, read: lineWords + 2 } as const
const controlBytes = 2 * lineWords * Int32Array.BYTES_PER_ELEMENT
/** Length and tag. */
const recordHeadBytes = unitBytes

/** A part of a buffer that holds a ring: `ringBytes(dataBytes)` from `at`, which is a multiple of 128. */
export type RingPlace = {
  readonly buffer: ArrayBuffer | SharedArrayBuffer
  readonly at: number
  readonly dataBytes: number
}

/** Memory that a ring takes. */
export const ringBytes = (dataBytes: number): number => controlBytes + dataBytes

/** The largest payload: padding before it and the record itself must always fit. */
export const payloadBytesMax = (dataBytes: number): number => dataBytes / 2 - recordHeadBytes

/** Records committed and not yet released. */
export function recordsWaiting(place: RingPlace): number {
  const { control } = viewsOf(place)
  const released = Atomics.load(control, consumerLine.released)
  return (Atomics.load(control, producerLine.written) - released) >>> 0
}

/** Makes the ring of two sides that are gone as good as new. */
export function clearRing(place: RingPlace): void {
  viewsOf(place).control.fill(0)
}

export class RingWriter {
  /** The data, to write a claimed payload in place. */
  readonly bytes: Buffer
  readonly words: Int32Array
  readonly payloadBytesMax: number
  readonly #control: Int32Array
  readonly #units: number
  /** End of the committed records, of the claimed ones, and the last tail seen. */
  #head: number
  #next: number
  #tail: number
  #written: number

  constructor(place: RingPlace) {
    const { control, words, bytes } = viewsOf(place)
    this.bytes = bytes
    this.words = words
    this.payloadBytesMax = payloadBytesMax(place.dataBytes)
    this.#control = control
    this.#units = place.dataBytes / unitBytes
    this.#head = Atomics.load(control, producerLine.head)
    this.#next = this.#head
    this.#tail = Atomics.load(control, consumerLine.tail)
    this.#written = Atomics.load(control, producerLine.written)
  }

  /** Times that a claim found no room. */
  get fullCount(): number {
    return Atomics.load(this.#control, producerLine.full) >>> 0
  }

  /** Hot path (`bench:ring`): where in `bytes` a payload of this length is to be written, or -1 where the ring is full. */
  claim(payloadBytes: number, tag: number): number {
    assert(payloadBytes >= 0 && payloadBytes <= this.payloadBytesMax, 'a payload fits into half of its ring')
    const units = (recordHeadBytes + payloadBytes + unitBytes - 1) >>> unitShift
    let at = this.#next & (this.#units - 1)
    const untilEnd = this.#units - at
    const padding = units <= untilEnd ? 0 : untilEnd
    if (!this.#hasRoom(units + padding)) return -1
    if (padding > 0) {
      this.words[at * wordsPerUnit] = paddingLength
      this.#next = (this.#next + padding) | 0
      at = 0
    }
    this.words[at * wordsPerUnit] = payloadBytes
    this.words[at * wordsPerUnit + 1] = tag
    this.#next = (this.#next + units) | 0
    this.#written = (this.#written + 1) | 0
    return at * unitBytes + recordHeadBytes
  }

  /** Claims and copies; false where the ring is full. */
  write(payload: Uint8Array, tag: number): boolean {
    const at = this.claim(payload.length, tag)
    if (at < 0) return false
    this.bytes.set(payload, at)
    return true
  }

  /** Hot path: makes all that was claimed visible; false where there was nothing. */
  commit(): boolean {
    if (this.#next === this.#head) return false
    this.#head = this.#next
    this.#control[producerLine.written] = this.#written
    Atomics.store(this.#control, producerLine.head, this.#head)
    return true
  }

  #hasRoom(units: number): boolean {
    if (this.#units - ((this.#next - this.#tail) >>> 0) >= units) return true
    this.#tail = Atomics.load(this.#control, consumerLine.tail)
    if (this.#units - ((this.#next - this.#tail) >>> 0) >= units) return true
    Atomics.add(this.#control, producerLine.full, 1)
    return false
  }
}

export class RingReader {
  /** The data; a payload lies in it until its record is released. */
  readonly bytes: Buffer
  readonly words: Int32Array
  /** Of the record that `next` came to. */
  offset = 0
  length = 0
  tag = 0
  /** End of that record, and how many records of the ring end there or before: what `release` takes. */
  position: number
  count: number
  /** Records that an earlier consumer read and did not release: they come again. */
  readonly repeatedCount: number
  readonly #control: Int32Array
  readonly #units: number
  #head: number
  #released: number

  constructor(place: RingPlace) {
    const { control, words, bytes } = viewsOf(place)
    this.bytes = bytes
    this.words = words
    this.#control = control
    this.#units = place.dataBytes / unitBytes
    this.position = Atomics.load(control, consumerLine.tail)
    this.count = Atomics.load(control, consumerLine.released)
    this.#released = this.position
    this.#head = this.position
    const unreleased = (Atomics.load(control, consumerLine.read) - this.count) | 0
    this.repeatedCount = Math.max(0, unreleased)
  }

  /** Hot path: sees what is committed by now; true where there is a record to go on to. */
  look(): boolean {
    this.#head = Atomics.load(this.#control, producerLine.head)
    return this.position !== this.#head
  }

  /** Bytes that were read and not yet released. */
  get heldBytes(): number {
    return this.bytesAfter(this.#released)
  }

  /** Bytes that were read after a position. */
  bytesAfter(position: number): number {
    return ((this.position - position) >>> 0) * unitBytes
  }

  get dataBytes(): number {
    return this.#units * unitBytes
  }

  /** Hot path (`bench:ring`): goes on to the next committed record; false where there is none. */
  next(): boolean {
    return (this.position !== this.#head || this.look()) && this.nextSeen()
  }

  /** Hot path: the same of those that the last look saw. */
  nextSeen(): boolean {
    if (this.position === this.#head) return false
    let at = this.position & (this.#units - 1)
    let length = this.words[at * wordsPerUnit] ?? 0
    if (length === paddingLength) {
      this.position = (this.position + this.#units - at) | 0
      at = 0
      length = this.words[0] ?? 0
    }
    const units = (recordHeadBytes + length + unitBytes - 1) >>> unitShift
    assert(length >= 0 && units <= (this.#head - this.position) >>> 0, 'a committed record lies within its ring')
    this.offset = at * unitBytes + recordHeadBytes
    this.length = length
    this.tag = this.words[at * wordsPerUnit + 1] ?? 0
    this.position = (this.position + units) | 0
    this.count = (this.count + 1) | 0
    return true
  }

  /** Leaves word of how far it read, for the consumer that comes after. */
  noteRead(): void {
    this.#control[consumerLine.read] = this.count
  }

  /** Gives the memory of all records up to one that was read back to the producer; without one, of all that were read. */
  release(position = this.position, count = this.count): void {
    if (position === this.#released) return
    this.#released = position
    this.#control[consumerLine.released] = count
    Atomics.store(this.#control, consumerLine.tail, position)
  }
}

function viewsOf({ buffer, at, dataBytes }: RingPlace): { control: Int32Array; words: Int32Array; bytes: Buffer } {
  assert(dataBytes >= 64 && (dataBytes & (dataBytes - 1)) === 0, 'the data of a ring are a power of two of bytes')
  assert(at % 128 === 0, 'a ring begins on a pair of cache lines')
  const wordBytes = Int32Array.BYTES_PER_ELEMENT
  return {
    control: new Int32Array(buffer, at, controlBytes / wordBytes),
    words: new Int32Array(buffer, at + controlBytes, dataBytes / wordBytes),
    bytes: Buffer.from(buffer, at + controlBytes, dataBytes),
  }
}
