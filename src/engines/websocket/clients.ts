import type { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import { nsPerMs } from '../../core/units.js'
import type { Registry } from '../../platform/telemetry/registry.js'
import { Client, type Departure, type Totals } from './client.js'
import type { WebsocketConfig } from './config.js'
import { FanOut } from './core.js'
import { answerTo } from './requests.js'

export const streamPath = '/v1/stream'
const requestBytesMax = 64 * 1024
const loopback = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/

type Counters = Record<'connected' | 'refused' | 'requests' | 'broken' | Departure, number>

/** The clients of the engine: they stay connected from one run to the next. */
export class Clients {
  readonly fanOut: FanOut
  readonly #settings: WebsocketConfig
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: requestBytesMax, clientTracking: false })
  readonly #clients = new Set<Client>()
  readonly #counters: Counters = { connected: 0, refused: 0, requests: 0, broken: 0, slow: 0, overrun: 0, silent: 0 }
  readonly #pinging: NodeJS.Timeout
  readonly #totals: Totals = { sent: 0, dropped: 0 }
  #nextId = 1

  constructor(settings: WebsocketConfig) {
    this.#settings = settings
    this.fanOut = new FanOut(settings.topics, settings.subscriptionsMax)
    this.#pinging = setInterval(() => this.#ping(), timerMs(settings.pingEvery)).unref()
  }

  get count(): number {
    return this.#clients.size
  }

  /** Messages left out for clients that read too slowly, since the process began. */
  get dropped(): number {
    return this.#totals.dropped
  }

  describe(): readonly Readonly<Record<string, unknown>>[] {
    return [...this.#clients].map((client) => {
      const { id, sent, waiting, dropped } = client
      return { id, sent, waiting, dropped, subscriptions: this.fanOut.subscriptionsOf(client) }
    })
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const problem = this.#problemOf(request)
    // Only a socket of its own can say that it takes no more; an HTTP server upgrades no other.
    if (problem !== null || !(socket instanceof Socket)) {
      this.#counters.refused += 1
      socket.on('error', () => socket.destroy())
      socket.end(`HTTP/1.1 ${problem ?? '400 Bad Request'}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
      return
    }
    this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#connected(webSocket, socket))
  }

  metrics(registry: Registry): void {
    const waiting = (): number => [...this.#clients].reduce((sum, client) => sum + client.waiting, 0)
    registry.gauge('websocket_clients', 'Clients that are connected.', () => this.#clients.size)
    registry.gauge('websocket_waiting', 'Messages that wait for slow clients.', waiting)
    registry.counter('websocket_sent', 'Messages handed to sockets.', () => this.#totals.sent)
    registry.counter('websocket_dropped', 'Messages left out for slow clients, who were told.', () => this.dropped)
    registry.counter('websocket_connections', 'What became of connections.', () => ({ ...this.#counters }))
  }

  close(): void {
    clearInterval(this.#pinging)
    for (const client of this.#clients) client.goingDown()
  }

  #problemOf({ url, headers }: IncomingMessage): string | null {
    if ((url ?? '').split('?', 1)[0] !== streamPath) return '404 Not Found'
    const { origin } = headers
    // A web page of another origin may open sockets here; a browser says whose it is.
    if (origin !== undefined && !loopback.test(origin) && !this.#settings.origins.includes(origin)) {
      return '403 Forbidden'
    }
    return this.#clients.size < this.#settings.clientsMax ? null : '503 Service Unavailable'
  }

  #connected(webSocket: WebSocket, socket: Socket): void {
    const { queueMax, slowAfter } = this.#settings
    const connection = { webSocket, socket, queueMax, stalledMsMax: timerMs(slowAfter), totals: this.#totals }
    const client = new Client(this.#nextId, connection, (left, why) => this.#sendAway(left, why))
    this.#nextId += 1
    this.#clients.add(client)
    this.#counters.connected += 1
    webSocket.on('message', (data: RawData) => this.#asked(client, String(data)))
    webSocket.on('pong', () => {
      client.awaitsPong = false
    })
    // `close` follows.
    webSocket.on('error', () => {
      this.#counters.broken += 1
    })
    webSocket.on('close', () => this.#forget(client))
  }

  #asked(client: Client, text: string): void {
    if (!this.#clients.has(client)) return
    this.#counters.requests += 1
    const answer = answerTo(text, client, this.fanOut)
    client.take({ topic: '', latestWins: false, bytes: Buffer.from(JSON.stringify(answer)) })
  }

  #ping(): void {
    for (const client of this.#clients) {
      if (client.awaitsPong) this.#sendAway(client, 'silent')
      else client.ping()
    }
  }

  #sendAway(client: Client, why: Departure): void {
    if (!this.#clients.has(client)) return
    this.#counters[why] += 1
    this.#forget(client)
    client.sendAway(why)
  }

  #forget(client: Client): void {
    this.#clients.delete(client)
    this.fanOut.leave(client)
  }
}

/** A timer for longer than this would fire at once. */
const timerMs = (ns: number): number => Math.min(Math.max(1, ns / nsPerMs), 2 ** 31 - 1)
