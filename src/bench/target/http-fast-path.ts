import { present } from '../../core/assert.js'
import { Random } from '../../core/random.js'
import { durationNs, type InstantNs, nsPerMs } from '../../core/units.js'
import { backoff } from '../../platform/flow/backoff.js'
import type { ClientContext, HttpClientPlan } from './client-plan.js'
import { ConnectionRing, HttpConnection } from './http-connection.js'
import { type Endpoint, probe, unreachable } from './http-probe.js'
import type { HttpRequests } from './http-request.js'
import { type Judge, judgeOf } from './http-status.js'
import { SlotList } from './slot-list.js'

// HTTP/1.1 without a library: bytes that were built before, one read buffer for all connections of the thread, and a parser that
// takes no more of a response than a generator needs. Requests go round the connections; what finds none free waits in
// order. What is given to a connection within one turn is written together.

export const fastPathName = 'http/1.1 fast path'
const readBytes = 64 * 1024
const reconnectLimits = { first: durationNs(10 * nsPerMs), longest: durationNs(1000 * nsPerMs), jitterShare: 0.2 }
const openDeadlineMs = 10_000
const unexpected = 'response that nobody asked for'
const badRow = 'a row put a line break or another control character into the head of the request'

export class HttpFastPath {
  readonly #context: ClientContext
  readonly #plan: HttpClientPlan
  readonly #requests: HttpRequests
  readonly #judge: Judge
  readonly #random: Random
  readonly #buffer = new Uint8Array(readBytes)
  readonly #connections = new Set<HttpConnection>()
  readonly #available: ConnectionRing
  /** Connections with something to write, as many as `#dirtyCount` says. */
  readonly #dirty: HttpConnection[] = []
  #dirtyCount = 0
  readonly #waiting: SlotList
  readonly #connectionOf: (HttpConnection | null)[]
  /** Bytes of a slot's request, where requests differ. */
  readonly #bytesOf: (Buffer | null)[]
  /** `copies[n - 1]` holds a constant request n times. */
  readonly #copies: readonly Buffer[]
  readonly #refused: number[] = []
  readonly #timers = new Set<NodeJS.Timeout>()
  /** A connection with more requests under way than this is not written to. */
  readonly #refillAt: number
  #endpoint: Endpoint | null = null
  #openCount = 0
  #failedAttempts = 0
  #closing = false
  #onAttempt: () => void = () => undefined
  #lastReason = ''

  constructor(plan: HttpClientPlan, requests: HttpRequests, context: ClientContext) {
    this.#plan = plan
    this.#requests = requests
    this.#context = context
    // A closed loop has its throughput as its only figure: a write for every single answer would be that of system calls.
    this.#refillAt = context.loop === 'closed' ? Math.floor(plan.pipelining / 2) : plan.pipelining
    this.#judge = judgeOf(plan.expectStatus)
    this.#random = Random.stream(context.seed, `reconnect.${context.workerIndex}`)
    this.#available = new ConnectionRing(context.connections)
    this.#waiting = new SlotList(context.slotCount)
    this.#connectionOf = new Array<HttpConnection | null>(context.slotCount).fill(null)
    this.#bytesOf = new Array<Buffer | null>(requests.constant ? 0 : context.slotCount).fill(null)
    this.#copies = requests.constant ? copiesOf(requests.bytes(0), plan.pipelining) : []
  }

