import { type ChildProcess, spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { processVariable } from './core/child-variables.js'
import { packageRoot } from './core/paths.js'
import { type RunResult, runResult } from './results/run-result.js'
import { eventually } from './supervisor/child-fixture.js'
import { commandLineOf, environmentOf, listProcesses, readStat } from './supervisor/process-table.js'

// What tests of the whole command share: a folder to call it in, the call, and looking for what a call has left. Every
// call has a TMPDIR of its own inside its folder, so all that belongs to it bears that folder in its environment, its
// command line or its working folder.

const launcher = join(packageRoot(), 'bin/nautilus.js')

export type Desk = {
  readonly folder: string
  /** TMPDIR of its calls. */
  readonly temporary: string
  /** Every process that was ever seen to belong to it. */
  readonly seen: Set<number>
  /** Ids of the systems that it had. */
  readonly systems: Set<string>
  /** Shared memory of PostgreSQL that was there before. */
  readonly sharedBefore: readonly string[]
}

export type Call = {
  readonly child: ChildProcess
  readonly out: () => string
  readonly err: () => string
  /** Exit code or signal, once all of the output has come. */
  readonly ended: Promise<number | string>
  /** Waits until a line of progress or an error holds a text. */
  readonly said: (text: string) => Promise<void>
}

/** A folder with a profile, which servers of another user may pass through. */
export function makeDesk(profile: string): Desk {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'desk-')))
  const temporary = join(folder, 'tmp')
  mkdirSync(temporary)
  chmodSync(folder, 0o755)
  writeFileSync(join(folder, 'desk.yaml'), profile)
  // As an installed package has it, for npx.
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true })
  symlinkSync(launcher, join(folder, 'node_modules/.bin/nautilus'))
  return { folder, temporary, seen: new Set(), systems: new Set(), sharedBefore: readdirSync('/dev/shm') }
}

/** One for a test, which is gone after it. */
export function deskOf(profile: string): Desk {
  const desk = makeDesk(profile)
  onTestFinished(() => removeDesk(desk))
  return desk
}

/** Ends what may be left after a test that failed, and removes the folder. */
export function removeDesk(desk: Desk): void {
  for (const pid of processesOf(desk)) kill(pid)
  rmSync(desk.folder, { recursive: true, force: true })
}

type CallOptions = { readonly front?: 'npx'; readonly env?: Readonly<Record<string, string>> }

/** Calls nautilus in a process of its own, as a user does. */
export function callNautilus(desk: Desk, args: readonly string[], { front, env = {} }: CallOptions = {}): Call {
  const [program, first] = front === undefined ? [process.execPath, [launcher]] : ['npx', ['--no-install', 'nautilus']]
  const child = spawn(program, [...first, ...args], {
    cwd: desk.folder,
    env: { ...outerEnvironment(), ...env, TMPDIR: desk.temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString()
  })
  let isOver = false
  const ended = new Promise<number | string>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      isOver = true
      resolve(code ?? signal ?? 'nothing')
    })
  })
  const said = async (text: string): Promise<void> => {
    await eventually(
      () => `nautilus says "${text}"; it said ${err}`,
      () => err.includes(text) || isOver,
      callDeadlineMs,
    )
    if (!err.includes(text)) throw new Error(`nautilus ended without saying "${text}"; it said ${err}`)
  }
  return { child, out: () => out, err: () => err, ended, said }
}

/** Without what an npx around the tests would tell the one in front of the call, and without the cache that npm keeps in TMPDIR. */
export function outerEnvironment(): NodeJS.ProcessEnv {
  const { npm_config_package: _, npm_config_call: __, ...others } = process.env
  return { ...others, NODE_DISABLE_COMPILE_CACHE: '1' }
}

/** A call may first wait for a measurement of another test, and on a fresh machine fetch a server. */
export const callDeadlineMs = 180_000

/** A test makes several calls, and each of them may wait. */
export const testDeadlineMs = 3 * callDeadlineMs

/** Benches a desk, behind any other measurement of this machine. */
export const bench = (desk: Desk, args: readonly string[] = [], options: CallOptions = {}): Call =>
  callNautilus(desk, ['bench', '--queue', '--profile', 'desk.yaml', ...args], options)

