import type { Clock } from '../core/clock.js'
import { type InstantNs, instantNs } from '../core/units.js'
import { type ExecutionReports, type Flushed, type Outcome, topics } from '../engines/model/messages.js'
import type { Delivery, Envelope, Message, Stamp } from '../platform/bus/envelope.js'
import type { SlowRequest } from '../results/run-result.js'
import { Splitter, type TickTimes } from './attribution.js'
import type { Ledger } from './ledger.js'
import type { BenchPlan } from './plan.js'
import { type Recorded, Recorder } from './recorder.js'
import { type Answer, type Ending, Settlement, slaRule } from './settlement.js'
import { Slowest } from './slowest.js'
import { type DriverCounts, Tally } from './tally.js'

type CollectionPlan = {
  readonly plan: BenchPlan
  readonly ledger: Ledger
  readonly warmupCount: number
  readonly warmupNs: number
  readonly windowNs: number
}

export type Collected = {
  readonly counts: Readonly<Record<Ending, number>>
  readonly duplicates: number
  readonly late: number
  readonly unknown: number
  readonly reasons: Readonly<Record<string, number>>
  readonly negativeDifferences: number
  readonly sumMismatches: number
  readonly recorded: Recorded
  readonly slowest: readonly SlowRequest[]
}

type MeasuredTick = { readonly ending: Ending; readonly responseNs: number; readonly offsetNs: number }

/** When an answer came: the wait that brought it, and its arrival. */
export type Arrival = { readonly polledAt: InstantNs; readonly receivedAt: InstantNs }

