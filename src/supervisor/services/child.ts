import { type ChildProcess, spawn } from 'node:child_process'
import { NautilusError } from '../../core/errors.js'
import type { DurationNs } from '../../core/units.js'
import { nsPerMs } from '../../core/units.js'
import { signalPid } from '../process-table.js'
import type { ServiceContext } from './context.js'
import type { Identity } from './identity.js'

const outputCharsMax = 262_144
// A grandchild may hold the pipe after the child has gone: what it writes later is not waited for.
const pipeGraceMs = 200

export type Command = {
  readonly program: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly identity?: Identity | null
  readonly deadlineNs: DurationNs
}

/** `output` is the end of what was written to stdout and stderr; `code` is null after a signal or a failed spawn. */
export type CommandEnd = { readonly code: number | null; readonly output: string }

/** Runs a program to its end in a process group of its own, which dies at the deadline and when `stop` fires. */
export async function runToEnd(
  command: Command,
  context: Pick<ServiceContext, 'stop' | 'onSpawn'>,
): Promise<CommandEnd> {
  refuseWhenStopped(context.stop)
  const child = spawn(command.program, [...command.args], {
    cwd: command.cwd ?? '/',
    env: { ...command.env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(command.identity ?? {}),
  })
  if (child.pid !== undefined) context.onSpawn({ pid: child.pid, stopSignal: 'TERM', name: command.program })
  const killGroup = () => signalGroup(child, 'SIGKILL')
  const deadline = setTimeout(killGroup, command.deadlineNs / nsPerMs)
  context.stop.addEventListener('abort', killGroup, { once: true })
  try {
    return await ended(child)
  } finally {
    clearTimeout(deadline)
    context.stop.removeEventListener('abort', killGroup)
    refuseWhenStopped(context.stop)
  }
}

export function refuseWhenStopped(stop: AbortSignal): void {
  if (stop.aborted) throw new NautilusError('SERVICE_UNAVAILABLE', 'stopped while a service was being started')
}

/** Signals a process group, if its leader is still there to be meant by the id. */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  signalPid(-child.pid, signal)
}

function ended(child: ChildProcess): Promise<CommandEnd> {
  let output = ''
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-outputCharsMax)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, output: error.message }))
    child.once('close', (code) => resolve({ code, output }))
    child.once('exit', (code) => {
      setTimeout(() => {
        child.stdout?.destroy()
        child.stderr?.destroy()
        resolve({ code, output })
      }, pipeGraceMs).unref()
    })
  })
}
