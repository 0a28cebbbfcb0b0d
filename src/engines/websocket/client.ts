import type { Socket } from 'node:net'
import type WebSocket from 'ws'
import { ClientQueue, type Payload } from './client-queue.js'
import type { Receiver } from './core.js'

/** Why a client was sent away. */
export type Departure = 'slow' | 'overrun' | 'silent'

/** Of all clients, those that have left included. */
export type Totals = { sent: number; dropped: number }

// RFC 6455 §7.4.2: codes for private use.
const closeCodes: Readonly<Record<Departure, number>> = { slow: 4_008, overrun: 4_009, silent: 4_010 }

/** Bytes that may lie in the socket: a burst of one turn is no sign of a slow client. */
const socketBytesMax = 256 * 1024
/**
 * A ping follows after so many bytes. Its answer shows that a client has read so far, which the socket does not: megabytes may lie in
 * the kernel, which takes more of them only after a good part was read.
 */
const bytesPerPing = 32 * 1024
/** How long a client that is sent away may take to read why. */
const farewellMs = 1_000

/** One connection: sends at once while the socket takes it, and keeps what it does not take. */
export class Client implements Receiver {
  readonly id: number
  sent = 0
  /** Set from a ping on until the client answers. */
  awaitsPong = false
  readonly #webSocket: WebSocket
  readonly #socket: Socket
  readonly #queue: ClientQueue
  readonly #totals: Totals
  readonly #onDeparture: (client: Client, why: Departure) => void
  #unpingedBytes = 0
  #corked = false
  #gone = false

  constructor(
    id: number,
    connection: {
      readonly webSocket: WebSocket
      readonly socket: Socket
      readonly queueMax: number
      /** Time without any byte taken. */
      readonly stalledMsMax: number
      readonly totals: Totals
    },
    onDeparture: (client: Client, why: Departure) => void,
  ) {
    this.id = id
    this.#webSocket = connection.webSocket
    this.#socket = connection.socket
    this.#queue = new ClientQueue(connection.queueMax)
    this.#totals = connection.totals
    this.#onDeparture = onDeparture
    connection.socket.on('drain', this.#pump)
    // The timeout does not come while the kernel takes more of a write, nor while the client answers. One that says much and reads
    // nothing goes for the pings that it does not answer.
    connection.socket.setTimeout(connection.stalledMsMax, () => {
      if (this.#socket.writableLength > 0) this.#onDeparture(this, 'slow')
    })
  }

  get waiting(): number {
    return this.#queue.length
  }

  get dropped(): number {
    return this.#queue.dropped
  }

  get #takesMore(): boolean {
    return this.#socket.writableLength < socketBytesMax
  }

  /** Hot path: one call per message and client. */
  take(payload: Payload): void {
    if (this.#gone) return
    if (this.#queue.length === 0 && this.#takesMore) {
      this.#send(payload.bytes)
      return
    }
    const offered = this.#queue.offer(payload)
    if (offered === 'madeRoom') this.#totals.dropped += 1
    else if (offered === 'refused') this.#onDeparture(this, 'overrun')
  }

  ping(): void {
    this.awaitsPong = true
    if (!this.#gone) this.#webSocket.ping()
  }

  /** Ends the connection, with the reason for a client that still reads. */
  sendAway(why: Departure): void {
    this.#leave(closeCodes[why], why)
  }

  goingDown(): void {
    this.#leave(1_001, 'the engine stops')
  }

  #leave(code: number, reason: string): void {
    if (this.#gone) return
    this.#gone = true
    this.#queue.clear()
    this.#webSocket.close(code, reason)
    setTimeout(() => this.#webSocket.terminate(), farewellMs).unref()
  }

  #send(bytes: Buffer): void {
    if (!this.#corked) {
      // What one turn brings leaves in one write.
      this.#corked = true
      this.#socket.cork()
      queueMicrotask(this.#uncork)
    }
    this.sent += 1
    this.#totals.sent += 1
    this.#webSocket.send(bytes, text)
    this.#unpingedBytes += bytes.length
    if (this.#unpingedBytes < bytesPerPing) return
    this.#unpingedBytes = 0
    this.#webSocket.ping()
  }

  readonly #uncork = (): void => {
    this.#corked = false
    this.#socket.uncork()
  }

  readonly #pump = (): void => {
    while (!this.#gone && this.#takesMore) {
      const bytes = this.#queue.next()
      if (bytes === null) return
      this.#send(bytes)
    }
  }
}

const text = { binary: false }
