import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ErrorCode, errorCodes, NautilusError } from '../core/errors.js'
import { type DurationNs, durationNs, nsPerMs, nsPerSec } from '../core/units.js'
import {
  type AccessReply,
  type ControlAnswer,
  type ControlRequest,
  controlSocketPath,
  type LogsReply,
  type StatusReply,
  socketAddress,
  type WhoReply,
} from './control-protocol.js'
import { LineSplitter } from './lines.js'
import { identify, isAlive, isErrno } from './process-table.js'

const answerDeadlineNs = durationNs(10 * nsPerSec)
const whoDeadlineNs = durationNs(2 * nsPerSec)
const restartDeadlineNs = durationNs(120 * nsPerSec)
const downDeadlineNs = durationNs(300 * nsPerSec)

/** Speaks to the nautilus that holds the system of a folder. */
export class ControlClient {
  readonly pid: number
  readonly #stateFolder: string

  /** Throws NOT_UP where nobody answers. */
  static async connect(stateFolder: string): Promise<ControlClient> {
    const { address, release } = addressOf(stateFolder)
    try {
      const who = await askWho(address)
      if (who === null) throw notUp(stateFolder)
      return new ControlClient(stateFolder, who.pid)
    } finally {
      release()
    }
  }

  private constructor(stateFolder: string, pid: number) {
    this.#stateFolder = stateFolder
    this.pid = pid
  }

  async status(): Promise<StatusReply> {
    return (await this.#ask({ request: 'status' }, answerDeadlineNs)) as StatusReply
  }

  async access(): Promise<AccessReply> {
    return (await this.#ask({ request: 'access' }, answerDeadlineNs)) as AccessReply
  }

  async logs(): Promise<LogsReply> {
    return (await this.#ask({ request: 'logs' }, answerDeadlineNs)) as LogsReply
  }

  /** Returns when the engine is ready again. */
  async restart(name: string): Promise<void> {
    await this.#ask({ request: 'restart', name }, restartDeadlineNs)
  }

  /** Returns when everything has been stopped and that nautilus has ended. */
  async down(options: { readonly now: boolean; readonly onEvent: (text: string) => void }): Promise<void> {
    const identity = identify(this.pid)
    await this.#ask({ request: 'down', now: options.now }, downDeadlineNs, options.onEvent)
    if (this.pid === process.pid) return
    for (let tries = 0; identity !== null && isAlive(identity) && tries < 500; tries += 1) await sleep(20)
  }

  async #ask(request: ControlRequest, deadlineNs: DurationNs, onEvent?: (text: string) => void): Promise<unknown> {
    const { address, release } = addressOf(this.#stateFolder)
    try {
      return await ask(address, { request, deadlineNs, onEvent: onEvent ?? (() => undefined) })
    } catch (error) {
      throw isAbsent(error) ? notUp(this.#stateFolder) : error
    } finally {
      release()
    }
  }
}

/** Who answers at a socket; null where nobody does, pid 0 where somebody is there but says nothing. */
export async function askWho(address: string): Promise<WhoReply | null> {
  try {
    const reply = await ask(address, {
      request: { request: 'who' },
      deadlineNs: whoDeadlineNs,
      onEvent: () => undefined,
    })
    return reply as WhoReply
  } catch (error) {
    if (isAbsent(error)) return null
    return { pid: 0, systemId: null }
  }
}

type Ask = {
  readonly request: ControlRequest
  readonly deadlineNs: DurationNs
  readonly onEvent: (text: string) => void
}

function ask(address: string, { request, deadlineNs, onEvent }: Ask): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect(address)
    const splitter = new LineSplitter()
    const timer = setTimeout(() => {
      const seconds = deadlineNs / nsPerMs / 1000
      socket.destroy(new NautilusError('ENGINE_FAILED', `no answer to "${request.request}" within ${seconds} s`))
    }, deadlineNs / nsPerMs)
    const settle = (answer: ControlAnswer) => {
      if (answer.kind === 'event') onEvent(answer.text)
      else if (answer.kind === 'reply') resolve(answer.value)
      else
        reject(new NautilusError(asCode(answer.code), answer.message, answer.hint === '' ? {} : { hint: answer.hint }))
    }
    socket.once('connect', () => socket.write(`${JSON.stringify(request)}\n`))
    socket.on('data', (chunk: Buffer) => {
      for (const line of splitter.push(chunk)) settle(JSON.parse(line) as ControlAnswer)
    })
    socket.once('error', reject)
    socket.once('close', () => {
      clearTimeout(timer)
      // `down` is answered by the end of the connection.
      if (request.request === 'down') resolve(null)
      else reject(new NautilusError('NOT_UP', 'the system ended before it answered'))
    })
  })
}

function addressOf(stateFolder: string): { readonly address: string; readonly release: () => void } {
  try {
    return socketAddress(controlSocketPath(stateFolder))
  } catch (error) {
    throw isErrno(error, 'ENOENT') ? notUp(stateFolder) : error
  }
}

const isAbsent = (error: unknown): boolean =>
  isErrno(error, 'ENOENT') || isErrno(error, 'ECONNREFUSED') || isErrno(error, 'ENOTDIR')

const notUp = (stateFolder: string): NautilusError =>
  new NautilusError('NOT_UP', `no system is up: nobody answers at ${controlSocketPath(stateFolder)}`)

const asCode = (code: string): ErrorCode => (Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : 'ENGINE_FAILED')
