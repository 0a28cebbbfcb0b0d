import type { BusAddress } from '../../platform/bus/config.js'
import type { HttpClientPlan } from './client-plan.js'
import type { DataPlan } from './data.js'

// What a worker is told about a target that speaks something else than HTTP. Texts may hold placeholders.

export type WebSocketPlan = {
  readonly kind: 'websocket'
  readonly url: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly message: string
  /** Field of the JSON answer that holds the seq. */
  readonly correlate: string
  readonly data: DataPlan | null
}

export type RedisPlan = {
  readonly kind: 'redis'
  readonly url: string
  readonly command: readonly string[]
  readonly data: DataPlan | null
}

export type RedisStreamPlan = {
  readonly kind: 'redis-stream'
  readonly url: string
  readonly stream: string
  /** Where answers are read; the stream itself where nobody else answers. */
  readonly answers: string
  readonly body: string
  readonly entriesMax: number
  readonly data: DataPlan | null
}

export type PostgresPlan = {
  readonly kind: 'postgres'
  readonly url: string
  readonly query: string
  readonly values: readonly string[]
  readonly data: DataPlan | null
}

export type BusPlan = {
  readonly kind: 'bus'
  readonly address: BusAddress
  readonly run: string
  readonly topic: string
  readonly answers: string
  readonly body: string
  readonly data: DataPlan | null
}

export type FunctionPlan = {
  readonly kind: 'function'
  /** Absolute. */
  readonly module: string
  readonly export: string
}

export type FanOutPlan = {
  readonly kind: 'fan-out'
  readonly mode: 'parallel' | 'sequential'
  /** Who is asked, in this order where it is one after the other. */
  readonly members: readonly { readonly name: string; readonly http: HttpClientPlan }[]
}
