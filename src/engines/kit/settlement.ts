import type { Clock } from '../../core/clock.js'
import { type Envelope, noSeq } from '../../platform/bus/envelope.js'
import { type Outcome, type OutcomeKind, type Topic, topics } from '../model/messages.js'
import type { Input } from './define.js'
import { continued, type Entry, entryOf } from './entry.js'
import type { Outbox } from './outbox.js'
import type { Runs } from './runs.js'

/**
 * The ways in which an input ends. It ends once: what an engine makes of an input that has ended already (by its deadline,
 * say) is suppressed and counted. Whoever gathers outputs flushes them; otherwise they leave when the call stack is empty.
 */
export class Settlement {
  readonly #engine: string
  readonly #clock: Clock
  readonly #outbox: Outbox
  readonly #runs: () => Runs
  #gathering = false

  constructor(engine: string, clock: Clock, outbox: Outbox, runs: () => Runs) {
    this.#engine = engine
    this.#clock = clock
    this.#outbox = outbox
    this.#runs = runs
  }

  /** From here on outputs wait for `release`. */
  gather(): void {
    this.#gathering = true
  }

  /** Sends what was gathered; resolves when the bus has taken it. */
  release(): Promise<void> {
    this.#gathering = false
    return this.#outbox.flush()
  }

  emit(topic: Topic, items: readonly { readonly input: Input; readonly body: unknown }[]): void {
    const kept: { entry: Entry; body: unknown }[] = []
    for (const { input, body } of items) {
      const entry = entryOf(input)
      if (entry.settled) this.#suppressed(entry)
      else kept.push({ entry, body })
    }
    if (kept.length === 0) return
    this.#outbox.add(topic, kept)
    for (const { entry } of kept) this.settle(entry)
    this.#flushSoon()
  }

  publish(topic: Topic, run: string, body: unknown): void {
    this.#outbox.addLone(topic, run, body)
    this.#flushSoon()
  }

  finish(entry: Entry, outcome: OutcomeKind, reason: string): void {
    if (entry.settled) {
      this.#suppressed(entry)
      return
    }
    this.#publishOutcome(entry, outcome, reason)
    this.settle(entry)
  }

  /** Ends an input as failed although its handler has made outputs of it since the mark: they are taken back. */
  overrule(entry: Entry, mark: number, reason: string): void {
    this.#outbox.retract(entry, mark)
    this.#publishOutcome(entry, 'failed', reason)
    this.settle(entry)
  }

  /** Ends the tick of an input that was sent on and is never answered. */
  abandon(entry: Entry, reason: string): void {
    this.#publishOutcome(entry, 'failed', reason)
    this.settle(entry)
  }

  leave(entry: Entry): Envelope {
    this.settle(entry)
    return continued(entry, this.#engine, this.#clock.now(), entry.envelope.body)
  }

  settle(entry: Entry): void {
    if (entry.settled) return
    entry.settled = true
    this.#runs().find(entry.envelope.run)?.unsettled.delete(entry)
    if (entry.arrival === null) return
    this.#outbox.settle(entry.arrival)
    this.#flushSoon()
  }

  #publishOutcome(entry: Entry, outcome: OutcomeKind, reason: string): void {
    if (entry.envelope.seq === noSeq) return
    const body: Outcome = { outcome, reason, engine: this.#engine }
    this.#outbox.add(topics.outcome, [{ entry, body }])
    this.#flushSoon()
  }

  #suppressed(entry: Entry): void {
    this.#runs().find(entry.envelope.run)?.count('suppressed', 1)
  }

  #flushSoon(): void {
    if (this.#gathering) return
    this.#gathering = true
    queueMicrotask(this.#flushNow)
  }

  readonly #flushNow = (): void => {
    void this.release()
  }
}