/** All that is there of the calls in a folder, but for results and logs: empty after a clean end. */
export function leftOf(desk: Desk): string[] {
  const processes = processesOf(desk)
  const temporary = readdirSync(desk.temporary)
  for (const pid of processes) desk.seen.add(pid)
  for (const name of temporary) desk.systems.add(/^nautilus-([0-9a-f]{6})-/.exec(name)?.[1] ?? name)
  return [
    ...processes.map((pid) => `pid ${pid} ${commandLineOf(pid)}`),
    ...temporary.map((name) => `temporary ${name}`),
    ...segmentsMadeBy(desk.seen),
    ...sharedMemoryOf(desk),
    ...strayFiles(desk),
  ]
}

/** After five seconds nothing may be left, on a loaded machine too. */
export async function untilNothingIsLeft(desk: Desk, deadlineMs = 5_000): Promise<void> {
  await eventually(
    () => `nothing is left, but there is ${leftOf(desk).join(', ')}`,
    () => leftOf(desk).length === 0,
    deadlineMs,
  )
}

/** Processes of the calls of a desk by a word in their command line, oldest first. */
export function processesNamed(desk: Desk, pattern: RegExp): number[] {
  return processesOf(desk)
    .filter((pid) => pattern.test(commandLineOf(pid, 1_000)))
    .sort((a, b) => (readStat(a)?.startTicks ?? 0) - (readStat(b)?.startTicks ?? 0))
}

/** The process of one engine. */
export const engineProcess = (desk: Desk, name: string): number[] =>
  processesOf(desk).filter((pid) => environmentOf(pid).includes(`${processVariable}=${name}`))

const runsFolder = (desk: Desk): string => join(desk.folder, '.nautilus/runs')

/** The results that were kept, each of which must hold to the schema. */
export function keptResults(desk: Desk): RunResult[] {
  if (!existsSync(runsFolder(desk))) return []
  return readdirSync(runsFolder(desk))
    .map((id) => join(runsFolder(desk), id, 'result.json'))
    .filter((file) => existsSync(file))
    .map((file) => runResult.parse(JSON.parse(readFileSync(file, 'utf8'))))
}

/** The text of every file below the state folder. */
export function keptTexts(desk: Desk): Readonly<Record<string, string>> {
  const folder = join(desk.folder, '.nautilus')
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return Object.fromEntries(
    entries.map(({ parentPath, name }) => [join(parentPath, name), readFileSync(join(parentPath, name), 'utf8')]),
  )
}

function processesOf({ folder }: Desk): number[] {
  return listProcesses()
    .map(({ pid }) => pid)
    .filter((pid) => pid !== process.pid && belongs(pid, folder))
}

function belongs(pid: number, folder: string): boolean {
  return (
    environmentOf(pid).some((line) => line.includes(folder)) ||
    commandLineOf(pid, 100_000).includes(folder) ||
    workingFolder(pid).startsWith(folder)
  )
}

function workingFolder(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    // Gone meanwhile.
    return ''
  }
}

/** System V segments whose maker was one of these processes. */
function segmentsMadeBy(pids: ReadonlySet<number>): string[] {
  return readFileSync('/proc/sysvipc/shm', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => pids.has(Number(fields[4])))
    .map((fields) => `segment ${fields[1]}`)
}

/** Objects named after a system, and those of PostgreSQL, which no server of nautilus makes: their names tell nothing of their maker. */
function sharedMemoryOf({ systems, sharedBefore }: Desk): string[] {
  const isOurs = (name: string): boolean =>
    [...systems].some((id) => name.startsWith(`nautilus-${id}`)) ||
    (name.startsWith('PostgreSQL.') && !sharedBefore.includes(name))
  return readdirSync('/dev/shm')
    .filter(isOurs)
    .map((name) => `shared memory ${name}`)
}

/** Sockets and pid files beside the results. */
function strayFiles({ folder }: Desk): string[] {
  const state = join(folder, '.nautilus')
  if (!statSync(state, { throwIfNoEntry: false })?.isDirectory()) return []
  return readdirSync(state, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isSocket() || /\.(pid|sock|lock|partial)$/.test(entry.name))
    .map((entry) => `file ${entry.name}`)
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Gone meanwhile.
  }
}
