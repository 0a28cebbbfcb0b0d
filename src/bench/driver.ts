import { MessageChannel } from 'node:worker_threads'
import { distFile } from '../core/paths.js'
import { type DurationNs, durationNs, type InstantNs, nsPerSec } from '../core/units.js'
import type { HandOver } from '../engines/catalog.js'
import type { Collected } from './collection.js'
import { controlWords, createControl } from './ledger.js'
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
    const senderData: SenderData = { plan, access, pacing, control, port: channel?.port1 ?? null }
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

  /** Sends all ticks; resolves when the last is sent, or at once after `stop`. */
  async send(startAt: InstantNs): Promise<ThreadHealth> {
    await this.#collector.ask('start', { startAt }, answerDeadlineNs)
    const lengthNs = this.prepared.warmupNs + this.prepared.windowNs + answerDeadlineNs
    const { health } = await this.#sender.ask('send', { startAt }, durationNs(lengthNs))
    return health
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

  /** Stops the in-process engines, then both threads. */
  async end(): Promise<void> {
    this.stop()
    try {
      if (this.#collector.failure === null) await this.#collector.ask('leave', null, answerDeadlineNs)
    } finally {
      await Promise.all([this.#sender.end(), this.#collector.end()])
    }
  }
}
