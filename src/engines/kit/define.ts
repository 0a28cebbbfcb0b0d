import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { z } from 'zod'
import type { Clock } from '../../core/clock.js'
import type { DurationNs } from '../../core/units.js'
import type { Envelope } from '../../platform/bus/envelope.js'
import type { Registry } from '../../platform/telemetry/registry.js'
import type { OutcomeKind, Topic } from '../model/messages.js'

// The one shape of an engine. The host (host.ts) owns connections, stamps, acknowledgement, faults, metrics and drain;
// an engine only says what it makes of an input.

export type Input<Body = unknown> = { readonly topic: Topic; readonly envelope: Envelope<Body> }

/** Rows for PostgreSQL, written off the hot path by a bounded queue; what overflows is counted and fails the run's check. */
type StoreWriter = {
  write(table: StoreTable, row: readonly (string | number | null)[]): void
}
export type StoreTable = 'orders' | 'execution_reports' | 'positions'

export type HttpRequest = {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}
export type HttpReply = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
}
/** `METHOD /path` -> handler. `/health`, `/metrics` and `/status` are the kit's. */
export type Routes = Readonly<Record<string, (request: HttpRequest) => Promise<HttpReply> | HttpReply>>

export type EngineContext = {
  readonly clock: Clock
  readonly run: string
  readonly instance: number
  readonly store: StoreWriter
  /** Publishes `body` as the continuation of `input`: same seq, stamps carried on, this engine's stamp appended. Settles the input. */
  emit(input: Input, topic: Topic, body: unknown): void
  /** The same for several inputs in one message: a batch. Settles them all. */
  emitBatch(topic: Topic, items: readonly { readonly input: Input; readonly body: unknown }[]): void
  /** Publishes what no tick caused (no seq, no stamps). */
  publish(topic: Topic, body: unknown): void
  /** Ends the tick. The first outcome of a seq wins. Settles the input. */
  finish(input: Input, outcome: OutcomeKind, reason: string): void
  /** Ends as failed a tick whose input an earlier emit has settled, because what was sent on is never answered (placement timeout). Settles nothing. */
  abandon(input: Input, reason: string): void
  /** Keeps the input unsettled beyond `handle`; a later emit or finish settles it. Without this, `handle` returning settles it. */
  hold(input: Input): void
  /** Starts the way of an order that came by HTTP: an input as if it had arrived on the bus now. */
  enter(body: unknown, headers: Readonly<Record<string, string | undefined>>): Input
  /** Ends the way of an input on the bus because its answer leaves by HTTP: the envelope with this engine's stamp appended. Settles it. */
  leave(input: Input): Envelope
  /** Calls `callback` once after the delay; the returned function cancels. Timers of an ended run never fire. */
  after(delayNs: DurationNs, callback: () => void): () => void
  /** Adds to a counter of this engine that the report shows. */
  count(name: string, by?: number): void
}

export type Engine = {
  /** Must settle or hold the input; thrown errors finish the tick as failed. */
  handle(input: Input): void
  readonly routes?: Routes
  /** Sends what is still held (open batches); called when the run's source has stopped. */
  drain?(): void
  /** Facts for `/status`. */
  status?(): Readonly<Record<string, number | string | boolean>>
}

/** What of an engine belongs to its process and outlives runs, such as connections of clients; it makes the engine of each run. */
export type Resident = {
  create(context: EngineContext): Engine
  /** The paths at which connections ask for another protocol, for the page of the engine; with `upgrade` alone. */
  readonly upgrades?: readonly string[]
  /** Takes over a connection that asks for another protocol. */
  upgrade?(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Adds what it counts to `/metrics`. */
  metrics?(registry: Registry): void
  close?(): void
}

// What takes settings is written as a method: a catalog holds definitions of any settings.
type Described<Schema extends z.ZodType> = {
  readonly name: string
  readonly consumes: readonly Topic[]
  /** Those of `consumes` that every instance reads in full, without a group: reports may concern an order of any instance. */
  readonly observes?: readonly Topic[]
  /** Those of `consumes` that the settings ask for; all of them without it. */
  chosen?(settings: z.output<Schema>): readonly Topic[]
  readonly produces: readonly Topic[]
  readonly config: Schema
  /** Longest processing of one input; past it the tick is finished as failed with reason `<name> deadline`. */
  deadlineNs?(settings: z.output<Schema>): DurationNs
  /** Tables that the engine writes, so that the driver knows whose `flushed` to await. */
  readonly writes?: readonly StoreTable[]
}

export type EngineDefinition<Schema extends z.ZodType = z.ZodType> = Described<Schema> &
  (
    | {
        /** Called once per run: state never leaks from one run into the next. */
        create(settings: z.output<Schema>, context: EngineContext): Engine
      }
    | {
        /** Called once, in place of `create`. */
        open(settings: z.output<Schema>, clock: Clock): Resident
      }
  )

export const defineEngine = <Schema extends z.ZodType>(
  definition: EngineDefinition<Schema>,
): EngineDefinition<Schema> => definition

/** The engines of a process, whichever way they are defined. */
export const residentOf = <Schema extends z.ZodType>(
  definition: EngineDefinition<Schema>,
  settings: z.output<Schema>,
  clock: Clock,
): Resident =>
  'open' in definition
    ? definition.open(settings, clock)
    : { create: (context) => definition.create(settings, context) }
