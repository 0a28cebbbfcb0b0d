import { mkdirSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { messageOf, NautilusError } from '../core/errors.js'
import { askWho } from './control-client.js'
import {
  type AccessReply,
  type ControlAnswer,
  type ControlRequest,
  controlSocketPath,
  type LogsReply,
  socketAddress,
  type WhoReply,
} from './control-protocol.js'
import { LineSplitter } from './lines.js'
import { isErrno } from './process-table.js'
import type { RunningSystem } from './spec.js'
import { statusWithUsage } from './usage-now.js'

type ControlTarget = {
  readonly system: RunningSystem
  readonly logFolder: string
  /** What a bench needs besides addresses and status; plain JSON. */
  readonly access: () => unknown
  /** Stops the system and ends nautilus; `now` kills. */
  readonly down: (options: { readonly now: boolean }) => void
}

const requestBytesMax = 64 * 1024

/** Holds the one place of a folder where a system can be up, from before it starts until after it has ended. */
export class ControlServer {
  readonly path: string
  readonly #server: Server
  readonly #release: () => void
  readonly #sockets = new Set<Socket>()
  #target: ControlTarget | null = null

  /** Throws ALREADY_UP, naming the pid, where another nautilus answers; a socket that nobody answers is removed. */
  static async open(options: {
    readonly stateFolder: string
    /** Called right before the socket is made, so that there is no moment at which nobody would remove it. */
    readonly onClaim?: (path: string) => void
  }): Promise<ControlServer> {
    mkdirSync(options.stateFolder, { recursive: true })
    const path = controlSocketPath(options.stateFolder)
    const { address, release } = socketAddress(path)
    try {
      await removeStale(path, address)
      options.onClaim?.(path)
      return new ControlServer(path, await listen(path, address), release)
    } catch (error) {
      release()
      throw error
    }
  }

  private constructor(path: string, server: Server, release: () => void) {
    this.path = path
    this.#server = server
    this.#release = release
    server.on('connection', (socket) => this.#accept(socket))
    server.on('error', () => undefined)
  }

  /** From now on requests are about this system. */
  serve(target: ControlTarget): void {
    this.#target = target
  }

  /** Frees the folder for the next system. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const socket of this.#sockets) socket.destroySoon()
    await closed
    this.#release()
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#sockets.delete(socket))
    const splitter = new LineSplitter()
    let receivedBytes = 0
    const onData = (chunk: Buffer) => {
      receivedBytes += chunk.length
      const [line] = splitter.push(chunk)
      if (line === undefined && receivedBytes > requestBytesMax) socket.destroy()
      if (line === undefined) return
      socket.off('data', onData)
      socket.resume()
      void this.#answer(line, socket)
    }
    socket.on('data', onData)
  }

  async #answer(line: string, socket: Socket): Promise<void> {
    const send = (answer: ControlAnswer) => {
      if (socket.writable) socket.write(`${JSON.stringify(answer)}\n`)
    }
    try {
      send({ kind: 'reply', value: await this.#handle(parseRequest(line), send, socket) })
    } catch (error) {
      send(asError(error))
    }
    socket.end()
  }

  async #handle(request: ControlRequest, send: (answer: ControlAnswer) => void, socket: Socket): Promise<unknown> {
    const target = this.#target
    if (request.request === 'who') {
      return { pid: process.pid, systemId: target?.system.systemId ?? null } satisfies WhoReply
    }
    if (target === null) throw new NautilusError('NOT_UP', `the system of pid ${process.pid} has only begun to start`)
    const { system } = target
    switch (request.request) {
      case 'status':
        return statusWithUsage(system)
      case 'access':
        return { addresses: system.addresses, status: system.status(), plan: target.access() } satisfies AccessReply
      case 'logs':
        return { folder: target.logFolder } satisfies LogsReply
      case 'restart':
        return system.restart(request.name).then(() => null)
      case 'down': {
        const off = system.onEvent(({ source, text }) => send({ kind: 'event', text: `${source}: ${text}` }))
        target.down({ now: request.now })
        // The answer is the end of the connection, when everything has been stopped.
        await new Promise((resolve) => socket.once('close', resolve))
        return off()
      }
    }
  }
}

function parseRequest(line: string): ControlRequest {
  const value: unknown = JSON.parse(line)
  if (typeof value !== 'object' || value === null || !('request' in value)) throw new Error('a request has a name')
  switch (value.request) {
    case 'who':
    case 'status':
    case 'access':
    case 'logs':
      return { request: value.request }
    case 'restart':
      return { request: 'restart', name: 'name' in value ? String(value.name) : '' }
    case 'down':
      return { request: 'down', now: 'now' in value && value.now === true }
    default:
      throw new NautilusError('USAGE', `there is no request "${String(value.request)}"`)
  }
}

function asError(error: unknown): ControlAnswer {
  if (error instanceof NautilusError) {
    return { kind: 'error', code: error.code, message: error.message, hint: error.hint }
  }
  return { kind: 'error', code: 'ENGINE_FAILED', message: messageOf(error), hint: '' }
}

async function removeStale(path: string, address: string): Promise<void> {
  const who = await askWho(address)
  if (who !== null) {
    const pid = who.pid === 0 ? 'a process that does not answer' : `pid ${who.pid}`
    throw new NautilusError('ALREADY_UP', `a system is already up in this folder: ${pid} holds ${path}`)
  }
  rmSync(path, { force: true })
}

/** Listens, for this user alone. */
function listen(path: string, address: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error) => {
      const taken = new NautilusError(
        'ALREADY_UP',
        `another nautilus starts a system in this folder right now (${path})`,
      )
      reject(isErrno(error, 'EADDRINUSE') ? taken : error)
    })
    // The socket is made within the call, so that nobody else's file gets this mask.
    const mask = process.umask(0o177)
    try {
      server.listen(address, () => resolve(server))
    } finally {
      process.umask(mask)
    }
  })
}
