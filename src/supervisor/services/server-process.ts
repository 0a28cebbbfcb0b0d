import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { NautilusError } from '../../core/errors.js'
import type { DurationNs } from '../../core/units.js'
import { durationNs, nsPerMs, nsPerSec } from '../../core/units.js'
import { signalPid } from '../process-table.js'
import { signalGroup } from './child.js'
import type { SpawnEntry, StopOptions } from './context.js'
import type { Identity } from './identity.js'

const logTailBytes = 4_096
const quitGraceNs = durationNs(2 * nsPerSec)

export type ServerCommand = {
  readonly name: string
  readonly program: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly identity: Identity | null
  readonly logFile: string
  readonly stopSignal: 'TERM' | 'INT'
  /** Written to its standard input, which is closed then. */
  readonly input?: string
}

/** A server in a session of its own that writes to a log file, and how it is ended. */
export class ServerProcess {
  readonly exited: Promise<{ readonly reason: string }>
  readonly #child: ChildProcess
  readonly #command: ServerCommand
  #running = true

  constructor(command: ServerCommand, onSpawn: (entry: SpawnEntry) => void) {
    this.#command = command
    mkdirSync(dirname(command.logFile), { recursive: true })
    // A file, not a pipe: a pipe would stall the server for as long as nautilus stalls.
    const log = openSync(command.logFile, 'a', 0o600)
    try {
      this.#child = spawn(command.program, [...command.args], {
        cwd: command.cwd,
        env: { ...command.env },
        detached: true,
        stdio: [command.input === undefined ? 'ignore' : 'pipe', log, log],
        ...(command.identity ?? {}),
      })
    } finally {
      closeSync(log)
    }
    if (this.#child.pid !== undefined) {
      onSpawn({ pid: this.#child.pid, stopSignal: command.stopSignal, name: command.name })
    }
    // The child may end before it has read: its exit tells more than a broken pipe.
    this.#child.stdin?.on('error', () => undefined)
    this.#child.stdin?.end(command.input)
    this.exited = this.#exit()
  }

  get pid(): number | null {
    return this.#child.pid ?? null
  }

  get running(): boolean {
    return this.#running
  }

  /** The stop signal, the grace, then (PostgreSQL only) QUIT, then KILL with its children. Safe to call twice. */
  async stop({ graceNs, now }: StopOptions): Promise<void> {
    const quits = this.#command.stopSignal === 'INT'
    if (!now) await this.#endBy(quits ? 'SIGINT' : 'SIGTERM', graceNs)
    if (quits) await this.#endBy('SIGQUIT', quitGraceNs)
    if (!this.#running) return
    const children = await childrenOf(this.pid)
    signalGroup(this.#child, 'SIGKILL')
    for (const pid of children) signalPid(pid, 'SIGKILL')
    await this.exited
  }

  async #endBy(signal: NodeJS.Signals, graceNs: DurationNs): Promise<void> {
    if (!this.#running) return
    this.#child.kill(signal)
    const waiting = new AbortController()
    await Promise.race([
      this.exited,
      delay(graceNs / nsPerMs, undefined, { signal: waiting.signal }).catch(() => undefined),
    ])
    waiting.abort()
  }

  #exit(): Promise<{ readonly reason: string }> {
    return new Promise((resolve) => {
      const end = (reason: string) => {
        this.#running = false
        resolve({ reason })
      }
      this.#child.once('error', (error) => end(error.message))
      this.#child.once('exit', (code, signal) => end(signal === null ? `exited with ${code}` : `ended by ${signal}`))
    })
  }
}

/** What a server that could not start said last, as an error that names its log. */
export async function startFailure(command: ServerCommand, reason: string): Promise<NautilusError> {
  const said = (await logTail(command.logFile)).trim().split('\n').slice(-3).join(' | ')
  const words = said === '' ? '' : `: ${said}`
  return new NautilusError('SERVICE_UNAVAILABLE', `${command.name} (${command.program}) ${reason}${words}`, {
    hint: `See ${command.logFile}.`,
  })
}

async function logTail(path: string): Promise<string> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const length = Math.min(size, logTailBytes)
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length)
    return buffer.toString()
  } finally {
    await file.close()
  }
}

/** Backends of PostgreSQL are groups of their own, so a KILL of the group leaves them. Linux only; elsewhere they notice by themselves. */
async function childrenOf(pid: number | null): Promise<number[]> {
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  return list
    .split(' ')
    .map(Number)
    .filter((child) => child > 0)
}
