import { Socket } from 'node:net'
import pg from 'pg'
import { messageOf, NautilusError } from '../../core/errors.js'
import { maskUrl } from '../../core/secrets.js'
import { nsPerMs } from '../../core/units.js'
import type { TargetClient } from './client.js'
import type { ClientContext } from './client-plan.js'
import type { PostgresPlan } from './protocol-plans.js'
import { Texts } from './texts.js'
import { reasonOf } from './under-way.js'

// One statement at a time on each connection, prepared once. What finds no free connection waits in order; what has waited
// or run beyond its timeout is given up, and a connection whose statement still runs is replaced: it would answer first.

type Line = { client: pg.Client; socket: Socket; slot: number }

const noSlot = -1
const reopenMs = 100

export class PostgresClient implements TargetClient {
  readonly path = 'pg'
  readonly #plan: PostgresPlan
  readonly #context: ClientContext
  readonly #texts: Texts
  readonly #free: Line[] = []
  readonly #lines = new Set<Line>()
  /** Slots that wait for a connection, in order, with their seq. */
  readonly #waiting = new Map<number, number>()
  readonly #timers = new Set<NodeJS.Timeout>()
  #closed = false

  constructor(plan: PostgresPlan, context: ClientContext) {
    this.#plan = plan
    this.#context = context
    this.#texts = new Texts(plan.values, plan.data)
  }

  async open(): Promise<void> {
    try {
      await Promise.all(Array.from({ length: this.#context.connections }, () => this.#connect()))
    } catch (cause) {
      await this.close()
      throw new NautilusError(
        'SERVICE_UNAVAILABLE',
        `${maskUrl(this.#plan.url)} cannot be reached: ${messageOf(cause)}`,
        { hint: 'Start PostgreSQL, or correct the URL; it takes as many clients as its max_connections.', cause },
      )
    }
  }

  send(slot: number, seq: number): void {
    const line = this.#free.pop()
    if (line === undefined) this.#waiting.set(slot, seq)
    else void this.#query(line, slot, seq)
  }

  abandon(slot: number): void {
    if (this.#waiting.delete(slot)) return
    for (const line of this.#lines) {
      if (line.slot !== slot) continue
      line.slot = noSlot
      line.socket.destroy()
    }
  }

  close(): Promise<void> {
    this.#closed = true
    for (const timer of this.#timers) clearTimeout(timer)
    for (const { socket } of this.#lines) socket.destroy()
    return Promise.resolve()
  }

  async #connect(): Promise<void> {
    const socket = new Socket()
    const client = new pg.Client({
      connectionString: this.#plan.url,
      connectionTimeoutMillis: Math.min(5_000, this.#context.timeoutNs / nsPerMs),
      stream: () => socket,
    })
    const line: Line = { client, socket, slot: noSlot }
    this.#lines.add(line)
    // A connection that breaks says so here as well as by its statement; without a listener it would end the process.
    client.on('error', () => undefined)
    socket.on('close', () => this.#broken(line))
    await client.connect()
    this.#free.push(line)
    this.#serve()
  }

  async #query(line: Line, slot: number, seq: number): Promise<void> {
    const { sink, clock } = this.#context
    line.slot = slot
    sink.sent(slot, clock.now())
    let failure: string | null = null
    try {
      const values = this.#texts.fill(seq)
      await line.client.query({ name: 'nautilus', text: this.#plan.query, values })
    } catch (error) {
      failure = reasonOf(error)
    }
    if (line.slot !== slot) return
    const at = clock.now()
    line.slot = noSlot
    sink.firstByte(slot, at)
    sink.done(slot, at, failure, -1)
    if (!this.#lines.has(line)) return
    this.#free.push(line)
    this.#serve()
  }

  /** Gives what waits to what is free. */
  #serve(): void {
    for (const [slot, seq] of this.#waiting) {
      const line = this.#free.pop()
      if (line === undefined) return
      this.#waiting.delete(slot)
      void this.#query(line, slot, seq)
    }
  }

  #broken(line: Line): void {
    this.#lines.delete(line)
    const index = this.#free.indexOf(line)
    if (index >= 0) this.#free.splice(index, 1)
    if (this.#closed) return
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      // A failed attempt closes its socket, and with that begins the next.
      this.#connect().catch(() => undefined)
    }, reopenMs)
    this.#timers.add(timer)
  }
}
