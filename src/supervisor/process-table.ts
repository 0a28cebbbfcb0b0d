import { readdirSync, readFileSync } from 'node:fs'
import { maskUrl } from '../core/secrets.js'

// What /proc knows of processes. A pid alone is no identity: numbers are used again, so every signal to what is not our
// own child first compares the start time. Zombies count as dead although `kill(pid, 0)` succeeds on them.
// Off Linux only "is there such a pid" can be told; sweeps then find nothing.

export type ProcessStat = {
  readonly pid: number
  readonly state: string
  readonly parent: number
  readonly group: number
  readonly session: number
  /** Clock ticks between boot and the start of the process. */
  readonly startTicks: number
}

/** A process for good: its number, when it started, and in which uptime of the machine. */
export type Identity = { readonly pid: number; readonly startTicks: number; readonly bootId: string }

/** The command may hold spaces and brackets, so fields are counted from the last bracket. */
export function parseStat(text: string): ProcessStat | null {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const state = fields[0]
  if (state === undefined || fields.length < 20) return null
  return {
    pid: Number.parseInt(text, 10),
    state,
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    startTicks: Number(fields[19]),
  }
}

export function readStat(pid: number): ProcessStat | null {
  if (process.platform !== 'linux') return statBySignal(pid)
  const text = readProc(`/proc/${pid}/stat`)
  return text === null ? null : parseStat(text)
}

/** Every process that is alive; zombies are left out. */
export function listProcesses(): ProcessStat[] {
  if (process.platform !== 'linux') return []
  const found: ProcessStat[] = []
  for (const name of readdirSync('/proc')) {
    const first = name.charCodeAt(0)
    if (first < 48 || first > 57) continue
    const stat = readStat(Number(name))
    if (stat !== null && !isDead(stat)) found.push(stat)
  }
  return found
}

export function identify(pid: number): Identity | null {
  const stat = readStat(pid)
  return stat === null ? null : { pid, startTicks: stat.startTicks, bootId: bootId() }
}

/** True while that very process runs; false for a zombie and for another process with its number. */
export function isAlive(identity: Identity): boolean {
  const stat = readStat(identity.pid)
  return stat !== null && !isDead(stat) && stat.startTicks === identity.startTicks && identity.bootId === bootId()
}

/** Signals that very process, and says whether it did. */
export function signalIdentity(identity: Identity, signal: NodeJS.Signals): boolean {
  return isAlive(identity) && signalPid(identity.pid, signal)
}

/** Signals a pid, or a group as a negative number; false when there is nobody to take it. */
export function signalPid(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    if (isErrno(error, 'ESRCH') || isErrno(error, 'EPERM')) return false
    throw error
  }
}

/** The environment at the start of a process as `NAME=value` lines; empty where it may not be read. */
export const environmentOf = (pid: number): string[] => (readProc(`/proc/${pid}/environ`) ?? '').split('\0')

/** The command line for people: on one line, bounded, passwords in URLs masked. */
export function commandLineOf(pid: number, charsMax = 80): string {
  const words = (readProc(`/proc/${pid}/cmdline`) ?? '').split('\0').filter((word) => word !== '')
  const plain = maskUrl(words.join(' ')).replaceAll(/\p{Cc}/gu, ' ')
  return plain.length > charsMax ? `${plain.slice(0, charsMax - 3)}...` : plain
}

export const isErrno = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code

function isDead(stat: ProcessStat): boolean {
  return stat.state === 'Z' || stat.state === 'X'
}

function statBySignal(pid: number): ProcessStat | null {
  return signalPid(pid, 0) ? { pid, state: 'R', parent: 0, group: pid, session: pid, startTicks: 0 } : null
}

let knownBootId: string | undefined

function bootId(): string {
  knownBootId ??= (readProc('/proc/sys/kernel/random/boot_id') ?? '').trim()
  return knownBootId
}

function readProc(path: string): string | null {
  try {
    return readFileSync(path, 'latin1')
  } catch (error) {
    // Gone, or another user's: both are everyday while walking /proc.
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ESRCH') || isErrno(error, 'EACCES') || isErrno(error, 'EPERM')) {
      return null
    }
    throw error
  }
}
