import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { assert } from '../../core/assert.js'
import type { Clock } from '../../core/clock.js'
import { NautilusError } from '../../core/errors.js'
import type { Registry } from '../../platform/telemetry/registry.js'
import { orderHeaders } from '../model/order-headers.js'
import type { HttpReply, HttpRequest, Routes } from './define.js'
import { type EngineHost, engineOf } from './host.js'
import { findRoute, methodsOf } from './routes.js'
import { liveRun } from './runs.js'

const bodyBytesMax = 64 * 1024
const connectionsMax = 4_096

/** `ok` decides between 200 and 503. */
export type Health = { readonly ok: boolean; readonly facts: Readonly<Record<string, string>> }

type HttpParts = {
  readonly host: EngineHost
  readonly clock: Clock
  readonly registry: Registry
  /** For `/health`. */
  readonly health: () => Promise<Health>
  /** Facts of the kit for `/status`. */
  readonly status: () => Readonly<Record<string, unknown>>
  readonly onError: (error: unknown) => void
}

export type HttpServer = { readonly port: number; close(): Promise<void> }

/** Serves an engine on 127.0.0.1: its own routes, and `/health`, `/metrics`, `/status` of the kit. */
export async function serveHttp(parts: HttpParts, port: number): Promise<HttpServer> {
  const own = kitRoutes(parts)
  const server = createServer({ keepAlive: true, keepAliveTimeout: 60_000, noDelay: true }, (request, response) => {
    answer(parts, own, request, response)
  })
  server.maxConnections = connectionsMax
  const { resident } = parts.host
  if (resident.upgrade !== undefined) {
    server.on('upgrade', (request, socket, head) => {
      resident.upgrade?.(request, socket, head)
      parts.host.markActive()
    })
  }
  await listen(server, port)
  const address = server.address()
  assert(typeof address === 'object' && address !== null, 'a server that listens on TCP has a port')
  return {
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const busy = error.code === 'EADDRINUSE'
      reject(busy ? new NautilusError('PORT_BUSY', `port ${port} of 127.0.0.1 is in use`, { cause: error }) : error)
    })
    server.listen(port, '127.0.0.1', resolve)
  })
}

function kitRoutes({ host, registry, health, status }: HttpParts): Routes {
  return {
    'GET /health': async () => {
      const { ok, facts } = await health()
      return { status: ok ? 200 : 503, body: { status: ok ? 'ok' : 'failing', engine: host.name, ...facts } }
    },
    'GET /metrics': () => ({
      status: 200,
      headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
      body: registry.text(),
    }),
    'GET /status': () => ({ status: 200, body: { ...statusOf(host), ...status() } }),
  }
}

function statusOf(host: EngineHost): Readonly<Record<string, unknown>> {
  const current = host.runs.current
  return {
    engine: host.name,
    instance: host.instance,
    run: current?.run ?? null,
    handled: host.handledCount,
    unsettled: host.unsettled,
    counters: current?.counters ?? {},
    facts: current?.engine.status?.() ?? {},
  }
}

function answer(parts: HttpParts, own: Routes, request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = []
  let bytes = 0
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= bodyBytesMax) chunks.push(chunk)
  })
  request.on('error', () => response.destroy())
  request.on('end', () => {
    if (bytes > bodyBytesMax) {
      send(response, problem(413, `the body has ${bytes} bytes, at most ${bodyBytesMax} are taken`))
      return
    }
    // A body in one piece, as almost always, is not copied.
    const body = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
    dispatch(parts, own, request, body.toString('utf8')).then(
      (reply) => send(response, reply),
      (error) => {
        parts.onError(error)
        send(response, problem(500, 'the engine failed; its log says how'))
      },
    )
    parts.host.markActive()
  })
}

async function dispatch(parts: HttpParts, own: Routes, request: IncomingMessage, body: string): Promise<HttpReply> {
  const receivedAt = parts.clock.now()
  const method = request.method ?? 'GET'
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
  // The kit's own routes need no engine, so that a probe never creates one.
  const kit = findRoute(own, method, path)
  if (kit !== null) return kit({ method, path, headers: {}, body })
  const engine = engineOf(parts.host, runOf(parts.host, request))
  if (engine === null) return problem(409, 'the run has ended')
  const routes = engine.routes ?? {}
  const handler = findRoute(routes, method, path)
  if (handler !== null) return handler({ method, path, headers: headersOf(request, receivedAt), body })
  const methods = [...methodsOf(routes, path), ...methodsOf(own, path)]
  if (methods.length === 0) return problem(404, `there is nothing at ${path}`)
  return { ...problem(405, `${path} answers ${methods.join(', ')}`), headers: { allow: methods.join(', ') } }
}

/** A question that names no run is about the current one, as `/status` is; what is sent without one belongs to none. */
function runOf(host: EngineHost, { method, headers }: IncomingMessage): string {
  const named = headers[orderHeaders.run]
  if (typeof named === 'string' && named !== '') return named
  return (method === 'GET' ? host.runs.current?.run : undefined) ?? liveRun
}

function headersOf(request: IncomingMessage, receivedAt: number): HttpRequest['headers'] {
  const headers: Record<string, string | undefined> = {}
  for (const name of Object.keys(request.headers)) {
    const value = request.headers[name]
    headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  headers[orderHeaders.receivedAt] = String(receivedAt)
  return headers
}

function send(response: ServerResponse, reply: HttpReply): void {
  const { status, headers = {}, body } = reply
  const plain = typeof body === 'string' && headers['content-type'] !== undefined
  const payload = plain ? body : JSON.stringify(body ?? null)
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    ...headers,
    'content-length': Buffer.byteLength(payload),
  })
  response.end(payload)
}

const problem = (status: number, detail: string): HttpReply => ({ status, body: { error: detail } })
