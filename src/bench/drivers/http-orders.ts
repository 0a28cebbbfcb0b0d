import { EventEmitter } from 'node:events'
import { Pool } from 'undici'
import { assert, present } from '../../core/assert.js'
import type { Clock } from '../../core/clock.js'
import { type DurationNs, type InstantNs, nsPerMs } from '../../core/units.js'
import { orderHeaders } from '../../engines/model/order-headers.js'
import type { Envelope, Stamp } from '../../platform/bus/envelope.js'
import type { Arrival } from '../collection.js'
import type { Answer } from '../settlement.js'

// Posts orders to the gateways. The schedule never waits for a connection: an order that finds none free waits in the
// client, and that wait is part of its response time. What has no answer at the timeout is cut off, so that a gateway
// that hangs frees its connections for those that come.

type HttpOrdersOptions = {
  readonly urls: readonly string[]
  /** In all, shared equally by the gateways. */
  readonly connections: number
  readonly timeoutNs: DurationNs
  readonly clock: Clock
  /** Called when the request is issued, before anything is written. */
  readonly onSent: (seq: number, sentAt: InstantNs) => void
  readonly onAnswer: (seq: number, answered: HttpAnswer, arrival: Arrival) => void
  /** Called when there will be no answer. */
  readonly onCutOff: (seq: number, ending: 'timedOut' | 'failed', reason: string) => void
}

type HttpAnswer = { readonly answer: Answer; readonly reason: string; readonly stamps: readonly Stamp[] }

/** An emitter in place of an AbortController, whose signal costs several microseconds a request. */
type UnderWay = { readonly signal: EventEmitter; readonly intendedAt: InstantNs; expired: boolean }

const sweepNs = 20 * nsPerMs

export class HttpOrders {
  readonly #options: HttpOrdersOptions
  readonly #pools: readonly Pool[]
  readonly #underWay = new Map<number, UnderWay>()
  readonly #sweeper: NodeJS.Timeout
  #lastActiveAt: InstantNs

  constructor(options: HttpOrdersOptions) {
    assert(options.urls.length > 0, 'there is a gateway to post to')
    this.#options = options
    const connections = Math.max(1, Math.floor(options.connections / options.urls.length))
    // Timeouts are the sweep's: those of the client have a grain of half a second.
    const limits = { connections, pipelining: 1, headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 60_000 }
    this.#pools = options.urls.map((url) => new Pool(url, limits))
    this.#sweeper = setInterval(() => this.#sweep(), sweepNs / nsPerMs)
    this.#lastActiveAt = options.clock.now()
  }

  /** Posts orders at once, one gateway after the other. */
  post(orders: readonly Envelope[]): void {
    for (const order of orders) void this.#postOne(order)
    this.#lastActiveAt = this.#options.clock.now()
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeper)
    for (const { signal } of this.#underWay.values()) signal.emit('abort')
    await Promise.all(this.#pools.map((pool) => pool.destroy()))
  }

  async #postOne(order: Envelope): Promise<void> {
    const { clock, onSent, onAnswer, onCutOff } = this.#options
    const { seq, intendedAt } = order
    const underWay: UnderWay = { signal: new EventEmitter(), intendedAt, expired: false }
    this.#underWay.set(seq, underWay)
    const body = JSON.stringify(order.body)
    const sentAt = clock.now()
    onSent(seq, sentAt)
    const response = await this.#request(order, sentAt, { body, signal: underWay.signal })
    this.#underWay.delete(seq)
    if ('error' in response) {
      if (underWay.expired) onCutOff(seq, 'timedOut', 'no answer within the timeout')
      else onCutOff(seq, 'failed', `connection: ${codeOf(response.error)}`)
    } else {
      onAnswer(seq, response.answer, { polledAt: this.#lastActiveAt, receivedAt: response.receivedAt })
    }
    this.#lastActiveAt = clock.now()
  }

  async #request(
    order: Envelope,
    sentAt: InstantNs,
    { body, signal }: { readonly body: string; readonly signal: EventEmitter },
  ): Promise<{ readonly answer: HttpAnswer; readonly receivedAt: InstantNs } | { readonly error: unknown }> {
    const pool = present(this.#pools[order.seq % this.#pools.length], 'there is a gateway to post to')
    try {
      const headers = headersOf(order, sentAt)
      const response = await pool.request({ method: 'POST', path: '/v1/orders', headers, body, signal })
      const text = await response.body.text()
      const receivedAt = this.#options.clock.now()
      return { answer: readAnswer(response.statusCode, response.headers[orderHeaders.stamps], text), receivedAt }
    } catch (error) {
      return { error }
    }
  }

  /** Requests stand in the order of their intended instants, so the first that is still in time ends the sweep. */
  #sweep(): void {
    const now = this.#options.clock.now()
    for (const underWay of this.#underWay.values()) {
      if (now - underWay.intendedAt <= this.#options.timeoutNs) return
      underWay.expired = true
      underWay.signal.emit('abort')
    }
  }
}

const headersOf = (order: Envelope, sentAt: InstantNs): Record<string, string> => ({
  'content-type': 'application/json',
  [orderHeaders.run]: order.run,
  [orderHeaders.seq]: String(order.seq),
  [orderHeaders.intendedAt]: String(order.intendedAt),
  [orderHeaders.sentAt]: String(sentAt),
})

/** What a response says of its order. The gateway answers with the final report, 422 where the venue rejected. */
export function readAnswer(status: number, stampsHeader: string | string[] | undefined, body: string): HttpAnswer {
  const stamps = readStamps(stampsHeader)
  if (status === 200 || status === 201) return { answer: 'traded', reason: '', stamps }
  if (status === 422 || status === 400) return { answer: 'rejected', reason: reasonOf(body, status), stamps }
  if (status === 202) return { answer: 'failed', reason: 'placement timed out', stamps }
  return { answer: 'failed', reason: reasonOf(body, status), stamps }
}

function readStamps(header: string | string[] | undefined): readonly Stamp[] {
  if (typeof header !== 'string') return []
  try {
    const stamps: unknown = JSON.parse(header)
    return Array.isArray(stamps) && stamps.every(isStamp) ? stamps : []
  } catch {
    // A gateway of the user's own may say anything here: then the order has no parts.
    return []
  }
}

function isStamp(value: unknown): value is Stamp {
  if (typeof value !== 'object' || value === null) return false
  const { engine, polledAt, receivedAt, startedAt, doneAt }: Record<string, unknown> = { ...value }
  return typeof engine === 'string' && [polledAt, receivedAt, startedAt, doneAt].every(Number.isFinite)
}

function reasonOf(body: string, status: number): string {
  try {
    const { error, reason }: { error?: unknown; reason?: unknown } = JSON.parse(body) ?? {}
    const text = reason ?? error
    if (typeof text === 'string' && text !== '') return text.slice(0, 80)
  } catch {
    // Not JSON: the status says enough.
  }
  return `HTTP ${status}`
}

const codeOf = (error: unknown): string => {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : error instanceof Error ? error.message : String(error)
}
