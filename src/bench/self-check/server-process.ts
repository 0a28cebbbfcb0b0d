import type { Behaviour } from './behaviour.js'
import { Forked } from './forked.js'
import type { ServerAnswer, ServerAsk } from './server-entry.js'
import type { ServerLog } from './server-log.js'

/** A misbehaving server in a process of its own, for it must not share an event loop with whoever measures it. */
export class ServerProcess {
  readonly url: string
  readonly port: number
  readonly #child: Forked<ServerAsk, ServerAnswer>

  private constructor(child: Forked<ServerAsk, ServerAnswer>, port: number) {
    this.#child = child
    this.port = port
    this.url = `http://127.0.0.1:${port}/`
  }

  static async start(behaviour: Behaviour): Promise<ServerProcess> {
    const child = new Forked<ServerAsk, ServerAnswer>('the built-in server', 'bench/self-check/server-entry.js')
    try {
      const { port } = await child.ask({ kind: 'listen', behaviour }, 'listening')
      return new ServerProcess(child, port)
    } catch (error) {
      await child.end()
      throw error
    }
  }

  /** Begins a new log; resolves when the server has. */
  async begin(): Promise<void> {
    await this.#child.ask({ kind: 'begin' }, 'begun')
  }

  async log(): Promise<ServerLog> {
    return (await this.#child.ask({ kind: 'log' }, 'log')).log
  }

  stop(): Promise<void> {
    return this.#child.end()
  }
}
