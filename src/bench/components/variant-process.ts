import { type ChildProcess, fork } from 'node:child_process'
import { messageOf, NautilusError } from '../../core/errors.js'
import { distFile } from '../../core/paths.js'
import type { Answers, Question, Told } from './protocol.js'

// Each variant runs in a process of its own, started for it: its code is compiled for this variant alone, its heap holds
// nothing else, and it has the flags of no other. A thread would share the process's garbage collector and compiler threads
// with the view that draws beside it. While one variant is measured the processes of the others wait.

/** No question takes this long but one that hangs: warm-ups and slices are a fraction of a second. */
const answerMsMax = 60_000

export class VariantProcess {
  readonly #name: string
  readonly #child: ChildProcess
  #waiting: { readonly resolve: (answer: unknown) => void; readonly reject: (error: Error) => void } | null = null
  #failure: NautilusError | null = null

  constructor(name: string) {
    this.#name = name
    // Neither the flags nor the inspector of the parent: what is measured is a plain node.
    this.#child = fork(distFile('bench/components/child.js'), [], { execArgv: [], serialization: 'advanced' })
    this.#child.on('message', (told: Told) => this.#settle(told))
    this.#child.on('error', (error) => this.#fail(messageOf(error)))
    this.#child.on('exit', (code, signal) => this.#fail(`its process ended with ${signal ?? `code ${code}`}`))
  }

  /** One question at a time. Rejects where the case throws, its process ends, or no answer comes. */
  async ask<Kind extends Question['kind']>(question: Extract<Question, { kind: Kind }>): Promise<Answers[Kind]> {
    if (this.#failure !== null) throw this.#failure
    const deadline = setTimeout(() => {
      this.#fail(`no answer within ${answerMsMax / 1000} s`)
      this.#child.kill('SIGKILL')
    }, answerMsMax)
    try {
      const answer = await new Promise<unknown>((resolve, reject) => {
        this.#waiting = { resolve, reject }
        this.#child.send(question)
      })
      return answer as Answers[Kind]
    } finally {
      clearTimeout(deadline)
      this.#waiting = null
    }
  }

  /** Ends the process whatever it does, and waits until it is gone. */
  async kill(): Promise<void> {
    const { exitCode, signalCode } = this.#child
    if (exitCode !== null || signalCode !== null || this.#child.pid === undefined) return
    const gone = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.kill('SIGKILL')
    await gone
  }

  #settle(told: Told): void {
    if (told.kind === 'answer') this.#waiting?.resolve(told.answer)
    else this.#fail(told.message)
  }

  #fail(why: string): void {
    this.#failure ??= new NautilusError('COMPONENT_FAILED', `the component case ${this.#name} failed: ${why}`)
    this.#waiting?.reject(this.#failure)
  }
}