/** Everything that the driver makes of what comes back. Reads the clock, but sends nothing and waits for nothing. */
export class Collection {
  readonly settlement: Settlement
  readonly flushed = new Map<string, Flushed>()
  readonly #facts: CollectionPlan
  readonly #clock: Clock
  readonly #recorder: Recorder
  readonly #splitter = new Splitter()
  readonly #slowest = new Slowest()
  readonly #tally = new Tally()
  readonly #times: TickTimes = {
    intendedAt: instantNs(0),
    sentAt: instantNs(0),
    polledAt: instantNs(0),
    receivedAt: instantNs(0),
    doneAt: instantNs(0),
  }
  #startAt = instantNs(0)
  #onChange: () => void = () => undefined

  constructor(facts: CollectionPlan, clock: Clock) {
    this.#facts = facts
    this.#clock = clock
    this.settlement = new Settlement(facts.ledger.sendStates, facts.warmupCount)
    this.#recorder = new Recorder({
      windowNs: facts.windowNs,
      timeoutNs: facts.plan.load.timeout,
      endToEndLimitsNs: facts.plan.endToEndLimitsNs,
      components: facts.plan.components,
    })
  }

  get recorder(): Recorder {
    return this.#recorder
  }

  start(startAt: InstantNs): void {
    this.#startAt = startAt
  }

  /** `listener` is called after each delivery that may have settled ticks or brought `flushed`. */
  onChange(listener: () => void): void {
    this.#onChange = listener
  }

  deliver(delivery: Delivery): void {
    for (const message of delivery.messages) this.#take(message, delivery)
    this.#onChange()
  }

  #take(message: Message, arrival: Arrival): void {
    for (const envelope of message.envelopes) {
      if (envelope.run !== this.#facts.plan.runId) continue
      if (message.topic === topics.outcome) this.#takeOutcome(envelope as Envelope<Outcome>, arrival)
      else if (message.topic === topics.executionReport)
        this.#takeReports(envelope as Envelope<ExecutionReports>, arrival)
      else if (message.topic === topics.flushed) this.#takeFlushed(envelope as Envelope<Flushed>)
    }
  }

  #takeOutcome(envelope: Envelope<Outcome>, arrival: Arrival): void {
    if (this.#byHttp || envelope.seq < 0) return
    const { outcome, reason } = envelope.body
    this.settle(envelope.seq, { answer: outcome, reason, stamps: envelope.stamps }, arrival)
  }

  #takeReports(envelope: Envelope<ExecutionReports>, arrival: Arrival): void {
    for (const report of envelope.body.reports) {
      this.#tally.add(report)
      if (!report.final || this.#byHttp || envelope.seq < 0) continue
      const answer: Answer = report.ordStatus === 'rejected' ? 'rejected' : 'traded'
      this.settle(envelope.seq, { answer, reason: report.reason, stamps: envelope.stamps }, arrival)
    }
  }

  #takeFlushed(envelope: Envelope<Flushed>): void {
    this.flushed.set(instanceKey(envelope.body.engine, envelope.body.instance), envelope.body)
  }

  /** Orders that are posted are answered by their HTTP response; the bus only tells what the store must hold. */
  get #byHttp(): boolean {
    return this.#facts.plan.load.scenario === 'orders'
  }

  /** Hot path: once an answer. */
  settle(
    seq: number,
    answered: { readonly answer: Answer; readonly reason: string; readonly stamps: readonly Stamp[] },
    arrival: Arrival,
  ): void {
    const { ledger, plan, warmupNs } = this.#facts
    const offsetNs = ledger.offsetsNs[seq] ?? 0
    const times = this.#times
    times.doneAt = this.#clock.now()
    times.intendedAt = instantNs(this.#startAt + offsetNs)
    const responseNs = times.doneAt - times.intendedAt
    const ending = this.settlement.answer(seq, answered.answer, responseNs <= plan.load.timeout)
    if (ending === 'duplicate' || ending === 'late' || ending === 'unknown') return
    if (!this.settlement.measured(seq)) return
    if (ending === 'timedOut') this.settlement.addReason(`${answered.answer} after the timeout`)
    else if (ending !== 'traded') this.settlement.addReason(answered.reason || ending)
    times.sentAt = instantNs(ledger.sentAt[seq] ?? 0)
    times.polledAt = arrival.polledAt
    times.receivedAt = arrival.receivedAt
    const told = answered.stamps.length > 0 && this.#splitter.split(answered.stamps, times)
    this.#record(seq, { ending, responseNs, offsetNs: offsetNs - warmupNs }, told ? this.#splitter : null)
  }

  /** Ends a tick that will never be answered, such as a request cut off at the timeout. */
  cutOff(seq: number, ending: 'timedOut' | 'failed', reason: string): void {
    if (!this.settlement.end(seq, ending) || !this.settlement.measured(seq)) return
    const offsetNs = this.#facts.ledger.offsetsNs[seq] ?? 0
    this.settlement.addReason(reason)
    const responseNs = this.#clock.now() - this.#startAt - offsetNs
    this.#record(seq, { ending, responseNs, offsetNs: offsetNs - this.#facts.warmupNs }, null)
  }

  /** The drain is over: what has no outcome is dropped or lost, and stands at the timeout. */
  close(plannedCount: number): void {
    const { ledger, plan, warmupNs } = this.#facts
    this.settlement.close(plannedCount, (seq, ending) => {
      const offsetNs = (ledger.offsetsNs[seq] ?? 0) - warmupNs
      this.#record(seq, { ending, responseNs: plan.load.timeout, offsetNs }, null)
    })
  }

  /** Hot path: once a measured tick. Those that count as at least the timeout are among the slowest with what they count. */
  #record(seq: number, tick: MeasuredTick, splitter: Splitter | null): void {
    const { ending, responseNs, offsetNs } = tick
    this.#recorder.record(ending, responseNs, offsetNs, splitter)
    const rule = slaRule(ending)
    if (rule === 'apart') return
    const { timeout } = this.#facts.plan.load
    if (rule === 'as-measured' || responseNs >= timeout) this.#slowest.offer(seq, tick, splitter)
    else this.#slowest.offer(seq, { offsetNs, responseNs: timeout, ending }, null)
  }

  tally(): DriverCounts {
    return { ...this.#tally.counts(), unanswered: this.settlement.unansweredCount }
  }

  finish(windowNs: number): Collected {
    return {
      counts: this.settlement.counts(),
      duplicates: this.settlement.duplicates,
      late: this.settlement.late,
      unknown: this.settlement.unknown,
      reasons: this.settlement.reasons(),
      negativeDifferences: this.#splitter.negativeDifferences,
      sumMismatches: this.#splitter.sumMismatches,
      recorded: this.#recorder.finish(windowNs, this.#splitter.parts),
      slowest: this.#slowest.toRequests(this.#splitter.parts),
    }
  }
}

export const instanceKey = (engine: string, instance: number): string => `${engine}#${instance}`
