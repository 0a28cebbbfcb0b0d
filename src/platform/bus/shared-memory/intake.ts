import type { Delivery, Message, Subscription, TransportCounters } from '../envelope.js'
import { decodeEnvelopes } from '../envelope-codec.js'
import { topicIn } from './parts.js'
import type { Source, Taken } from './source.js'

// What comes to one subscription: the rings that lead to its inbox, read in turns. A group gives back what it has
// acknowledged, a reader all at once.

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
      const payload = source.take(group !== undefined)
      if (payload === null) continue
      const { taken } = source
      const envelopes = decodeEnvelopes(payload)
      const topic = topics[topicIn(reader.tag)]
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
