import type { InstantNs } from '../../core/units.js'
import { orderHeaders } from '../../engines/model/order-headers.js'
import { HttpConnection } from '../target/http-connection.js'
import type { ResponseParser } from '../target/http-parser.js'

// The connections to one gateway: opened when an order needs one, each with one order under way, and used again, the last first,
// so that few are kept warm. What finds none free waits in order. A connection is attempted for each order that waits, and one that
// fails takes one order with it: so a gateway that is back is found by the next order, without a wait of ours in the figures.

type GatewayOptions = {
  readonly url: string
  readonly connections: number
  /** Shared by all gateways of a thread. */
  readonly buffer: Uint8Array
  readonly now: () => InstantNs
  /** What the answer was is read from the parser, before this returns. */
  readonly onAnswer: (seq: number, parser: ResponseParser, receivedAt: InstantNs) => void
  /** `reason` is the same for equal failures. */
  readonly onFailed: (seq: number, reason: string) => void
}

const keep = { header: orderHeaders.stamps, bodyBytesMax: 16 * 1024 }

export class GatewayConnections {
  readonly host: string
  readonly #options: GatewayOptions
  readonly #address: { readonly host: string; readonly port: number }
  readonly #secure: boolean
  readonly #connections = new Set<HttpConnection>()
  readonly #free: HttpConnection[] = []
  readonly #waiting = new Map<number, string>()
  readonly #carriers = new Map<number, HttpConnection>()
  #connectingCount = 0
  #closing = false

  constructor(options: GatewayOptions) {
    const { protocol, host, hostname, port } = new URL(options.url)
    this.#options = options
    this.host = host
    this.#secure = protocol === 'https:'
    const usualPort = this.#secure ? 443 : 80
    this.#address = { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? usualPort : Number(port) }
  }

  /** `request` is the whole of it, head and body. Hot path: once an order. */
  post(seq: number, request: string): void {
    const connection = this.#free.pop()
    if (connection !== undefined) {
      this.#give(connection, seq, request)
      return
    }
    this.#waiting.set(seq, request)
    this.#connectForWaiting()
  }

  /** Gives up on an order: it will not be told of again. */
  abandon(seq: number): void {
    if (this.#waiting.delete(seq)) return
    const connection = this.#carriers.get(seq)
    this.#carriers.delete(seq)
    // Its answer may still come: only a new connection can be trusted.
    connection?.forget(seq)
    connection?.destroy('an order was given up')
  }

  async close(): Promise<void> {
    this.#closing = true
    const closed = [...this.#connections].map(({ socket }) => new Promise((resolve) => socket.once('close', resolve)))
    for (const connection of this.#connections) connection.destroy('the run has ended')
    await Promise.all(closed)
  }

  opened(connection: HttpConnection): void {
    this.#connectingCount -= 1
    this.#freed(connection)
  }

  /** Hot path: once an answer, mostly. */
  readable(connection: HttpConnection): void {
    const { parser } = connection
    const receivedAt = this.#options.now()
    parser.push(this.#options.buffer, connection.byteCount)
    if (connection.count === 0) connection.destroy('response that nobody asked for')
    else if (parser.next()) this.#answered(connection, receivedAt)
    else if (parser.problem !== null) connection.destroy(`cannot read the response: ${parser.problem}`)
  }

  ended(connection: HttpConnection): void {
    if (connection.slotAt(0) >= 0) this.#answered(connection, this.#options.now())
  }

  closed(connection: HttpConnection, reason: string): void {
    this.#connections.delete(connection)
    const freeAt = this.#free.indexOf(connection)
    if (freeAt >= 0) this.#free.splice(freeAt, 1)
    if (!connection.wasOpen) this.#connectingCount -= 1
    if (this.#closing) return
    if (!connection.wasOpen) this.#failFirstWaiting(reason)
    if (connection.count > 0) this.#failCarried(connection.shift(), reason)
    this.#connectForWaiting()
  }

  #answered(connection: HttpConnection, receivedAt: InstantNs): void {
    const { parser } = connection
    const seq = connection.shift()
    this.#carriers.delete(seq)
    if (parser.keepAlive && !parser.atNextResponse) this.#freed(connection)
    else connection.destroy('closed after a response')
    this.#options.onAnswer(seq, parser, receivedAt)
  }

  #freed(connection: HttpConnection): void {
    for (const [seq, request] of this.#waiting) {
      this.#waiting.delete(seq)
      this.#give(connection, seq, request)
      return
    }
    this.#free.push(connection)
  }

  #give(connection: HttpConnection, seq: number, request: string): void {
    connection.push(seq)
    this.#carriers.set(seq, connection)
    connection.socket.write(request)
  }

  #failFirstWaiting(reason: string): void {
    for (const seq of this.#waiting.keys()) {
      this.#waiting.delete(seq)
      this.#options.onFailed(seq, reason)
      return
    }
  }

  /** An order that was given up has left its place behind. */
  #failCarried(seq: number, reason: string): void {
    if (this.#carriers.delete(seq)) this.#options.onFailed(seq, reason)
  }

  #connectForWaiting(): void {
    while (this.#connectingCount < this.#waiting.size && this.#connections.size < this.#options.connections) {
      this.#connectingCount += 1
      const { buffer } = this.#options
      this.#connections.add(
        new HttpConnection(
          {
            ...{ address: this.#address, secure: this.#secure, buffer, keep },
            ...{ pipelining: 1, bodiless: false, serverTiming: false },
          },
          this,
        ),
      )
    }
  }
}
