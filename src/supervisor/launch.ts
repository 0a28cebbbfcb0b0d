import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { closeSync, openSync, statSync } from 'node:fs'
import { Readable } from 'node:stream'
import { handOverVariable, notifyVariable, processVariable, runVariable } from '../core/child-variables.js'
import { NautilusError } from '../core/errors.js'
import { LineSplitter } from './lines.js'
import { isErrno } from './process-table.js'
import { parseNotify } from './readiness.js'
import type { Addresses, ProcessSpec } from './spec.js'

const ownVariables = new Set<string>([runVariable, processVariable, notifyVariable, handOverVariable])

type LaunchOptions = {
  readonly spec: ProcessSpec
  readonly systemId: string
  readonly addresses: Addresses
  readonly port: number
  readonly logFile: string
  /** The process said that it is ready, with the port that it took where it told one. */
  readonly onReady: (port: number | null) => void
}

/**
 * Starts a process as leader of a session of its own, so that its whole group can be signalled and a Ctrl-C of the
 * terminal reaches nautilus alone. It writes to its log file itself. Rejects where there is no such program.
 */
export function launch(options: LaunchOptions): Promise<ChildProcess & { readonly pid: number }> {
  const { spec, logFile } = options
  assertFolder(spec)
  const command = withCores(spec)
  const log = openSync(logFile, 'a', 0o644)
  let child: ChildProcess
  try {
    child = spawn(command[0] ?? '', command.slice(1), {
      cwd: spec.cwd,
      env: environment(options),
      detached: true,
      stdio: ['ignore', log, log, ...(spec.ready.kind === 'notify' ? (['pipe'] as const) : [])],
    })
  } finally {
    closeSync(log)
  }
  listen(child, options.onReady)
  return started(child, spec)
}

function started(child: ChildProcess, spec: ProcessSpec): Promise<ChildProcess & { readonly pid: number }> {
  if (hasPid(child)) {
    child.on('error', () => undefined)
    return Promise.resolve(child)
  }
  return new Promise((_, reject) => {
    child.once('error', (cause) => {
      const command = spec.command[0] ?? ''
      const why = isErrno(cause, 'ENOENT') ? 'is not a program on the PATH' : `cannot be run (${cause.message})`
      reject(
        new NautilusError('ENGINE_FAILED', `${spec.name}: ${command} ${why}`, {
          hint: 'Install it, or correct `command` in the profile.',
          cause,
        }),
      )
    })
  })
}

const hasPid = (child: ChildProcess): child is ChildProcess & { readonly pid: number } => child.pid !== undefined

/** A missing folder fails with the same ENOENT as a missing program, so it is told apart before. */
function assertFolder(spec: ProcessSpec): void {
  if (statSync(spec.cwd, { throwIfNoEntry: false })?.isDirectory() === true) return
  throw new NautilusError('ENGINE_FAILED', `${spec.name}: its working directory ${spec.cwd} does not exist`, {
    hint: 'Correct `cwd` in the profile.',
  })
}

/** taskset replaces itself by the command: the pid stays that of the process. */
function withCores(spec: ProcessSpec): readonly string[] {
  if (spec.cpus === null || spec.cpus.length === 0 || process.platform !== 'linux') return spec.command
  return ['taskset', '-c', spec.cpus.join(','), ...spec.command]
}

function environment(options: LaunchOptions): NodeJS.ProcessEnv {
  const { spec, systemId } = options
  // Marks of an outer nautilus, where this one is an engine itself, are not handed on.
  const inherited = Object.entries(process.env).filter(([name]) => !ownVariables.has(name))
  return {
    ...Object.fromEntries(inherited),
    ...spec.env(options.addresses, options.port),
    ...(spec.ready.kind === 'notify' ? { [notifyVariable]: '3' } : {}),
    [runVariable]: systemId,
    [processVariable]: spec.name,
  }
}

function listen(child: ChildProcess, onReady: (port: number | null) => void): void {
  const pipe = child.stdio[3]
  if (!(pipe instanceof Readable)) return
  const splitter = new LineSplitter()
  pipe.on('error', () => pipe.destroy())
  pipe.on('data', (chunk: Uint8Array) => {
    for (const line of splitter.push(chunk)) {
      const notice = parseNotify(line)
      if (notice !== null) onReady(notice.port)
    }
  })
  // A grandchild may hold the other end for as long as it likes.
  child.once('exit', () => setImmediate(() => pipe.destroy()))
}
