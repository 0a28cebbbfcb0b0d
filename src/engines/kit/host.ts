import type { z } from 'zod'
import type { Clock } from '../../core/clock.js'
import { type DurationNs, elapsed, type InstantNs, instantNs, nsPerMs } from '../../core/units.js'
import type { Delivery, Envelope, Subscription, Transport } from '../../platform/bus/envelope.js'
import type { StoreSink } from '../../platform/store/sink.js'
import type { ActivityWatch } from '../../platform/telemetry/activity.js'
import type { DurationSummary } from '../../platform/telemetry/registry.js'
import { type Control, type Flushed, type Topic, topics } from '../model/messages.js'
import { type Engine, type EngineContext, type EngineDefinition, type Resident, residentOf } from './define.js'
import { enteredEntry } from './enter.js'
import { type Arrival, type ArrivalTimes, Entry, entryOf } from './entry.js'
import { burn, type Faults, strikes } from './faults.js'
import { Line } from './line.js'
import { Outbox } from './outbox.js'
import type { RunState } from './run-state.js'
import { liveRun, Runs } from './runs.js'
import { Settlement } from './settlement.js'

// Between the bus and an engine. An input arrives, is handled, and settles exactly once: by an output, an outcome, or the
// return of `handle`. Outputs are gathered and leave together (outbox.ts); messages are acknowledged when all their inputs
// have settled, so a crash repeats inputs and loses none.
//
// Known limits: inputs of a run that has ended are dropped (counted as `stale`); a synchronous handler cannot be stopped at
// its deadline, so it is judged when it returns.

/** Inputs held, delayed or hung at one time; more end as failed, counted as `overflowed`. */
const unsettledMax = 100_000
/** Longest time that an output waits for the rest of its delivery to be handled. */
const gatherNs = nsPerMs

type HostParts = {
  readonly transport: Transport
  readonly clock: Clock
  readonly store: StoreSink
  readonly instance: number
  readonly faults: Faults
  /** Told of each error that an engine throws. */
  readonly onError: (error: unknown) => void
  /** Of the process, where the host has one of its own. */
  readonly activity?: ActivityWatch
}

export class EngineHost<Schema extends z.ZodType = z.ZodType> {
  readonly name: string
  readonly instance: number
  readonly runs: Runs
  readonly resident: Resident
  handledCount = 0
  readonly #definition: EngineDefinition<Schema>
  readonly #topics: readonly Topic[]
  readonly #parts: HostParts
  readonly #clock: Clock
  readonly #faults: Faults
  readonly #outbox: Outbox
  readonly #settlement: Settlement
  readonly #deadlineNs: DurationNs | null
  readonly #delayed: Line | null
  readonly #overdue: Line | null
  #lastActiveAt: InstantNs

