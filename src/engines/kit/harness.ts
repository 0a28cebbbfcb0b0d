import type { z } from 'zod'
import { assert, present } from '../../core/assert.js'
import type { Clock } from '../../core/clock.js'
import { type DurationNs, durationNs, type InstantNs, instantNs, later } from '../../core/units.js'
import { type Envelope, noSeq } from '../../platform/bus/envelope.js'
import type { OutcomeKind, Topic } from '../model/messages.js'
import { orderHeaders } from '../model/order-headers.js'
import {
  type Engine,
  type EngineContext,
  type EngineDefinition,
  type HttpReply,
  type HttpRequest,
  type Input,
  residentOf,
  type StoreTable,
} from './define.js'
import { findRoute } from './routes.js'
import { liveRun } from './runs.js'

// An engine under test without a bus: what it emits, finishes, writes and counts is recorded, and time is turned by hand.
// Inputs settle as in the host: once, by the first emit, finish or leave; what comes after is suppressed and counted.

type Emitted = {
  readonly topic: Topic
  readonly body: unknown
  readonly seq: number
  /** Number of the message: members of one batch share it. */
  readonly message: number
}
type RecordedOutcome = { readonly outcome: OutcomeKind; readonly reason: string; readonly seq: number }
type RecordedRow = { readonly table: StoreTable; readonly row: readonly (string | number | null)[] }

export type Harness = {
  readonly engine: Engine
  readonly emitted: Emitted[]
  readonly outcomes: RecordedOutcome[]
  readonly rows: RecordedRow[]
  readonly counters: Readonly<Record<string, number>>
  readonly now: () => InstantNs
  /** Inputs that the engine holds. */
  readonly held: () => number
  /** Hands the engine one input; without `seq` they are numbered from 0. */
  feed(topic: Topic, body: unknown, seq?: number): Input
  /** Turns the clock, firing timers that fall due on the way, in order. */
  advance(ns: number): void
  /** Calls a route: `POST /v1/orders`; parts of the request that are not given are empty. */
  call(route: string, request?: Partial<HttpRequest>): Promise<HttpReply>
}

type Timer = { readonly dueAt: InstantNs; readonly order: number; readonly callback: () => void }

export function harness<Schema extends z.ZodType>(
  definition: EngineDefinition<Schema>,
  settingsInput: unknown = {},
  options: { readonly instance?: number } = {},
): Harness {
  const settings = definition.config.parse(settingsInput)
  const bench = new HandBench(definition.name, options.instance ?? 0)
  const deadlineNs = definition.deadlineNs?.(settings) ?? null
  const engine = residentOf(definition, settings, bench.context.clock).create(bench.context)
  return {
    engine,
    emitted: bench.emitted,
    outcomes: bench.outcomes,
    rows: bench.rows,
    counters: bench.counters,
    now: bench.now,
    held: () => bench.held.size,
    feed: (topic, body, seq) => {
      const input = { topic, envelope: bench.envelope(body, seq) }
      const observed = definition.observes?.includes(topic) ?? false
      return observed ? bench.observe(engine, input) : bench.feed(engine, deadlineNs, input)
    },
    advance: (ns) => bench.advance(durationNs(ns)),
    call: async (route, request = {}) => {
      const [method = '', path = ''] = route.split(' ')
      const handler = present(findRoute(engine.routes ?? {}, method, path), 'the engine has the route')
      return handler({ method, path, headers: {}, body: '', ...request })
    },
  }
}

const run = 'test'

class HandBench {
  readonly emitted: Emitted[] = []
  readonly outcomes: RecordedOutcome[] = []
  readonly rows: RecordedRow[] = []
  readonly counters: Record<string, number> = {}
  readonly held = new Set<Input>()
  readonly #settled = new WeakSet<Input>()
  readonly #name: string
  #timers: Timer[] = []
  #at = instantNs(1_000_000_000)
  #order = 0
  #messages = 0
  #nextSeq = 0
  readonly context: EngineContext

