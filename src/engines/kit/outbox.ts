import type { Clock } from '../../core/clock.js'
import type { InstantNs } from '../../core/units.js'
import { type Envelope, noSeq, type Transport } from '../../platform/bus/envelope.js'
import { DurationSummary } from '../../platform/telemetry/registry.js'
import type { Topic } from '../model/messages.js'
import { type Arrival, continued, type Entry } from './entry.js'

// What an engine has made and the bus has not yet taken. A flush stamps, publishes, then acknowledges, in one pipeline: the
// acknowledgement of an input can never leave before what was made of it.

type Item = { readonly entry: Entry; readonly body: unknown }
/** Items continue inputs; without items the body stands alone. */
type Output = { readonly topic: Topic; readonly run: string; items: readonly Item[] | null; readonly body: unknown }

/** Flushes whose answer is awaited at the same time, before the host takes no more input. */
const flushesMax = 64

export class Outbox {
  /** From the start of the work on an input to the hand-over of what was made of it. */
  readonly processing = new DurationSummary()
  #ofRun = new DurationSummary()
  readonly #engine: string
  readonly #transport: Transport
  readonly #clock: Clock
  #outputs: Output[] = []
  #settled: Arrival[] = []
  #openedAt: InstantNs | null = null
  #underWay = 0
  #last: Promise<void> = Promise.resolve()

  constructor(engine: string, transport: Transport, clock: Clock) {
    this.#engine = engine
    this.#transport = transport
    this.#clock = clock
  }

  /** The same of the newest run alone. */
  get processingOfRun(): DurationSummary {
    return this.#ofRun
  }

  beginRun(): void {
    this.#ofRun = new DurationSummary()
  }

  record(entry: Entry, doneAt: InstantNs): void {
    const tookNs = doneAt - entry.startedAt
    this.processing.record(tookNs)
    this.#ofRun.record(tookNs)
  }

  /** Outputs added so far and not flushed: a mark for `retract`. */
  get length(): number {
    return this.#outputs.length
  }

  /** When the oldest output was added that still waits. */
  get openedAt(): InstantNs | null {
    return this.#openedAt
  }

  get empty(): boolean {
    return this.#outputs.length === 0 && this.#settled.length === 0
  }

  /** True while the medium is so far behind that more input would only queue up here. */
  get congested(): boolean {
    return this.#underWay >= flushesMax
  }

  add(topic: Topic, items: readonly Item[]): void {
    this.#push({ topic, run: '', items, body: null })
  }

  addLone(topic: Topic, run: string, body: unknown): void {
    this.#push({ topic, run, items: null, body })
  }

  settle(arrival: Arrival): void {
    arrival.remaining -= 1
    if (arrival.remaining === 0) this.#settled.push(arrival)
  }

  /** Takes back what was made of an entry since the mark. */
  retract(entry: Entry, mark: number): void {
    for (let index = mark; index < this.#outputs.length; index += 1) {
      const output = this.#outputs[index]
      if (output?.items != null) output.items = output.items.filter((item) => item.entry !== entry)
    }
  }

  /** Hot path: stamps at the last moment before encoding, then one write. Resolves when the medium has taken all so far. */
  flush(): Promise<void> {
    if (this.empty) return this.#last
    for (const output of this.#outputs) {
      if (output.items === null) this.#transport.publish(output.topic, [this.#lone(output)])
      else if (output.items.length > 0) this.#transport.publish(output.topic, this.#stamped(output.items))
    }
    for (const arrival of this.#settled) this.#transport.acknowledge(arrival.subscription, arrival.message)
    this.#outputs = []
    this.#settled = []
    this.#openedAt = null
    this.#underWay += 1
    this.#last = this.#transport.flush().finally(this.#landed)
    // A failure is told by `transport.lost` too; here it only must not count as unhandled.
    this.#last.catch(ignore)
    return this.#last
  }

  readonly #landed = (): void => {
    this.#underWay -= 1
  }

  #push(output: Output): void {
    this.#openedAt ??= this.#clock.now()
    this.#outputs.push(output)
  }

  #stamped(items: readonly Item[]): Envelope[] {
    const doneAt = this.#clock.now()
    const envelopes: Envelope[] = []
    for (const { entry, body } of items) {
      envelopes.push(continued(entry, this.#engine, doneAt, body))
      this.record(entry, doneAt)
    }
    return envelopes
  }

  #lone({ run, body }: Output): Envelope {
    const now = this.#clock.now()
    return { run, seq: noSeq, intendedAt: now, sentAt: now, stamps: [], body }
  }
}

const ignore = (): void => undefined
