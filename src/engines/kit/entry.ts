import { assert } from '../../core/assert.js'
import type { InstantNs } from '../../core/units.js'
import type { Envelope, Message, Stamp, Subscription } from '../../platform/bus/envelope.js'
import type { Topic } from '../model/messages.js'
import type { Input } from './define.js'

/** A message whose envelopes are under way: acknowledged when the last of them is settled. */
export type Arrival = { readonly subscription: Subscription; readonly message: Message; remaining: number }

/** The times before the work on an input. */
export type ArrivalTimes = { readonly polledAt: InstantNs; readonly receivedAt: InstantNs }

/** An input on its way through the host; engines see it as `Input`. It settles once. */
export class Entry implements Input {
  readonly topic: Topic
  readonly envelope: Envelope
  /** None for what came by HTTP. */
  readonly arrival: Arrival | null
  readonly polledAt: InstantNs
  readonly receivedAt: InstantNs
  startedAt: InstantNs
  /** Read without a group: it says what happened to a tick, and never decides how the tick ends. */
  readonly observed: boolean
  settled = false
  held = false

  constructor(topic: Topic, envelope: Envelope, arrival: Arrival | null, times: ArrivalTimes) {
    this.topic = topic
    this.envelope = envelope
    this.arrival = arrival
    this.observed = arrival !== null && arrival.subscription.group === undefined
    this.polledAt = times.polledAt
    this.receivedAt = times.receivedAt
    this.startedAt = times.receivedAt
  }
}

export function entryOf(input: Input): Entry {
  assert(input instanceof Entry, 'an input is one that the host made')
  return input
}

/** The envelope that continues an input: its own past, and the stamp of this engine. */
export function continued(entry: Entry, engine: string, doneAt: InstantNs, body: unknown): Envelope {
  const { run, seq, intendedAt, sentAt, stamps } = entry.envelope
  const { polledAt, receivedAt, startedAt } = entry
  const stamp: Stamp = { engine, polledAt, receivedAt, startedAt, doneAt }
  return { run, seq, intendedAt, sentAt, stamps: stamps.concat(stamp), body }
}
