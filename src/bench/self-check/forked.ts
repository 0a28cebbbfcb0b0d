import { type ChildProcess, fork } from 'node:child_process'
import { NautilusError } from '../../core/errors.js'
import { distFile } from '../../core/paths.js'

const answerDeadlineMs = 20_000

/** A file of ours in a process of its own, which is asked and answers. It ends when the channel to it does, however that ends. */
export class Forked<Ask extends object | string, Answer extends { readonly kind: string }> {
  readonly #child: ChildProcess
  readonly #name: string

  constructor(name: string, file: string) {
    this.#name = name
    this.#child = fork(distFile(file), {
      // As the threads of the driver: the truth would contain the longer pauses, the way to its own log as well.
      execArgv: ['--max-semi-space-size=1'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
  }

  /** Asks, and waits for the next answer of a kind. */
  ask<Kind extends Answer['kind']>(ask: Ask, kind: Kind): Promise<Extract<Answer, { readonly kind: Kind }>> {
    return new Promise((resolve, reject) => {
      const child = this.#child
      const settle = (end: () => void): void => {
        clearTimeout(timer)
        child.off('message', onMessage)
        child.off('exit', onEnd)
        child.off('error', onEnd)
        end()
      }
      const onMessage = (answer: Answer): void => {
        if (answer.kind === kind) settle(() => resolve(answer as Extract<Answer, { readonly kind: Kind }>))
      }
      const onEnd = (): void => settle(() => reject(this.#failure('ended early')))
      const timer = setTimeout(() => settle(() => reject(this.#failure('did not answer in time'))), answerDeadlineMs)
      child.on('message', onMessage)
      child.once('exit', onEnd)
      child.once('error', onEnd)
      child.send(ask, (error) => {
        if (error !== null) onEnd()
      })
    })
  }

  async end(): Promise<void> {
    const child = this.#child
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve())
    })
    child.kill('SIGKILL')
    await ended
  }

  #failure(what: string): NautilusError {
    return new NautilusError('MEASUREMENT_INVALID', `the process of ${this.#name} ${what}`, {
      hint: 'Run it again; end other work on this machine if it stays so.',
    })
  }
}
