import type { NautilusError } from '../../core/errors.js'
import type { DurationNs, InstantNs } from '../../core/units.js'

// What travels on the bus. One envelope is one tick (or one order) on its way; a message on the wire is an array of
// envelopes, so that a batch keeps the identity and the stamps of each member.

/** The times one engine adds. All are CLOCK_MONOTONIC of the host. */
export type Stamp = {
  readonly engine: string
  /** When the engine last began to wait for input: before this it was busy, which must not look like a slow bus. */
  readonly polledAt: InstantNs
  readonly receivedAt: InstantNs
  readonly startedAt: InstantNs
  /** When the result was handed to the bus; a batching window therefore belongs to the engine that waits. */
  readonly doneAt: InstantNs
}

export type Envelope<Body = unknown> = {
  /** The run that the tick belongs to; engines keep one state per run. */
  readonly run: string
  /** Position in the driver's schedule, warm-up included; -1 for what no tick caused. */
  readonly seq: number
  readonly intendedAt: InstantNs
  readonly sentAt: InstantNs
  readonly stamps: readonly Stamp[]
  readonly body: Body
}

export const noSeq = -1

/** One message as it arrived: the envelopes of a batch share topic, id and arrival. */
export type Message = { readonly topic: string; readonly id: string; readonly envelopes: readonly Envelope[] }

/** What one wait brought. */
export type Delivery = {
  readonly polledAt: InstantNs
  readonly receivedAt: InstantNs
  readonly messages: readonly Message[]
}

export type Subscription = {
  readonly topics: readonly string[]
  /** Consumer group: members share the messages, each is delivered to one of them and again until acknowledged. None: every reader gets all. */
  readonly group?: string
  /** Name of this member within its group. */
  readonly consumer?: string
}

/** What a transport could not pass on, and what it passed on again. */
export type TransportCounters = {
  /** Not decodable. */
  malformed: number
  /** Trimmed away before they were read. */
  trimmed: number
  /** Delivered before, to this member or to one that is gone, and never acknowledged. */
  redelivered: number
  /** Gave way to newer ones, of topics where the latest is all that counts. */
  superseded: number
}

/**
 * A way for envelopes to travel between engines. `publish` only queues; `flush` hands everything queued to the medium in
 * one go, publications before acknowledgements, so that a crash repeats messages rather than losing them. A bus that gathers
 * may hand it over a moment later, together with what comes until then; `close` hands over what still waits.
 */
export type Transport = {
  readonly kind: 'in-process' | 'redis' | 'shared-memory'
  readonly counters: TransportCounters
  /** Connections of this process to the medium; none where there is no server. */
  readonly connections?: {
    readonly inUse: number
    readonly idle: number
    readonly limit: number
    readonly refused: number
  }
  /** Asks the server whether it is there; none where there is no server. Rejects after `deadlineNs`. */
  ping?(deadlineNs: DurationNs): Promise<void>
  /** Resolves when the medium is lost for good; stays open while all is well and after `close`. Never rejects. */
  readonly lost: Promise<NautilusError>
  publish(topic: string, envelopes: readonly Envelope[]): void
  acknowledge(subscription: Subscription, message: Message): void
  /** Resolves when the medium has taken what was queued; rejects with NautilusError after `deadlineNs`, by default its own. */
  flush(deadlineNs?: DurationNs): Promise<void>
  /** Calls `onDelivery` for each wait that brought messages and waits for its promise before the next. Resolves once listening. */
  subscribe(subscription: Subscription, onDelivery: (delivery: Delivery) => Promise<void>): Promise<void>
  /** Messages waiting on a topic for a group, where the medium knows. */
  depth(topic: string, group: string): Promise<number>
  close(): Promise<void>
}
