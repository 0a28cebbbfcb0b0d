import { MessageChannel } from 'node:worker_threads'
import { distFile } from '../core/paths.js'
import { type DurationNs, durationNs, type InstantNs, nsPerSec } from '../core/units.js'
import type { HandOver } from '../engines/catalog.js'
import { dueCount } from './arrivals.js'
import type { Collected } from './collection.js'
import { controlWords, createControl, endOfWindow } from './ledger.js'
import { measuredWindow } from './measured-window.js'
import type { Pacing } from './pacer.js'
import type { BenchPlan, SystemAccess } from './plan.js'
import type {
  CollectorData,
  CollectorQuestions,
  DriverEvent,
  FlushRequest,
  Prepared,
  SenderData,
  SenderQuestions,
} from './protocol.js'
import type { Sent } from './sending.js'
import { sendStates } from './settlement.js'
import type { FlushResult } from './store-check.js'
import type { DriverCounts } from './tally.js'
import type { ThreadHealth } from './thread-health.js'
import { Thread } from './threads.js'

type DriverParts = {
  readonly plan: BenchPlan
  readonly access: SystemAccess
  readonly pacing: Pacing
  readonly inProcess: readonly HandOver[]
  /** In place of engines on an in-process bus. */
  readonly echo?: boolean
  /** How long the window may become, where the run is looked at while it goes on. */
  readonly windowNsMax?: DurationNs | null
  readonly onEvent: (event: DriverEvent) => void
}

const prepareDeadlineNs = durationNs(120 * nsPerSec)
const answerDeadlineNs = durationNs(30 * nsPerSec)

/** The two threads of the driver as the main thread sees them. Every wait has a deadline; `end` ends them whatever they do. */
export class Driver {
  readonly prepared: Prepared
  readonly #control: Int32Array<SharedArrayBuffer>
  readonly #sender: Thread<SenderQuestions, DriverEvent>
  readonly #collector: Thread<CollectorQuestions, DriverEvent>
  #sent = false

  private constructor(
    prepared: Prepared,
    control: Int32Array<SharedArrayBuffer>,
    threads: {
      readonly sender: Thread<SenderQuestions, DriverEvent>
      readonly collector: Thread<CollectorQuestions, DriverEvent>
    },
  ) {
    this.prepared = prepared
    this.#control = control
    this.#sender = threads.sender
    this.#collector = threads.collector
  }

  /** Reads the source, connects both threads and listens: after this a tick can be sent. */
  static async open(parts: DriverParts): Promise<Driver> {
    const { plan, access, pacing, onEvent } = parts
    const control = createControl()
    const throughCollector = plan.load.scenario === 'orders' || access.bus.kind === 'in-process'
    const channel = throughCollector ? new MessageChannel() : null
    const windowNsMax = parts.windowNsMax ?? null
    const senderData: SenderData = { plan, access, pacing, control, port: channel?.port1 ?? null, windowNsMax }
    const sender = new Thread<SenderQuestions, DriverEvent>(
      distFile('bench/sender.js'),
      { name: 'sender', data: senderData, transfer: channel === null ? [] : [channel.port1] },
      onEvent,
    )
    let collector: Thread<CollectorQuestions, DriverEvent> | null = null
    try {
      const prepared = await sender.ask('prepare', null, prepareDeadlineNs)
      const data: CollectorData = {
        plan,
        access,
        prepared,
        port: channel?.port2 ?? null,
        inProcess: parts.inProcess,
        echo: parts.echo === true,
        tellsIntervals: windowNsMax !== null,
      }
      collector = new Thread<CollectorQuestions, DriverEvent>(
        distFile('bench/collector.js'),
        { name: 'collector', data, transfer: channel === null ? [] : [channel.port2] },
        onEvent,
      )
      await collector.ask('open', null, prepareDeadlineNs)
      return new Driver(prepared, control, { sender, collector })
    } catch (error) {
      await Promise.all([sender.end(), collector?.end()])
      throw error
    }
  }

  /** Sends all ticks of the window; resolves when the last is sent, or at once after `stop`. */
  async send(startAt: InstantNs): Promise<Sent & { readonly health: ThreadHealth }> {
    await this.#collector.ask('start', { startAt }, answerDeadlineNs)
    const { ledger, warmupNs, windowNsMax } = this.prepared
    const answer = await this.#sender.ask('send', { startAt }, durationNs(warmupNs + windowNsMax + answerDeadlineNs))
    this.#sent = true
    // As the sender kept to it: what was said when it had come to the end is no part of the window.
    ledger.windowEndNs[0] = warmupNs + measuredWindow(this.prepared, answer, null).windowNs
    return answer
  }

  /** Since its start, as it stands: as planned, or as it was decided. */
  get windowNs(): DurationNs {
    return durationNs(endOfWindow(this.prepared.ledger) - this.prepared.warmupNs)
  }

  /** Ticks that are due until the window ends as it stands, warm-up included. */
  get dueCount(): number {
    const { ledger } = this.prepared
    return dueCount(ledger.offsetsNs, endOfWindow(ledger) - 1)
  }

  /** Has the window end there, which the sender hears when it next wakes; of no effect once it is over. */
  endAt(windowNs: DurationNs): void {
    if (!this.#sent) this.prepared.ledger.windowEndNs[0] = this.prepared.warmupNs + windowNs
  }

  stop(): void {
    Atomics.store(this.#control, controlWords.stop, 1)
    Atomics.notify(this.#control, controlWords.stop)
  }

  get sentCount(): number {
    return Atomics.load(this.#control, controlWords.sent)
  }

  /** Measured ticks that were sent, counted from the ledger. */
  measuredSentCount(): number {
    const { ledger, warmupCount } = this.prepared
    let count = 0
    for (let seq = warmupCount; seq < ledger.sendStates.length; seq += 1) {
      if (ledger.sendStates[seq] === sendStates.sent) count += 1
    }
    return count
  }

  /** True when every tick that was sent has an outcome, false when the deadline came first. */
  async drain(deadlineNs: DurationNs): Promise<boolean> {
    try {
      await this.#collector.ask('drain', { sentCount: this.sentCount }, deadlineNs)
      return true
    } catch (error) {
      if (this.#collector.failure !== null) throw error
      return false
    }
  }

  async close(plannedCount: number): Promise<ThreadHealth> {
    return (await this.#collector.ask('close', { plannedCount }, answerDeadlineNs)).health
  }

  flush(request: FlushRequest): Promise<FlushResult> {
    return this.#collector.ask('flush', request, durationNs(request.deadlineNs + answerDeadlineNs))
  }

  tally(): Promise<DriverCounts> {
    return this.#collector.ask('tally', null, answerDeadlineNs)
  }

  finish(windowNs: DurationNs): Promise<Collected> {
    return this.#collector.ask('finish', { windowNs }, answerDeadlineNs)
  }

  /** Stops the in-process engines, then both threads. Each closes its bus: what a thread has mapped would outlive it. */
  async end(): Promise<void> {
    this.stop()
    try {
      if (this.#collector.failure === null) await this.#collector.ask('leave', null, answerDeadlineNs)
      if (this.#sender.failure === null) await this.#sender.ask('leave', null, answerDeadlineNs)
    } finally {
      await Promise.all([this.#sender.end(), this.#collector.end()])
    }
  }
}
