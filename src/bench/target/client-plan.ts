import type { Clock } from '../../core/clock.js'
import type { DurationNs } from '../../core/units.js'
import type { TargetSink } from './client.js'
import type { DataPlan } from './data.js'
import type {
  BusPlan,
  FanOutPlan,
  FunctionPlan,
  PostgresPlan,
  RedisPlan,
  RedisStreamPlan,
  WebSocketPlan,
} from './protocol-plans.js'

// What a worker is told about the target, as plain data, one shape a protocol. client-catalog.ts makes the client of it.

/** One HTTP request; its texts may hold placeholders, which http-request.ts fills by seq. */
type RequestPlan = {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string | null
}

export type HttpClientPlan = {
  readonly kind: 'http'
  /** Scheme, host and port. */
  readonly origin: string
  readonly request: RequestPlan
  /** Rows of the placeholders. */
  readonly data: DataPlan | null
  /** What counts as completed; empty means 200 to 399. */
  readonly expectStatus: readonly number[]
  /** Requests on one connection at a time. */
  readonly pipelining: number
  /** Whether the `Server-Timing` header tells the server's own time. */
  readonly serverTiming: boolean
  readonly http2: boolean
  /** False accepts certificates that nobody signed. */
  readonly verifyCertificate: boolean
}

export type ClientPlan =
  | HttpClientPlan
  | WebSocketPlan
  | RedisPlan
  | RedisStreamPlan
  | PostgresPlan
  | BusPlan
  | FanOutPlan
  | FunctionPlan

/** What a client gets from the worker that paces it. */
export type ClientContext = {
  readonly sink: TargetSink
  readonly loop: 'open' | 'closed'
  readonly clock: Clock
  /** Slots are 0 to `slotCount` - 1. */
  readonly slotCount: number
  /** Of this worker. */
  readonly connections: number
  readonly timeoutNs: DurationNs
  readonly seed: number
  readonly workerIndex: number
  readonly workerCount: number
}