  /** Asks the target once; resolves with what of its answer the fast path does not read, or with null when all is connected. */
  async open(): Promise<string | null> {
    const { endpoint, problem } = await probe(this.#plan, this.#requests, this.#context)
    if (problem !== null) return problem
    this.#endpoint = endpoint
    await this.#connectAll()
    return null
  }

  /** Hot path. */
  send(slot: number, seq: number): void {
    if (!this.#requests.constant) {
      const bytes = this.#requests.bytes(seq)
      if (bytes === null) {
        this.#refuse(slot)
        return
      }
      this.#bytesOf[slot] = bytes
    }
    const connection = this.#available.take()
    if (connection === null) this.#waiting.push(slot)
    else this.#give(connection, slot)
  }

  /** Hot path. */
  flush(): void {
    for (let index = 0; index < this.#dirtyCount; index += 1) {
      const connection = this.#dirty[index]
      if (connection !== undefined) this.#write(connection)
    }
    this.#dirtyCount = 0
  }

  abandon(slot: number): void {
    if (this.#waiting.has(slot)) {
      this.#waiting.remove(slot)
      return
    }
    const connection = this.#connectionOf[slot]
    this.#connectionOf[slot] = null
    // Its answer may still come: only a new connection can be trusted.
    connection?.forget(slot)
    connection?.destroy('connection closed: a request before it timed out')
  }

  async close(): Promise<void> {
    this.#closing = true
    for (const timer of this.#timers) clearTimeout(timer)
    const open = [...this.#connections]
    const closed = open.map(({ socket }) => new Promise((resolve) => socket.once('close', resolve)))
    for (const connection of open) connection.destroy('the run has ended')
    await Promise.all(closed)
  }

  #give(connection: HttpConnection, slot: number): void {
    connection.push(slot)
    this.#connectionOf[slot] = connection
    this.#available.add(connection)
    this.#markDirty(connection)
  }

  #markDirty(connection: HttpConnection): void {
    if (connection.dirty) return
    connection.dirty = true
    this.#dirty[this.#dirtyCount] = connection
    this.#dirtyCount += 1
  }

  #write(connection: HttpConnection): void {
    connection.dirty = false
    const { unsentCount } = connection
    if (unsentCount === 0 || !connection.open) return
    const first = connection.count - unsentCount
    if (first > this.#refillAt) return
    connection.unsentCount = 0
    const at = this.#context.clock.now()
    if (this.#requests.constant) {
      connection.socket.write(present(this.#copies[unsentCount - 1], 'a connection holds as many as are pipelined'))
    } else {
      this.#writeEach(connection, first)
    }
    for (let index = first; index < connection.count; index += 1) {
      this.#context.sink.sent(connection.slotAt(index), at)
    }
  }

  #writeEach(connection: HttpConnection, first: number): void {
    const { socket } = connection
    socket.cork()
    for (let index = first; index < connection.count; index += 1) {
      socket.write(this.#bytesOf[connection.slotAt(index)] ?? '')
    }
    socket.uncork()
  }

  /** Reads all that came. Hot path: once a read. */
  readable(connection: HttpConnection): void {
    const { parser } = connection
    const { sink, clock } = this.#context
    const at = clock.now()
    parser.push(this.#buffer, connection.byteCount)
    for (;;) {
      if (parser.atNextResponse) {
        if (connection.count === connection.unsentCount) {
          connection.destroy(unexpected)
          break
        }
        sink.firstByte(connection.slotAt(0), at)
      }
      if (!parser.next()) break
      this.#answered(connection, at)
      if (!connection.open) break
    }
    if (parser.problem !== null) connection.destroy(`cannot read the response: ${parser.problem}`)
    if (connection.unsentCount > 0) this.#markDirty(connection)
    this.flush()
  }

  ended(connection: HttpConnection): void {
    this.#answered(connection, this.#context.clock.now())
  }

  /** Hot path. */
  #answered(connection: HttpConnection, at: InstantNs): void {
    const { parser } = connection
    const slot = connection.shift()
    this.#connectionOf[slot] = null
    if (parser.keepAlive) this.#freed(connection)
    else connection.destroy('connection closed before the response')
    this.#context.sink.done(slot, at, this.#judge(parser.status), parser.serverNs)
  }

  /** A connection has room again. */
  #freed(connection: HttpConnection): void {
    const next = this.#waiting.empty ? -1 : this.#waiting.shift()
    if (next < 0) this.#available.add(connection)
    else this.#give(connection, next)
  }

  opened(connection: HttpConnection): void {
    this.#openCount += 1
    this.#failedAttempts = 0
    while (connection.hasRoom && !this.#waiting.empty) this.#give(connection, this.#waiting.shift())
    this.#available.add(connection)
    this.flush()
    this.#onAttempt()
  }

  closed(connection: HttpConnection, reason: string): void {
    this.#connections.delete(connection)
    this.#available.remove(connection)
    this.#lastReason = reason
    if (connection.wasOpen) this.#openCount -= 1
    else this.#failedAttempts += 1
    this.#end(connection, reason)
    this.#onAttempt()
    if (this.#closing) return
    // Nobody answers: what waits fails as it would have, one by one, in a client that connects for each request.
    if (!connection.wasOpen && this.#openCount === 0) this.#failWaiting(reason)
    if (connection.answered) this.#connect()
    else
      this.#later(() => this.#connect(), backoff(this.#failedAttempts, reconnectLimits, this.#random.float()) / nsPerMs)
  }

  /** What was written has failed; what was not goes to another connection, before all that came later. */
  #end(connection: HttpConnection, reason: string): void {
    const written = connection.count - connection.unsentCount
    const at = this.#context.clock.now()
    for (let index = connection.count - 1; index >= written; index -= 1) {
      const slot = connection.slotAt(index)
      if (slot < 0) continue
      this.#connectionOf[slot] = null
      this.#waiting.unshift(slot)
    }
    for (let index = 0; index < written; index += 1) {
      const slot = connection.slotAt(index)
      if (slot < 0) continue
      this.#connectionOf[slot] = null
      this.#context.sink.done(slot, at, reason, -1)
    }
    for (;;) {
      const next = this.#waiting.empty ? null : this.#available.take()
      if (next === null) break
      this.#give(next, this.#waiting.shift())
    }
    this.flush()
  }

  #failWaiting(reason: string): void {
    const at = this.#context.clock.now()
    const slots: number[] = []
    while (!this.#waiting.empty) slots.push(this.#waiting.shift())
    for (const slot of slots) this.#context.sink.done(slot, at, reason, -1)
  }

  /** Told in a turn of its own: a sink may send the next request at once. */
  #refuse(slot: number): void {
    this.#refused.push(slot)
    if (this.#refused.length > 1) return
    setImmediate(() => {
      const at = this.#context.clock.now()
      for (const refused of this.#refused.splice(0)) this.#context.sink.done(refused, at, badRow, -1)
    })
  }

  #connect(): void {
    const { pipelining, serverTiming } = this.#plan
    const connection = new HttpConnection(
      {
        address: present(this.#endpoint, 'the target was probed'),
        ...{ buffer: this.#buffer, pipelining, serverTiming, bodiless: this.#requests.method === 'HEAD' },
        ...{ keep: null, secure: false },
      },
      this,
    )
    this.#connections.add(connection)
  }

  #later(action: () => void, delayMs: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      action()
    }, delayMs)
    this.#timers.add(timer)
  }

  /** Until each has connected or failed once; a target that takes only some of them is loaded over those. */
  async #connectAll(): Promise<void> {
    let attempts = 0
    let deadline: NodeJS.Timeout | undefined
    const { connections } = this.#context
    await new Promise<void>((resolve) => {
      deadline = setTimeout(resolve, openDeadlineMs)
      this.#onAttempt = () => {
        attempts += 1
        if (attempts >= connections) resolve()
      }
      for (let index = 0; index < connections; index += 1) this.#connect()
    })
    this.#onAttempt = () => undefined
    clearTimeout(deadline)
    if (this.#openCount > 0) return
    await this.close()
    throw unreachable(this.#plan.origin, this.#lastReason)
  }
}

function copiesOf(bytes: Buffer | null, count: number): Buffer[] {
  const one = present(bytes, 'a request without placeholders was checked when it was written')
  const all = Buffer.concat(Array.from({ length: count }, () => one))
  return Array.from({ length: count }, (_, index) => all.subarray(0, one.length * (index + 1)))
}
