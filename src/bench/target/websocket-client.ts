import WebSocket, { type RawData } from 'ws'
import { messageOf, NautilusError } from '../../core/errors.js'
import { maskUrl } from '../../core/secrets.js'
import { nsPerMs } from '../../core/units.js'
import type { TargetClient } from './client.js'
import type { ClientContext } from './client-plan.js'
import { Correlation } from './correlation.js'
import { hintOf, inOneLine } from './http-probe.js'
import type { WebSocketPlan } from './protocol-plans.js'
import { Texts } from './texts.js'

// Messages over WebSocket connections (RFC 6455), in turn. An answer may come on any of them and in any order: it is known by
// the number that it carries. A connection that breaks fails what it had sent, and is opened again.

const reopenMs = 100

type Line = { readonly index: number; socket: WebSocket | null }

/** Place of what found no open connection. */
const noLine = -1

export class WebSocketClient implements TargetClient {
  readonly path = 'ws'
  readonly #plan: WebSocketPlan
  readonly #context: ClientContext
  readonly #texts: Texts
  readonly #lines: readonly Line[]
  readonly #correlation: Correlation
  /** By slot: the connection that carried it. One table for all, since a thousand connections may share a million slots. */
  readonly #lineOf: Int32Array
  readonly #timers = new Set<NodeJS.Timeout>()
  #next = 0
  #closed = false

  constructor(plan: WebSocketPlan, context: ClientContext) {
    this.#plan = plan
    this.#context = context
    this.#texts = new Texts([plan.message], plan.data)
    this.#lines = Array.from({ length: context.connections }, (_, index) => ({ index, socket: null }))
    this.#correlation = new Correlation(context.slotCount)
    this.#lineOf = new Int32Array(context.slotCount)
  }

  async open(): Promise<void> {
    try {
      await Promise.all(this.#lines.map((line) => this.#connect(line)))
    } catch (cause) {
      await this.close()
      throw new NautilusError(
        'SERVICE_UNAVAILABLE',
        `${maskUrl(this.#plan.url)} takes no WebSocket connections: ${inOneLine(messageOf(cause))}`,
        { hint: hintOf(messageOf(cause)), cause },
      )
    }
  }

  send(slot: number, seq: number): void {
    const line = this.#lineToUse()
    const { sink, clock } = this.#context
    sink.sent(slot, clock.now())
    this.#correlation.begin(slot, seq)
    this.#lineOf[slot] = line?.index ?? noLine
    if (line?.socket == null) {
      // Not from within `send`: the worker is still at its own end of the request.
      setImmediate(() => {
        if (this.#correlation.end(seq) === slot) sink.done(slot, clock.now(), 'connection: none is open', -1)
      })
      return
    }
    line.socket.send(this.#texts.first(seq))
  }

  abandon(slot: number): void {
    this.#correlation.forget(slot)
  }

  close(): Promise<void> {
    this.#closed = true
    for (const timer of this.#timers) clearTimeout(timer)
    for (const { socket } of this.#lines) socket?.terminate()
    return Promise.resolve()
  }

  /** The next in turn that is open. */
  #lineToUse(): Line | null {
    for (let tried = 0; tried < this.#lines.length; tried += 1) {
      const line = this.#lines[this.#next] ?? null
      this.#next = (this.#next + 1) % this.#lines.length
      if (line?.socket?.readyState === WebSocket.OPEN) return line
    }
    return null
  }

  #connect(line: Line): Promise<void> {
    const { url, headers } = this.#plan
    const socket = new WebSocket(url, {
      headers: Object.fromEntries(headers),
      // Compression would be measured too, and is off by default elsewhere.
      perMessageDeflate: false,
      handshakeTimeout: Math.min(5_000, this.#context.timeoutNs / nsPerMs),
    })
    return new Promise((resolve, reject) => {
      socket.once('open', () => {
        line.socket = socket
        resolve()
      })
      socket.on('message', (data) => this.#answer(data))
      // The reason comes here, the end itself by `close`.
      socket.on('error', reject)
      socket.on('close', () => {
        reject(new Error('the connection was closed'))
        this.#broken(line)
      })
    })
  }

  #answer(data: RawData): void {
    const at = this.#context.clock.now()
    const seq = seqIn(data, this.#plan.correlate)
    if (Number.isNaN(seq)) {
      this.#context.sink.unassigned(`messages without a usable "${this.#plan.correlate}"`)
      return
    }
    const slot = this.#correlation.end(seq)
    if (slot < 0) return
    this.#context.sink.firstByte(slot, at)
    this.#context.sink.done(slot, at, null, -1)
  }

  #broken(line: Line): void {
    line.socket = null
    const at = this.#context.clock.now()
    for (const slot of this.#correlation.slots()) {
      if (this.#lineOf[slot] !== line.index) continue
      this.#correlation.forget(slot)
      this.#context.sink.done(slot, at, 'connection: closed', -1)
    }
    if (this.#closed) return
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      // A failed attempt closes its socket, and with that begins the next.
      this.#connect(line).catch(() => undefined)
    }, reopenMs)
    this.#timers.add(timer)
  }
}

/** The number that an answer carries; NaN, which no request has, where it carries none. */
function seqIn(data: RawData, field: string): number {
  try {
    const answer: unknown = JSON.parse(String(data))
    const value: unknown = typeof answer === 'object' && answer !== null ? Reflect.get(answer, field) : null
    // Of null, as JSON-RPC answers what it could not read, and of an empty text a number would be made: 0.
    return typeof value === 'number' || (typeof value === 'string' && value !== '') ? Number(value) : Number.NaN
  } catch {
    // Not JSON: a greeting, a heartbeat.
    return Number.NaN
  }
}
