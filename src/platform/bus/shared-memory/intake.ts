import type { Delivery, Message, Subscription, TransportCounters } from '../envelope.js'
import { decodeEnvelopes } from '../envelope-codec.js'
import type { Region, Ring } from './region.js'
import { RingReader } from './ring.js'

// What comes to one subscription: the rings that lead to its inbox, read in turns. For a group a record stays in its ring
// until it and all before it are acknowledged, so that whoever takes the inbox over reads it again; for a reader it goes at
// once.
//
// Known limits: a group holds back at most half of each ring. What is older is given back although nobody acknowledged it, and
// does not come again: one input that hangs must not stop a producer. A message of more than a quarter of its ring may wait
// for it all the same: the padding before it may take as much again.

export type Taken = { readonly source: Source; readonly position: number; readonly count: number; settled: boolean }

/** One ring on the side of its consumer. */
export class Source {
  readonly ring: number
  readonly producer: number
  readonly reader: RingReader
  readonly #taken: Taken[] = []

  constructor(region: Region, { index, producer }: Ring) {
    this.ring = index
    this.producer = producer
    this.reader = new RingReader(region.placeOf(index))
  }

  /** Nothing in it, and nothing of it under way. */
  get drained(): boolean {
    return this.#taken.length === 0 && !this.reader.look()
  }

  /** Notes the record that the reader has come to. */
  take(): Taken {
    const taken = { source: this, position: this.reader.position, count: this.reader.count, settled: false }
    this.#taken.push(taken)
    return taken
  }

  /** Gives back what is settled from the oldest on, and of the rest what is beyond half of the ring. */
  release(): void {
    const { reader } = this
    let { heldBytes } = reader
    let done = 0
    for (const { settled, position } of this.#taken) {
      if (!settled && heldBytes <= reader.dataBytes / 2) break
      heldBytes = reader.bytesAfter(position)
      done += 1
    }
    const last = this.#taken[done - 1]
    if (last === undefined) return
    reader.release(last.position, last.count)
    this.#taken.splice(0, done)
  }
}

export class Intake {
  readonly inbox: number
  readonly subscription: Subscription
  readonly onDelivery: (delivery: Delivery) => Promise<void>
  /** A delivery is being handled. */
  busy = false
  sources: Source[] = []
  readonly #counters: TransportCounters
  readonly #taken: Map<string, Taken>
  readonly #nextId: () => number
  #first = 0

  constructor(
    inbox: number,
    to: { readonly subscription: Subscription; readonly onDelivery: (delivery: Delivery) => Promise<void> },
    shared: {
      readonly counters: TransportCounters
      readonly taken: Map<string, Taken>
      readonly nextId: () => number
    },
  ) {
    this.inbox = inbox
    this.subscription = to.subscription
    this.onDelivery = to.onDelivery
    this.#counters = shared.counters
    this.#taken = shared.taken
    this.#nextId = shared.nextId
  }

  /** Hot path: sees what has come by now; true where there is anything to take. */
  look(): boolean {
    let found = false
    for (const { reader } of this.sources) if (reader.look()) found = true
    return found
  }

  /** Hot path: up to `countMax` messages that the last look saw, of all sources; another source comes first each time. */
  take(countMax: number): Message[] {
    const messages: Message[] = []
    const { sources } = this
    this.#first = sources.length === 0 ? 0 : (this.#first + 1) % sources.length
    for (let turn = 0; turn < sources.length && messages.length < countMax; turn += 1) {
      const source = sources[(this.#first + turn) % sources.length]
      if (source !== undefined) this.#takeFrom(source, messages, countMax)
    }
    return messages
  }

  #takeFrom(source: Source, messages: Message[], countMax: number): void {
    const { reader } = source
    const { group, topics } = this.subscription
    while (messages.length < countMax && reader.nextSeen()) {
      const envelopes = decodeEnvelopes(reader.bytes.subarray(reader.offset, reader.offset + reader.length))
      const taken = group === undefined ? null : source.take()
      const topic = topics[reader.tag]
      if (envelopes === null || topic === undefined) {
        this.#counters.malformed += 1
        if (taken !== null) taken.settled = true
        continue
      }
      const id = String(this.#nextId())
      if (taken !== null) this.#taken.set(id, taken)
      messages.push({ topic, id, envelopes })
    }
    reader.noteRead()
    if (group === undefined) reader.release()
    else source.release()
  }
}
