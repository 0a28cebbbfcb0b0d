import { createServer, type Server, type Socket } from 'node:net'
import type { Clock } from '../../core/clock.js'
import { type InstantNs, nsPerMs } from '../../core/units.js'
import { turnNs, wakeLeadNs } from '../target/loop-pacing.js'
import { Alarm } from './alarm.js'
import { type Behaviour, dueAt, isSlow } from './behaviour.js'
import { LogWriter, type ServerLog } from './server-log.js'

// An HTTP server on raw sockets that misbehaves as it is told and keeps its own log of what it did. It knows just enough of
// HTTP/1.1 for load generators: keep-alive, pipelining where all requests take equally long, bodies with a length.
//
// It is not really frozen in a stall: it reads on, so that its log knows when each request came, and only answers late. A
// client cannot tell the difference.

/** A request that waits for its answer. */
type Waiting = {
  readonly row: number
  readonly arrivedAt: InstantNs
  readonly dueAt: InstantNs
  readonly socket: Socket
}

export class MisbehavingServer {
  readonly #behaviour: Behaviour
  readonly #clock: Clock
  readonly #server: Server
  readonly #log = new LogWriter()
  /** Fast and slow mode: within each, who came first is due first. */
  readonly #queues: readonly [Queue, Queue] = [new Queue(), new Queue()]
  #connections = 0
  readonly #alarm = new Alarm(() => this.#answerDue())
  #turning = false

  constructor(behaviour: Behaviour, clock: Clock) {
    this.#behaviour = behaviour
    this.#clock = clock
    this.#log.begin(clock.now())
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket))
  }

  /** Any free port of 127.0.0.1. */
  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
        const address = this.#server.address()
        resolve(typeof address === 'object' && address !== null ? address.port : 0)
      })
    })
  }

  /** Forgets what it has logged; its periods begin now. */
  begin(): void {
    this.#log.begin(this.#clock.now())
  }

  log(): ServerLog {
    return this.#log.copy()
  }

  #accept(socket: Socket): void {
    const connection = this.#connections
    this.#connections += 1
    let rest = ''
    socket.on('data', (chunk) => {
      const at = this.#clock.now()
      const text = rest + chunk.toString('latin1')
      let from = 0
      for (let to = requestEnd(text, from); to >= 0; to = requestEnd(text, from)) {
        from = to
        this.#take(socket, connection, at)
      }
      rest = text.slice(from)
      this.#answerDue()
    })
    // A client that leaves while it is owed an answer is no concern of the server.
    socket.on('error', () => socket.destroy())
  }

  #take(socket: Socket, connection: number, at: InstantNs): void {
    const log = this.#log
    const row = log.next()
    const asked = { at, index: row, connection }
    const due = dueAt(this.#behaviour, asked, log.originAt)
    log.arrivedAt[row] = at
    log.dueAt[row] = due
    log.connection[row] = connection
    this.#queues[isSlow(this.#behaviour, asked) ? 1 : 0].push({ row, arrivedAt: at, dueAt: due, socket })
  }

  #answerDue(): void {
    for (const queue of this.#queues) {
      for (let first = queue.first; first !== undefined && first.dueAt <= this.#clock.now(); first = queue.first) {
        queue.shift()
        this.#answer(first)
      }
    }
    this.#wait()
  }

  #answer({ row, arrivedAt, socket }: Waiting): void {
    const now = this.#clock.now()
    this.#log.answeredAt[row] = now
    if (socket.destroyed) return
    const tookMs = (now - arrivedAt) / nsPerMs
    socket.write(`${answerHead}${tookMs.toFixed(6)}${answerTail}`, 'latin1')
  }

  /** Comes back when the next answer is due. */
  #wait(): void {
    const [fast, slow] = this.#queues
    const nextAt = Math.min(
      fast.first?.dueAt ?? Number.POSITIVE_INFINITY,
      slow.first?.dueAt ?? Number.POSITIVE_INFINITY,
    )
    if (nextAt === Number.POSITIVE_INFINITY || this.#turning) return
    if (nextAt - this.#clock.now() > turnNs) {
      this.#alarm.set(nextAt - wakeLeadNs)
      return
    }
    this.#turning = true
    setImmediate(() => {
      this.#turning = false
      this.#answerDue()
    })
  }
}

// The driver reads the server's own time from this header, and so can split every response time.
const answerHead = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nServer-Timing: app;dur='
const answerTail = '\r\n\r\nok'

/** Index after the request that begins at `from`; -1 where it is not whole yet. */
function requestEnd(text: string, from: number): number {
  const head = text.indexOf('\r\n\r\n', from)
  if (head < 0) return -1
  if (text.startsWith('GET ', from)) return head + 4
  const length = /^content-length: *(\d+)/im.exec(text.slice(from, head))?.[1]
  const end = head + 4 + Number(length ?? 0)
  return end <= text.length ? end : -1
}

class Queue {
  #waiting: Waiting[] = []
  #head = 0

  get first(): Waiting | undefined {
    return this.#waiting[this.#head]
  }

  push(waiting: Waiting): void {
    this.#waiting.push(waiting)
  }

  shift(): void {
    this.#head += 1
    if (this.#head < 1024) return
    this.#waiting = this.#waiting.slice(this.#head)
    this.#head = 0
  }
}
