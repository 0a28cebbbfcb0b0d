import { join } from 'node:path'
import type { CommanderError } from 'commander'
import { wallClockIso } from './core/clock.js'
import type { Exit, Io } from './core/io.js'
import { packageVersion } from './core/paths.js'
import { buildProgram, type CommandEntry, calledEntry } from './program.js'

// The shell around the commands: terminal, signals, errors and the exit code.

const stopping = new AbortController()
const exit: Exit = (code) => {
  process.exitCode = code
}
await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<void> {
  const io = processIo()
  const entry = calledEntry(args)
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    // One failure is told; whatever fails while telling it ends the process.
    process.once(event, (error) => fail(io, error).catch(() => process.exit(70)))
  }
  try {
    if (entry?.long) await prepareLong(entry)
    const program = await buildProgram({ io, exit }, [entry])
    await program.parseAsync(args.length === 0 ? ['--help'] : args, { from: 'user' })
    await end()
  } catch (error) {
    await fail(io, error)
  }
}

function processIo(): Io {
  const { stdout, stderr, env } = process
  let readable = true
  // Whoever reads us has left (`| head`): the command ends as it would have, with its own exit code.
  stdout.on('error', () => {
    readable = false
  })
  stderr.on('error', () => undefined)
  const terminal = stdout.isTTY === true
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0' && env['FORCE_COLOR'] !== 'false'
  const plain = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb'
  return {
    out: (text) => {
      if (readable) stdout.write(text)
    },
    err: (text) => {
      stderr.write(text)
    },
    cwd: process.cwd(),
    env,
    terminal,
    color: forced || (terminal && !plain),
    columns: stdout.columns > 0 ? stdout.columns : 80,
    stop: stopping.signal,
  }
}

/** Signals and the death of the parent stop a long command in order; a second signal ends it at once. */
async function prepareLong(entry: CommandEntry): Promise<void> {
  if (process.platform === 'win32') {
    const { NautilusError } = await import('./core/errors.js')
    throw new NautilusError('PLATFORM', `nautilus ${entry.name} does not run on Windows`)
  }
  const { stopOnSignals } = await import('./stop-signals.js')
  stopOnSignals(stopping, (code) => process.exit(code))
}

async function fail(io: Io, error: unknown): Promise<void> {
  if (isCommanderError(error)) {
    // Help and version end this way too, with 0; what commander found wrong it has already printed.
    // Without any argument the help is shown, but nothing was done.
    exit(error.exitCode === 0 && process.argv.length > 2 ? 0 : 2)
    return end()
  }
  const { bugText, failureOf } = await import('./report/failure.js')
  const failure = failureOf(error, stopping.signal.aborted ? String(stopping.signal.reason) : null)
  io.err(failure.kind === 'bug' ? bugText(failure.statement, await writeBugReport(io, failure.stack)) : failure.text)
  exit(failure.exit)
  return end()
}

/** Keeps what a maintainer needs beside the runs; null where even that cannot be written. */
async function writeBugReport(io: Io, stack: string): Promise<string | null> {
  const { bugReport } = await import('./report/failure.js')
  const { mkdir, writeFile } = await import('node:fs/promises')
  const atIso = wallClockIso()
  const file = join('.nautilus', `bug-${atIso.replaceAll(/[^0-9]/g, '')}.txt`)
  const { version: node, platform } = process
  const text = bugReport({ stack, args: process.argv.slice(2), version: packageVersion(), node, platform, atIso })
  try {
    await mkdir(join(io.cwd, '.nautilus'), { recursive: true })
    await writeFile(join(io.cwd, file), text)
    return file
  } catch {
    // A full or read-only disk: the message on the terminal still says what happened.
    return null
  }
}

/** Ends the process as soon as its output is written, whatever still holds it open. */
async function end(): Promise<void> {
  await Promise.all([drained(process.stdout), drained(process.stderr)])
  process.exit()
}

function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) resolve()
    else stream.write('', () => resolve())
  })
}

function isCommanderError(error: unknown): error is CommanderError {
  return error instanceof Error && error.name === 'CommanderError'
}
