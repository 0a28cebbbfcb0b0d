import { connect, isIP, type Socket } from 'node:net'
import { connect as connectSecure } from 'node:tls'
import { ResponseParser } from './http-parser.js'

/** What a connection tells the client that holds it. */
type ConnectionOwner = {
  /** Connected: it takes requests from now on. */
  opened(connection: HttpConnection): void
  /** `byteCount` bytes came. */
  readable(connection: HttpConnection): void
  /** The other side has ended the connection, and the response under way with it. */
  ended(connection: HttpConnection): void
  /** Once, after which it takes no requests. Its requests are still in its queue. */
  closed(connection: HttpConnection, reason: string): void
}

type ConnectionOptions = {
  readonly address: { readonly host: string; readonly port: number }
  /** Over TLS, with a certificate that must hold. */
  readonly secure: boolean
  /** Shared by all connections of a thread: what a read puts there is parsed before the next read. */
  readonly buffer: Uint8Array
  readonly pipelining: number
  readonly bodiless: boolean
  readonly serverTiming: boolean
  /** What is kept of each response; null where only its figures are wanted. */
  readonly keep: { readonly header: string; readonly bodyBytesMax: number } | null
}

/** One socket, the requests under way on it in order, and the parser of what comes back. */
export class HttpConnection {
  readonly parser: ResponseParser
  readonly socket: Socket
  /** Bytes of the last read, in the shared buffer. */
  byteCount = 0
  open = false
  /** Whether it was ever connected. */
  wasOpen = false
  /** Requests that were given to it and not yet written. */
  unsentCount = 0
  /** Waits in the owner's list to be written. */
  dirty = false
  /** Waits in the owner's list of connections with room. */
  available = false
  /** Whether a whole response ever came. */
  answered = false
  readonly #slots: Int32Array
  #first = 0
  #count = 0
  #reason: string | null = null

  constructor(options: ConnectionOptions, owner: ConnectionOwner) {
    this.#slots = new Int32Array(options.pipelining)
    this.parser = new ResponseParser(options)
    const { host, port } = options.address
    const settings = {
      ...{ host, port, noDelay: true },
      onread: {
        buffer: options.buffer,
        callback: (byteCount: number) => {
          this.byteCount = byteCount
          owner.readable(this)
          return true
        },
      },
    }
    this.socket = options.secure
      ? connectSecure({ ...settings, servername: isIP(host) > 0 ? '' : host, ALPNProtocols: ['http/1.1'] })
      : connect(settings)
    this.socket.once(options.secure ? 'secureConnect' : 'connect', () => {
      this.open = true
      this.wasOpen = true
      owner.opened(this)
    })
    this.socket.once('end', () => {
      if (this.parser.endsWithConnection) owner.ended(this)
    })
    this.socket.once('error', (error) => {
      this.#reason ??= `connection: ${codeOf(error)}`
    })
    this.socket.once('close', () => {
      this.open = false
      owner.closed(this, this.#reason ?? this.#howItEnded())
    })
  }

  get count(): number {
    return this.#count
  }

  get hasRoom(): boolean {
    return this.open && this.#count < this.#slots.length
  }

  push(slot: number): void {
    this.#slots[(this.#first + this.#count) % this.#slots.length] = slot
    this.#count += 1
    this.unsentCount += 1
  }

  /** The slot at a place of the queue; 0 is the one that is answered next. */
  slotAt(index: number): number {
    return this.#slots[(this.#first + index) % this.#slots.length] ?? -1
  }

  shift(): number {
    const slot = this.#slots[this.#first] ?? -1
    this.#first = (this.#first + 1) % this.#slots.length
    this.#count -= 1
    this.answered = true
    return slot
  }

  /** Its place in the queue stays, since its answer would come there. */
  forget(slot: number): void {
    for (let index = 0; index < this.#count; index += 1) {
      if (this.slotAt(index) === slot) this.#slots[(this.#first + index) % this.#slots.length] = -1
    }
  }

  /** `reason` is what its requests failed of. */
  destroy(reason: string): void {
    this.#reason ??= reason
    this.open = false
    this.socket.destroy()
  }

  #howItEnded(): string {
    return this.parser.midway
      ? 'connection closed in the middle of a response'
      : 'connection closed before the response'
  }
}

/** Connections with room, each once: the one that has waited longest is taken next, so that all are used. */
export class ConnectionRing {
  readonly #ring: (HttpConnection | null)[]
  #first = 0
  #count = 0

  constructor(connections: number) {
    this.#ring = new Array<HttpConnection | null>(connections).fill(null)
  }

  /** Hot path. */
  take(): HttpConnection | null {
    while (this.#count > 0) {
      const connection = this.#ring[this.#first] ?? null
      this.#first = this.#first + 1 === this.#ring.length ? 0 : this.#first + 1
      this.#count -= 1
      if (connection === null) continue
      connection.available = false
      if (connection.hasRoom) return connection
    }
    return null
  }

  /** Hot path. */
  add(connection: HttpConnection): void {
    if (connection.available || !connection.hasRoom) return
    connection.available = true
    this.#ring[(this.#first + this.#count) % this.#ring.length] = connection
    this.#count += 1
  }

  remove(connection: HttpConnection): void {
    if (!connection.available) return
    const kept: HttpConnection[] = []
    for (let next = this.take(); next !== null; next = this.take()) kept.push(next)
    connection.available = false
    for (const other of kept) this.add(other)
  }
}

const codeOf = (error: Error): string =>
  'code' in error && typeof error.code === 'string' ? error.code : error.message
