import { type ChildProcess, fork } from 'node:child_process'
import { NautilusError } from '../../core/errors.js'
import { distFile } from '../../core/paths.js'
import type { Behaviour } from './behaviour.js'
import type { ServerAnswer, ServerAsk } from './server-entry.js'
import type { ServerLog } from './server-log.js'

const answerDeadlineMs = 20_000

/** A misbehaving server in a process of its own, for it must not share an event loop with whoever measures it. */
export class ServerProcess {
  readonly url: string
  readonly port: number
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
    this.url = `http://127.0.0.1:${port}/`
  }

  static async start(behaviour: Behaviour): Promise<ServerProcess> {
    const child = fork(distFile('bench/self-check/server-entry.js'), [JSON.stringify(behaviour)], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    try {
      const { port } = await answerOf(child, 'listening')
      return new ServerProcess(child, port)
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    }
  }

  /** Begins a new log; resolves when the server has. */
  async begin(): Promise<void> {
    await this.#ask('begin', 'begun')
  }

  async log(): Promise<ServerLog> {
    return (await this.#ask('log', 'log')).log
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = new Promise<void>((resolve) => {
      this.#child.once('exit', () => resolve())
    })
    this.#child.kill('SIGKILL')
    await ended
  }

  #ask<Kind extends ServerAnswer['kind']>(ask: ServerAsk, kind: Kind): Promise<Extract<ServerAnswer, { kind: Kind }>> {
    const answer = answerOf(this.#child, kind)
    this.#child.send(ask)
    return answer
  }
}

function answerOf<Kind extends ServerAnswer['kind']>(
  child: ChildProcess,
  kind: Kind,
): Promise<Extract<ServerAnswer, { kind: Kind }>> {
  return new Promise((resolve, reject) => {
    const settle = (end: () => void): void => {
      clearTimeout(timer)
      child.off('message', onMessage)
      child.off('exit', onEnd)
      child.off('error', onEnd)
      end()
    }
    const onMessage = (answer: ServerAnswer): void => {
      if (answer.kind === kind) settle(() => resolve(answer as Extract<ServerAnswer, { kind: Kind }>))
    }
    const onEnd = (): void => settle(() => reject(failure(`ended before it was "${kind}"`)))
    const timer = setTimeout(() => settle(() => reject(failure(`was not "${kind}" in time`))), answerDeadlineMs)
    child.on('message', onMessage)
    child.once('exit', onEnd)
    child.once('error', onEnd)
  })
}

const failure = (what: string): NautilusError =>
  new NautilusError('MEASUREMENT_INVALID', `the built-in server ${what}`, {
    hint: 'Run it again; if it stays so, please report it with the output of `node --version`.',
  })