  constructor(name: string, instance: number) {
    this.#name = name
    const clock: Clock = { now: this.now }
    this.context = {
      clock,
      run,
      instance,
      store: { write: (table, row) => this.rows.push({ table, row }) },
      emit: (input, topic, body) => this.#emit(topic, [{ input, body }]),
      emitBatch: (topic, items) => this.#emit(topic, items),
      publish: (topic, body) => {
        this.emitted.push({ topic, body, seq: noSeq, message: this.#messages++ })
      },
      finish: (input, outcome, reason) => {
        if (this.#settle(input)) this.outcomes.push({ outcome, reason, seq: input.envelope.seq })
      },
      abandon: (input, reason) => {
        assert(this.#settled.has(input), 'what is abandoned was emitted before')
        this.outcomes.push({ outcome: 'failed', reason, seq: input.envelope.seq })
      },
      hold: (input) => {
        if (!this.#settled.has(input)) this.held.add(input)
      },
      enter: (body, headers) => ({ topic: 'order.intent', envelope: this.#entered(body, headers) }),
      leave: (input) => {
        this.#settle(input)
        const at = this.#at
        const stamp = { engine: name, polledAt: at, receivedAt: at, startedAt: at, doneAt: at }
        return { ...input.envelope, stamps: [...input.envelope.stamps, stamp] }
      },
      after: (delayNs, callback) => this.#after(delayNs, callback),
      count: (counter, by = 1) => {
        this.counters[counter] = (this.counters[counter] ?? 0) + by
      },
    }
  }

  readonly now = (): InstantNs => this.#at

  envelope(body: unknown, seq = this.#nextSeq): Envelope {
    this.#nextSeq = seq + 1
    return { run, seq, intendedAt: this.#at, sentAt: this.#at, stamps: [], body }
  }

  feed(engine: Engine, deadlineNs: DurationNs | null, input: Input): Input {
    const overdue = (): void => {
      if (this.held.has(input)) this.context.finish(input, 'failed', `${this.#name} deadline`)
    }
    const cancel = deadlineNs === null ? null : this.#after(deadlineNs, overdue)
    try {
      engine.handle(input)
    } catch (error) {
      this.context.finish(input, 'failed', `error: ${error instanceof Error ? error.constructor.name : typeof error}`)
    }
    if (!this.held.has(input)) {
      this.#settled.add(input)
      cancel?.()
    }
    return input
  }

  /** What an engine only observes never ends a tick. */
  observe(engine: Engine, input: Input): Input {
    engine.handle(input)
    this.#settled.add(input)
    return input
  }

  advance(ns: DurationNs): void {
    assert(ns >= 0, 'the clock is turned forwards')
    const end = later(this.#at, ns)
    for (;;) {
      this.#timers.sort((a, b) => a.dueAt - b.dueAt || a.order - b.order)
      const next = this.#timers[0]
      if (next === undefined || next.dueAt > end) break
      this.#timers.shift()
      this.#at = next.dueAt
      next.callback()
    }
    this.#at = end
  }

  #after(delayNs: DurationNs, callback: () => void): () => void {
    const timer: Timer = { dueAt: later(this.#at, delayNs), order: this.#order++, callback }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  #emit(topic: Topic, items: readonly { readonly input: Input; readonly body: unknown }[]): void {
    const message = this.#messages++
    for (const { input, body } of items) {
      if (this.#settle(input)) this.emitted.push({ topic, body, seq: input.envelope.seq, message })
    }
  }

  #settle(input: Input): boolean {
    if (this.#settled.has(input)) {
      this.context.count('suppressed')
      return false
    }
    this.#settled.add(input)
    this.held.delete(input)
    return true
  }

  #entered(body: unknown, headers: Readonly<Record<string, string | undefined>>): Envelope {
    const seq = Number(headers[orderHeaders.seq] ?? noSeq)
    return {
      run: headers[orderHeaders.run] ?? liveRun,
      seq,
      intendedAt: instantNs(Number(headers[orderHeaders.intendedAt] ?? this.#at)),
      sentAt: instantNs(Number(headers[orderHeaders.sentAt] ?? this.#at)),
      stamps: [],
      body,
    }
  }
}
