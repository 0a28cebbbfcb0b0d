import { type MessagePort, type Transferable, Worker } from 'node:worker_threads'
import { type ErrorCode, messageOf, NautilusError } from '../core/errors.js'
import { type DurationNs, nsPerMs, nsPerSec } from '../core/units.js'

// The threads of the driver speak by questions that have one answer each, and by events. All of it is plain data.

/** Questions of a thread by name, with what they carry and what is answered. */
type Questions = Readonly<Record<string, { readonly ask: unknown; readonly answer: unknown }>>

type Asked = { readonly id: number; readonly name: string; readonly ask: unknown }
type Told =
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'refusal'; readonly id: number; readonly failure: Failure }
  | { readonly kind: 'event'; readonly event: unknown }
type Failure = { readonly code: ErrorCode | null; readonly message: string; readonly hint: string | null }
type Waiting = { readonly resolve: (answer: unknown) => void; readonly reject: (error: Error) => void }

/**
 * Of which V8 makes semi-spaces of a third each: a scavenge of 1 MB stops a thread for 0.1 to 0.3 ms, where one of the default
 * 16 MB, once what survives has grown it, stops it for 1 to 7 ms, and its memory does not grow with the run.
 */
const maxYoungGenerationSizeMb = 3

export class Thread<Asks extends Questions, Event> {
  readonly #worker: Worker
  readonly #name: string
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 0
  #ended: Error | null = null

  constructor(
    file: string | URL,
    options: { readonly name: string; readonly data: unknown; readonly transfer?: readonly Transferable[] },
    onEvent: (event: Event) => void,
  ) {
    this.#name = options.name
    this.#worker = new Worker(file, {
      workerData: options.data,
      transferList: [...(options.transfer ?? [])],
      name: options.name,
      resourceLimits: { maxYoungGenerationSizeMb },
    })
    this.#worker.on('message', (told: Told) => {
      if (told.kind === 'event') onEvent(told.event as Event)
      else this.#settle(told)
    })
    this.#worker.on('error', (cause) =>
      this.#end(new Error(`the ${options.name} thread failed: ${messageOf(cause)}`, { cause })),
    )
    this.#worker.on('exit', () => this.#end(new Error(`the ${options.name} thread ended early`)))
  }

  /** Why the thread answers no more; null while it lives. */
  get failure(): Error | null {
    return this.#ended
  }

  /** Rejects when the thread refuses, fails, or does not answer in time. */
  ask<Name extends keyof Asks & string>(
    name: Name,
    ask: Asks[Name]['ask'],
    deadlineNs: DurationNs,
  ): Promise<Asks[Name]['answer']> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== null) return reject(this.#ended)
      const id = this.#nextId++
      const timer = setTimeout(() => {
        this.#waiting.delete(id)
        reject(
          new NautilusError(
            'MEASUREMENT_INVALID',
            `the ${this.#name} thread did not answer "${name}" within ${deadlineNs / nsPerSec} s`,
          ),
        )
      }, deadlineNs / nsPerMs)
      const settled =
        <Value>(then: (value: Value) => void) =>
        (value: Value): void => {
          clearTimeout(timer)
          then(value)
        }
      this.#waiting.set(id, { resolve: settled(resolve), reject: settled(reject) })
      this.#worker.postMessage({ id, name, ask } satisfies Asked)
    })
  }

  /** Ends the thread whatever it does. */
  async end(): Promise<void> {
    this.#ended ??= new Error(`the ${this.#name} thread was ended`)
    await this.#worker.terminate()
  }

  #settle(told: Exclude<Told, { kind: 'event' }>): void {
    const waiting = this.#waiting.get(told.id)
    this.#waiting.delete(told.id)
    if (told.kind === 'answer') waiting?.resolve(told.answer)
    else waiting?.reject(errorOf(told.failure))
  }

  #end(error: Error): void {
    this.#ended ??= error
    for (const { reject } of this.#waiting.values()) reject(this.#ended)
    this.#waiting.clear()
  }
}

/** In the thread: answers each question with its handler. */
export function answerQuestions<Asks extends Questions>(
  port: MessagePort,
  handlers: { readonly [Name in keyof Asks]: (ask: Asks[Name]['ask']) => Promise<Asks[Name]['answer']> },
): void {
  port.on('message', ({ id, name, ask }: Asked) => {
    const handler = handlers[name]
    if (handler === undefined) throw new Error(`a thread was asked for the unknown "${name}"`)
    handler(ask).then(
      (answer) => port.postMessage({ kind: 'answer', id, answer } satisfies Told),
      (error: unknown) => port.postMessage({ kind: 'refusal', id, failure: failureOf(error) } satisfies Told),
    )
  })
}

export const tellEvent = <Event>(port: MessagePort, event: Event): void =>
  port.postMessage({ kind: 'event', event } satisfies Told)

// Errors lose their class between threads; what a user reads of them is carried over.
const failureOf = (error: unknown): Failure =>
  error instanceof NautilusError
    ? { code: error.code, message: error.message, hint: error.hint }
    : { code: null, message: error instanceof Error ? (error.stack ?? error.message) : String(error), hint: null }

const errorOf = ({ code, message, hint }: Failure): Error =>
  code === null ? new Error(message) : new NautilusError(code, message, hint === null ? {} : { hint })