  constructor(definition: EngineDefinition<Schema>, settings: z.output<Schema>, parts: HostParts) {
    this.name = definition.name
    this.instance = parts.instance
    this.resident = residentOf(definition, settings, parts.clock)
    this.#definition = definition
    this.#topics = definition.chosen?.(settings) ?? definition.consumes
    this.#parts = parts
    this.#clock = parts.clock
    this.#faults = parts.faults
    this.#outbox = new Outbox(definition.name, parts.transport, parts.clock)
    this.#settlement = new Settlement(definition.name, parts.clock, this.#outbox, () => this.runs)
    this.runs = new Runs(parts.store, {
      create: (context) => {
        if (context.run !== liveRun) this.#outbox.beginRun()
        return this.resident.create(context)
      },
      contextOf: (state) => this.#contextOf(state),
      ended: (state) => {
        for (const entry of [...state.unsettled]) this.#settlement.settle(entry)
      },
    })
    this.#deadlineNs = definition.deadlineNs?.(settings) ?? null
    const { delayNs } = parts.faults
    this.#delayed = delayNs > 0 ? new Line(parts.clock, delayNs, unsettledMax, (entry) => this.#resume(entry)) : null
    this.#overdue =
      this.#deadlineNs === null
        ? null
        : new Line(parts.clock, this.#deadlineNs, unsettledMax, (entry) => this.#late(entry))
    this.#lastActiveAt = parts.clock.now()
  }

  /** Resolves when the engine listens on all its topics. */
  async start(): Promise<void> {
    const { name, observes = [] } = this.#definition
    const { transport, instance } = this.#parts
    const heard: Subscription = {
      topics: [topics.control, ...this.#topics.filter((topic) => observes.includes(topic))],
    }
    const sharedTopics = this.#topics.filter((topic) => !observes.includes(topic))
    const shared: Subscription = { topics: sharedTopics, group: name, consumer: `${name}-${instance}` }
    await transport.subscribe(heard, (delivery) => this.#receive(heard, delivery))
    if (sharedTopics.length > 0) await transport.subscribe(shared, (delivery) => this.#receive(shared, delivery))
  }

  get processing(): DurationSummary {
    return this.#outbox.processing
  }

  /** Inputs under way beyond the call that brought them. */
  get unsettled(): number {
    let count = 0
    for (const state of this.runs.all()) count += state.unsettled.size
    return count
  }

  /** Sends what engines still hold and waits until bus and store have taken everything. */
  async drain(): Promise<void> {
    for (const state of this.runs.all()) this.#guarded(state, () => state.engine.drain?.())
    await this.#settlement.release()
    await this.#parts.store.flush()
  }

  /** Ends all runs and timers; the transport is the caller's to close. */
  stop(): void {
    this.#delayed?.stop()
    this.#overdue?.stop()
    this.runs.end()
    this.resident.close?.()
  }

  /** Says that the thread has worked until now, on the bus or on a request: from here on it waits. */
  markActive(): void {
    this.#lastActiveAt = this.#clock.now()
  }

  async #receive(subscription: Subscription, delivery: Delivery): Promise<void> {
    // The process has one thread: it began to wait when it was last done with anything, not only with this subscription.
    const polledAt = instantNs(Math.max(delivery.polledAt, this.#lastActiveAt))
    const times: ArrivalTimes = { polledAt, receivedAt: delivery.receivedAt }
    this.#settlement.gather()
    for (const message of delivery.messages) {
      const arrival: Arrival = { subscription, message, remaining: message.envelopes.length }
      for (const envelope of message.envelopes) {
        if (message.topic === topics.control) this.#control(envelope)
        else this.#take(message.topic as Topic, envelope, arrival, times)
      }
    }
    const flushed = this.#settlement.release()
    this.markActive()
    if (this.#outbox.congested) await flushed.catch(() => undefined)
  }

  /** Hot path: one call per envelope. */
  #take(topic: Topic, envelope: Envelope, arrival: Arrival, times: ArrivalTimes): void {
    const entry = new Entry(topic, envelope, arrival, times)
    const state = this.runs.obtain(envelope.run)
    if (state === null) {
      this.runs.current?.count('stale', 1)
      this.#settlement.settle(entry)
      return
    }
    this.handledCount += 1
    entry.startedAt = this.#clock.now()
    // A slow handler must not keep back what is ready: a delivery holds up to 128 messages.
    const { openedAt } = this.#outbox
    if (openedAt !== null && entry.startedAt - openedAt > gatherNs) void this.#outbox.flush()
    this.#begin(entry, state)
  }

  #begin(entry: Entry, state: RunState): void {
    if (entry.observed) {
      this.#observe(entry, state)
      return
    }
    const { busyNs, errorShare, hang } = this.#faults
    if (state.unsettled.size >= unsettledMax) {
      this.#overflow(entry, state)
      return
    }
    if (busyNs > 0) burn(this.#clock, busyNs)
    if (errorShare > 0 && strikes(entry.envelope.seq, errorShare)) {
      this.#settlement.finish(entry, 'failed', 'fault: error')
    } else if (hang) {
      this.#keep(entry, state)
    } else if (this.#delayed !== null) {
      this.#keep(entry, state)
      if (!this.#delayed.add(entry)) this.#overflow(entry, state)
    } else {
      this.#process(entry)
    }
  }

  #overflow(entry: Entry, state: RunState): void {
    state.count('overflowed', 1)
    this.#settlement.finish(entry, 'failed', `${this.name} overflow`)
  }

  /** An entry whose delay is over. */
  #resume(entry: Entry): void {
    this.#process(entry)
    this.markActive()
  }

  #observe(entry: Entry, state: RunState): void {
    try {
      state.engine.handle(entry)
    } catch (error) {
      this.#failed(state, error, null)
    }
    // Nothing is made of what is observed, so the work ends here.
    this.#outbox.record(entry, this.#clock.now())
    this.#settlement.settle(entry)
  }

  #process(entry: Entry): void {
    const state = this.runs.find(entry.envelope.run)
    if (state === null || entry.settled) return
    const mark = this.#outbox.length
    try {
      state.engine.handle(entry)
    } catch (error) {
      this.#failed(state, error, entry)
    }
    if (entry.held && !entry.settled) {
      this.#keep(entry, state)
      return
    }
    if (this.#deadlineNs !== null && elapsed(entry.startedAt, this.#clock.now()) > this.#deadlineNs) {
      this.#settlement.overrule(entry, mark, `${this.name} deadline`)
      return
    }
    this.#settlement.settle(entry)
  }

  /** What an engine throws ends its input as failed, and never the process. */
  #failed(state: RunState, error: unknown, entry: Entry | null): void {
    state.count('errors', 1)
    this.#parts.onError(error)
    const reason = `error: ${error instanceof Error ? error.constructor.name : typeof error}`
    if (entry !== null && !entry.settled) this.#settlement.finish(entry, 'failed', reason)
  }

  #guarded(state: RunState, call: () => void): void {
    try {
      call()
    } catch (error) {
      this.#failed(state, error, null)
    }
  }

