import { unbatched } from '../../platform/bus/config.js'
import type { Delivery, Transport } from '../../platform/bus/envelope.js'
import { createTransport } from '../../platform/bus/transport.js'
import type { TargetClient } from './client.js'
import type { ClientContext } from './client-plan.js'
import { Correlation } from './correlation.js'
import type { BusPlan } from './protocol-plans.js'
import { Texts } from './texts.js'
import { reasonOf } from './under-way.js'

// A message on one topic and its answer on another, known by the seq of the envelope. Every worker reads all answers and takes
// its own: a group of consumers would share them out.

export class BusClient implements TargetClient {
  readonly path = 'bus'
  readonly #plan: BusPlan
  readonly #context: ClientContext
  readonly #texts: Texts
  readonly #correlation: Correlation
  #transport: Transport | null = null

  constructor(plan: BusPlan, context: ClientContext) {
    this.#plan = plan
    this.#context = context
    this.#texts = new Texts([plan.body], plan.data)
    this.#correlation = new Correlation(context.slotCount)
  }

  async open(): Promise<void> {
    this.#transport = await createTransport(unbatched(this.#plan.address), this.#context.clock)
    await this.#transport.subscribe({ topics: [this.#plan.answers] }, (delivery) => this.#take(delivery))
  }

  send(slot: number, seq: number): void {
    const { sink, clock } = this.#context
    const sentAt = clock.now()
    this.#correlation.begin(slot, seq)
    sink.sent(slot, sentAt)
    const { run, topic } = this.#plan
    const body = bodyOf(this.#texts.first(seq))
    this.#transport?.publish(topic, [{ run, seq, intendedAt: sentAt, sentAt, stamps: [], body }])
  }

  /** What was published in one turn leaves at once. */
  flush(): void {
    this.#transport?.flush().catch((error: unknown) => this.#failAll(reasonOf(error)))
  }

  abandon(slot: number): void {
    this.#correlation.forget(slot)
  }

  async close(): Promise<void> {
    await this.#transport?.close()
  }

  #take({ receivedAt, messages }: Delivery): Promise<void> {
    const { sink, clock } = this.#context
    for (const { envelopes } of messages) {
      for (const { run, seq } of envelopes) {
        const slot = run === this.#plan.run ? this.#correlation.end(seq) : -1
        if (slot < 0) continue
        sink.firstByte(slot, receivedAt)
        sink.done(slot, clock.now(), null, -1)
      }
    }
    return Promise.resolve()
  }

  #failAll(reason: string): void {
    const at = this.#context.clock.now()
    for (const slot of this.#correlation.slots()) {
      this.#correlation.forget(slot)
      this.#context.sink.done(slot, at, reason, -1)
    }
  }
}

/** JSON where the text is one, else the text itself. */
function bodyOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
