import { isMainThread, type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { assert, present } from '../core/assert.js'
import { monotonicClock } from '../core/clock.js'
import { instantNs, later, nsPerMs } from '../core/units.js'
import type { HostedEngines } from '../engines/catalog.js'
import { type Control, topics } from '../engines/model/messages.js'
import { unbatched } from '../platform/bus/config.js'
import { type Envelope, noSeq, type Transport } from '../platform/bus/envelope.js'
import { InProcessHub } from '../platform/bus/in-process.js'
import { createTransport } from '../platform/bus/transport.js'
import { Collection } from './collection.js'
import { HttpOrders } from './drivers/http-orders.js'
import { EndingIntervals } from './ending-intervals.js'
import { controlWords, endOfWindow } from './ledger.js'
import type { CollectorData, CollectorQuestions, DriverEvent, FlushRequest, Progress } from './protocol.js'
import { echoTicks } from './self-check/echo.js'
import type { SeriesRecorder } from './series.js'
import { sendStates } from './settlement.js'
import type { ComponentSnapshot } from './snapshot.js'
import type { FlushResult } from './store-check.js'
import { type ThreadHealth, ThreadWatch } from './thread-health.js'
import { answerQuestions, tellEvent } from './threads.js'

// Entry of the collector's thread: it reads what comes back. In-process engines and HTTP connections live here too, since
// the sender's thread is blocked most of the time.

const progressMs = 200
/** Wait for the counters of engines that write nothing, once those that write are done. */
const countersNs = 300 * nsPerMs

class Collector {
  readonly #data: CollectorData
  readonly #parent: MessagePort
  readonly #collection: Collection
  /** Null where nobody looks at the run while it goes on. */
  readonly #ending: EndingIntervals | null
  #transport: Transport | null = null
  #engines: HostedEngines | null = null
  #http: HttpOrders | null = null
  #progressTimer: NodeJS.Timeout | null = null
  #startAt = instantNs(0)
  #windowAt = instantNs(0)
  readonly #watch = new ThreadWatch()

  constructor(data: CollectorData, parent: MessagePort) {
    this.#data = data
    this.#parent = parent
    const { plan, prepared } = data
    this.#collection = new Collection({ plan, ...prepared }, monotonicClock)
    this.#collection.onChange(() => this.#waiting?.())
    const { settlement, recorder } = this.#collection
    const facts = { ...prepared, timeoutNs: plan.load.timeout }
    this.#ending = data.tellsIntervals ? new EndingIntervals(facts, settlement, recorder) : null
  }

  /** Set while somebody waits for a state of the collection; called after every change of it. */
  #waiting: (() => void) | null = null

  async open(): Promise<null> {
    const { access, inProcess, echo } = this.#data
    const hub = access.bus.kind === 'in-process' ? new InProcessHub(monotonicClock) : null
    const transport = await createTransport(unbatched(access.bus), monotonicClock, hub === null ? {} : { hub })
    this.#transport = transport
    void transport.lost.then((error) => this.#tell({ kind: 'problem', name: 'bus', reason: error.message }))
    const heard = [topics.outcome, topics.executionReport, topics.flushed]
    await transport.subscribe({ topics: heard }, async (delivery) => this.#collection.deliver(delivery))
    if (hub !== null && echo) await echoTicks(hub.connect())
    else if (hub !== null) {
      const { hostInProcess } = await import('../engines/catalog.js')
      this.#engines = await hostInProcess(inProcess, hub, monotonicClock)
    }
    this.#openPort(transport)
    return null
  }

  #openPort(transport: Transport): void {
    const { port, plan } = this.#data
    if (port === null) return
    if (plan.load.scenario === 'orders') {
      const http = this.#openHttp()
      port.on('message', (orders: readonly Envelope[]) => http.post(orders))
      return
    }
    const { control } = this.#data.prepared.ledger
    port.on('message', (envelopes: readonly Envelope[]) => {
      for (const envelope of envelopes) transport.publish(topics.marketEvent, [envelope])
      void transport.flush()
      Atomics.add(control, controlWords.finished, envelopes.length)
    })
  }

  #openHttp(): HttpOrders {
    const { plan, access, prepared } = this.#data
    const { ledger } = prepared
    const finished = (): void => {
      Atomics.add(ledger.control, controlWords.finished, 1)
      this.#waiting?.()
    }
    this.#http = new HttpOrders({
      urls: access.engines.flatMap(({ name, url }) => (name === gatewayName && url !== null ? [url] : [])),
      connections: plan.load.connections,
      timeoutNs: plan.load.timeout,
      clock: monotonicClock,
      onSent: (seq, sentAt) => {
        ledger.sentAt[seq] = sentAt
        ledger.sendStates[seq] = sendStates.sent
      },
      onAnswer: (seq, answered, arrival) => {
        this.#collection.settle(seq, answered, arrival)
        finished()
      },
      onCutOff: (seq, ending, reason) => {
        this.#collection.cutOff(seq, ending, reason)
        finished()
      },
    })
    return this.#http
  }

  async start(startAtNs: number): Promise<null> {
    this.#startAt = instantNs(startAtNs)
    this.#collection.start(this.#startAt)
    this.#progressTimer = setInterval(() => this.#tell({ kind: 'progress', progress: this.#progress() }), progressMs)
    const { warmupNs, windowNsMax } = this.#data.prepared
    this.#windowAt = later(this.#startAt, warmupNs)
    this.#watch.window(this.#windowAt, this.#windowAt + windowNsMax)
    return null
  }

  drain(sentCount: number): Promise<null> {
    this.#watch.endAt(this.#startAt + endOfWindow(this.#data.prepared.ledger))
    // An interrupted run drains before its time.
    this.#watch.end()
    return new Promise((resolve) => {
      this.#waiting = () => {
        if (this.#collection.settlement.settledCount < sentCount) return
        this.#waiting = null
        resolve(null)
      }
      this.#waiting()
    })
  }

  async close(plannedCount: number): Promise<{ health: ThreadHealth }> {
    this.#waiting = null
    clearInterval(this.#progressTimer ?? undefined)
    const health = this.#watch.end()
    this.#collection.close(plannedCount)
    return { health }
  }

  async flush({ writers, others, deadlineNs }: FlushRequest): Promise<FlushResult> {
    const transport = present(this.#transport, 'the collector is open')
    const { flushed } = this.#collection
    const run = this.#data.plan.runId
    const now = monotonicClock.now()
    const body: Control = { kind: 'flush', run, since: this.#windowAt }
    transport.publish(topics.control, [{ run, seq: noSeq, intendedAt: now, sentAt: now, stamps: [], body }])
    await transport.flush().catch(() => undefined)
    await this.#until(() => writers.every((key) => flushed.has(key)), deadlineNs)
    await this.#until(() => others.every((key) => flushed.has(key)), countersNs)
    return { flushed: [...flushed.values()], missing: writers.filter((key) => !flushed.has(key)) }
  }

  /** Resolves when `done` holds, or after the deadline. */
  #until(done: () => boolean, deadlineNs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        this.#waiting = null
        resolve()
      }
      const timer = setTimeout(end, deadlineNs / nsPerMs)
      this.#waiting = () => {
        if (done()) end()
      }
      this.#waiting()
    })
  }

  async leave(): Promise<null> {
    await this.#http?.close()
    await this.#engines?.close()
    await this.#transport?.close()
    return null
  }

  questions(): Parameters<typeof answerQuestions<CollectorQuestions>>[1] {
    return {
      open: () => this.open(),
      start: ({ startAt }) => this.start(startAt),
      drain: ({ sentCount }) => this.drain(sentCount),
      close: ({ plannedCount }) => this.close(plannedCount),
      flush: (request) => this.flush(request),
      tally: async () => this.#collection.tally(),
      finish: async ({ windowNs }) => this.#collection.finish(windowNs),
      leave: () => this.leave(),
    }
  }

  #progress(): Progress {
    const { recorder, settlement } = this.#collection
    const { components } = this.#data.plan
    return {
      settledCount: settlement.settledCount,
      outcomes: settlement.counts(),
      endToEnd: snapshotOf(recorder.endToEnd, this.#data.plan.endToEndLimitsNs[0]),
      components: components.flatMap(({ limitsNs }, index) => {
        const series = recorder.component(index)
        return series === undefined ? [] : [snapshotOf(series, limitsNs[0])]
      }),
      ended: this.#ending?.take(monotonicClock.now() - this.#startAt) ?? [],
      duplicates: settlement.duplicates,
    }
  }

  #tell(event: DriverEvent): void {
    tellEvent(this.#parent, event)
  }
}

const gatewayName = 'order-gateway'

const snapshotOf = ({ name, histogram }: SeriesRecorder, budgetNs: number | undefined): ComponentSnapshot => ({
  name,
  count: histogram.count,
  p50Ns: histogram.quantile(0.5),
  p95Ns: histogram.quantile(0.95),
  p99Ns: histogram.quantile(0.99),
  budgetNs: budgetNs ?? null,
})

if (!isMainThread) {
  const parent = present(parentPort, 'the collector runs in a thread')
  const data = workerData as CollectorData
  assert(data.plan.runId !== '', 'a run has an id')
  answerQuestions<CollectorQuestions>(parent, new Collector(data, parent).questions())
}