  #keep(entry: Entry, state: RunState): void {
    if (state.unsettled.has(entry)) return
    state.unsettled.add(entry)
    this.#overdue?.add(entry)
  }

  #late(entry: Entry): void {
    this.#settlement.finish(entry, 'failed', `${this.name} deadline`)
  }

  #control(envelope: Envelope): void {
    const { kind, run, since } = envelope.body as Control
    if (kind !== 'flush') return
    this.#reportFlushed(run, since).catch((error) => this.#parts.onError(error))
  }

  async #reportFlushed(run: string, since: InstantNs): Promise<void> {
    const { store, transport, activity } = this.#parts
    const state = this.runs.find(run)
    if (state !== null) this.#guarded(state, () => state.engine.drain?.())
    await this.#settlement.release()
    await store.flush()
    const before = state?.storeBefore ?? store.counters
    const body: Flushed = {
      engine: this.name,
      instance: this.instance,
      run,
      written: store.counters.written - before.written,
      overflowed: store.counters.overflowed - before.overflowed,
      failed: store.counters.failed - before.failed,
      counters: {
        ...state?.counters,
        unsettled: state?.unsettled.size ?? 0,
        ...transport.counters,
      },
      processing: this.#outbox.processingOfRun.figures,
      activity: activity?.since(since) ?? [],
    }
    this.#settlement.publish(topics.flushed, run, body)
    await this.#settlement.release()
  }

  #contextOf(state: RunState): EngineContext {
    const { clock, instance, store } = this.#parts
    const settlement = this.#settlement
    return {
      clock,
      run: state.run,
      instance,
      store,
      emit: (input, topic, body) => settlement.emit(topic, [{ input, body }]),
      emitBatch: (topic, items) => settlement.emit(topic, items),
      publish: (topic, body) => settlement.publish(topic, state.run, body),
      finish: (input, outcome, reason) => settlement.finish(entryOf(input), outcome, reason),
      abandon: (input, reason) => settlement.abandon(entryOf(input), reason),
      hold: (input) => {
        entryOf(input).held = true
      },
      enter: (body, headers) =>
        enteredEntry(state.run, body, headers, { now: clock.now(), lastActiveAt: this.#lastActiveAt }),
      leave: (input) => settlement.leave(entryOf(input)),
      after: (delayNs, callback) =>
        state.after(clock.now, delayNs, () => {
          this.#guarded(state, callback)
          this.markActive()
        }),
      count: (name, by = 1) => state.count(name, by),
    }
  }
}

/** The engine that answers requests of a run; `live` for those outside of any. */
export const engineOf = (host: EngineHost, run: string): Engine | null => host.runs.obtain(run)?.engine ?? null
