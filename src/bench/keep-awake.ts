import { type ChildProcess, spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { distFile } from '../core/paths.js'
import { readMachine } from '../results/machine.js'

// A core that sleeps takes microseconds to wake, and at a low rate every hop of a request finds one asleep. Whoever has cores
// that never sleep in production measures without that: a process that only uses idle time keeps them awake.

type KeptAwake = {
  /** Why cores could not be kept awake; null where they are. */
  readonly problem: string | null
  end(): Promise<void>
}

const beginDeadlineMs = 15_000

/** Begins to keep all usable cores awake; resolves when they are, or when it is known that they cannot be. */
export async function keepCoresAwake(): Promise<KeptAwake> {
  const { cgroupCpuMax } = readMachine(null)
  if (cgroupCpuMax !== null && !cgroupCpuMax.startsWith('max')) {
    return unable(
      `the control group may use only ${cgroupCpuMax} (cpu.max), which spinning would take from the engines`,
    )
  }
  if (process.platform !== 'linux') return unable('only Linux has a scheduling class for idle time')
  const child = spawn(process.execPath, [distFile('bench/keep-awake-entry.js'), String(availableParallelism())], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const problem = await begun(child)
  if (problem === null) return { problem, end: () => end(child) }
  await end(child)
  return unable(problem)
}

const unable = (problem: string): KeptAwake => ({ problem, end: async () => undefined })

/** Null once the cores are kept awake. */
function begun(child: ChildProcess): Promise<string | null> {
  return new Promise((resolve) => {
    const settle = (problem: string | null): void => {
      clearTimeout(timer)
      resolve(problem)
    }
    const timer = setTimeout(() => settle('the process that keeps them awake did not begin in time'), beginDeadlineMs)
    child.stdin?.on('error', () => undefined)
    child.stdout?.once('data', () => settle(null))
    child.once('error', (error) => settle(error.message))
    child.once('exit', () => settle('chrt is missing or may not be used'))
  })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
  })
  child.kill('SIGKILL')
  await ended
}
