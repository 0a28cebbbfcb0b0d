import type { TransportCounters } from '../envelope.js'
import { continuesIn, partsLeftIn } from './parts.js'
import type { Region, Ring } from './region.js'
import { RingReader } from './ring.js'

// One ring on the side of its consumer. For a group a record stays in it until it and all before it are acknowledged, so that
// whoever takes the inbox over reads it again.
//
// Known limits: a group holds back at most half of each ring. What is older is given back although nobody acknowledged it, and
// does not come again: one input that hangs must not stop a producer. Nor does a message that is larger than that half.

/** A record that was taken and not yet given back. */
export type Taken = {
  readonly source: Source
  readonly position: number
  readonly count: number
  /** The first record of its message, which stands for all of it; null for that one. */
  readonly first: Taken | null
  settled: boolean
}

export class Source {
  readonly ring: number
  readonly producer: number
  readonly reader: RingReader
  /** Stands for the message that was taken last; null for a reader, which gives all back at once. */
  taken: Taken | null = null
  readonly #counters: TransportCounters
  readonly #held: Taken[] = []
  /** Copies: their records may be given back before the message is whole. */
  #parts: Buffer[] = []
  #partsLeft = 0

  constructor(region: Region, { index, producer }: Ring, counters: TransportCounters) {
    this.ring = index
    this.producer = producer
    this.reader = new RingReader(region.placeOf(index))
    this.#counters = counters
  }

  /** Nothing in it, and nothing of it under way. */
  get drained(): boolean {
    return this.#held.length === 0 && !this.reader.look()
  }

  /**
   * Hot path: takes the record that the reader has come to, and gives the message that it completes; null where there is more
   * to come, or where its beginning is missing.
   */
  take(holds: boolean): Buffer | null {
    const { reader } = this
    const { tag } = reader
    const continues = continuesIn(tag)
    const partsLeft = partsLeftIn(tag)
    const follows = continues ? partsLeft === this.#partsLeft - 1 : this.#partsLeft === 0
    if (!follows) this.#giveUp()
    // Its beginning went to whoever read here before.
    const stray = continues && !follows
    if (holds) this.#hold(continues, stray)
    if (stray) {
      if (partsLeft === 0) this.#counters.malformed += 1
      return null
    }
    const bytes = reader.bytes.subarray(reader.offset, reader.offset + reader.length)
    this.#partsLeft = partsLeft
    if (!continues && partsLeft === 0) return bytes
    this.#parts.push(Buffer.from(bytes))
    return partsLeft > 0 ? null : Buffer.concat(this.#parts.splice(0))
  }

  /** Gives back what is settled from the oldest on, and of the rest what is beyond half of the ring. */
  release(): void {
    const { reader } = this
    let { heldBytes } = reader
    let done = 0
    for (const { settled, first, position } of this.#held) {
      if (!(first?.settled ?? settled) && heldBytes <= reader.dataBytes / 2) break
      heldBytes = reader.bytesAfter(position)
      done += 1
    }
    const last = this.#held[done - 1]
    if (last === undefined) return
    reader.release(last.position, last.count)
    this.#held.splice(0, done)
  }

  #hold(continues: boolean, settled: boolean): void {
    const { position, count } = this.reader
    const taken: Taken = { source: this, position, count, first: continues && !settled ? this.taken : null, settled }
    this.#held.push(taken)
    if (taken.first === null) this.taken = taken
  }

  /** The rest of a message never came: its producer gave it up. */
  #giveUp(): void {
    if (this.#partsLeft === 0) return
    this.#counters.malformed += 1
    if (this.taken !== null) this.taken.settled = true
    this.#parts = []
    this.#partsLeft = 0
  }
}
