import { assert, present } from '../../core/assert.js'
import type { Clock } from '../../core/clock.js'
import { type DurationNs, type InstantNs, nsPerMs } from '../../core/units.js'
import { orderHeaders } from '../../engines/model/order-headers.js'
import type { Envelope, Stamp } from '../../platform/bus/envelope.js'
import type { Arrival } from '../collection.js'
import type { Answer } from '../settlement.js'
import { GatewayConnections } from './gateway-connections.js'

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

const sweepNs = 20 * nsPerMs
const readBytes = 64 * 1024

export class HttpOrders {
  readonly #options: HttpOrdersOptions
  readonly #gateways: readonly GatewayConnections[]
  /** Intended instants of the orders under way, by seq. */
  readonly #underWay = new Map<number, InstantNs>()
  readonly #sweeper: NodeJS.Timeout
  #lastActiveAt: InstantNs

  constructor(options: HttpOrdersOptions) {
    assert(options.urls.length > 0, 'there is a gateway to post to')
    const { urls, clock, onCutOff } = options
    this.#options = options
    const shared = {
      connections: Math.max(1, Math.floor(options.connections / urls.length)),
      buffer: new Uint8Array(readBytes),
      now: () => clock.now(),
    }
    this.#gateways = urls.map(
      (url) =>
        new GatewayConnections({
          ...{ ...shared, url },
          onAnswer: (seq, { status, header, body }, receivedAt) => {
            this.#underWay.delete(seq)
            const arrival = { polledAt: this.#lastActiveAt, receivedAt }
            options.onAnswer(seq, readAnswer(status, header, body), arrival)
            this.#lastActiveAt = clock.now()
          },
          onFailed: (seq, reason) => {
            this.#underWay.delete(seq)
            onCutOff(seq, 'failed', reason)
            this.#lastActiveAt = clock.now()
          },
        }),
    )
    this.#sweeper = setInterval(() => this.#sweep(), sweepNs / nsPerMs)
    this.#lastActiveAt = clock.now()
  }

  /** Posts orders at once, one gateway after the other. */
  post(orders: readonly Envelope[]): void {
    for (const order of orders) this.#postOne(order)
    this.#lastActiveAt = this.#options.clock.now()
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeper)
    await Promise.all(this.#gateways.map((gateway) => gateway.close()))
  }

  #postOne(order: Envelope): void {
    const { seq, intendedAt } = order
    const gateway = this.#gatewayOf(seq)
    const body = JSON.stringify(order.body)
    const sentAt = this.#options.clock.now()
    this.#underWay.set(seq, intendedAt)
    this.#options.onSent(seq, sentAt)
    gateway.post(seq, requestOf(order, { host: gateway.host, sentAt, body }))
  }

  #gatewayOf(seq: number): GatewayConnections {
    return present(this.#gateways[seq % this.#gateways.length], 'there is a gateway to post to')
  }

  /** Requests stand in the order of their intended instants, so the first that is still in time ends the sweep. */
  #sweep(): void {
    const now = this.#options.clock.now()
    for (const [seq, intendedAt] of this.#underWay) {
      if (now - intendedAt <= this.#options.timeoutNs) return
      this.#underWay.delete(seq)
      this.#gatewayOf(seq).abandon(seq)
      this.#options.onCutOff(seq, 'timedOut', 'no answer within the timeout')
    }
  }
}

type RequestParts = { readonly host: string; readonly sentAt: InstantNs; readonly body: string }

const requestOf = ({ run, seq, intendedAt }: Envelope, { host, sentAt, body }: RequestParts): string =>
  `POST /v1/orders HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n${orderHeaders.run}: ${run}\r\n${orderHeaders.seq}: ${seq}\r\n${orderHeaders.intendedAt}: ${intendedAt}\r\n${orderHeaders.sentAt}: ${sentAt}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

/** What a response says of its order. The gateway answers with the final report, 422 where the venue rejected. */
export function readAnswer(status: number, stampsHeader: string | null, body: string): HttpAnswer {
  const stamps = readStamps(stampsHeader)
  if (status === 200 || status === 201) return { answer: 'traded', reason: '', stamps }
  if (status === 422 || status === 400) return { answer: 'rejected', reason: reasonOf(body, status), stamps }
  if (status === 202) return { answer: 'failed', reason: 'placement timed out', stamps }
  return { answer: 'failed', reason: reasonOf(body, status), stamps }
}

function readStamps(header: string | null): readonly Stamp[] {
  if (header === null) return []
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
