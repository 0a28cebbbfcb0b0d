import { mkdtempSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runVariable } from '../core/child-variables.js'
import { monotonicClock } from '../core/clock.js'
import { packageRoot } from '../core/paths.js'
import { durationNs, nsPerSec } from '../core/units.js'
import { environmentOf, listProcesses } from './process-table.js'
import type { ProcessSpec, SystemSpec } from './spec.js'

// What the tests of this folder share: specs of small systems made of the scripts in fixtures/children, and looking at
// what is left of them.

export const childScript = (name: string): string => join(packageRoot(), 'fixtures', 'children', name)

/** The command that runs a script of fixtures/children. */
export const runChild = (script: string, ...args: readonly string[]): string[] => [
  script.endsWith('.mjs') ? process.execPath : 'sh',
  childScript(script),
  ...args,
]

export function processSpec(name: string, command: readonly string[], changes: Partial<ProcessSpec> = {}): ProcessSpec {
  return {
    name,
    command,
    cwd: packageRoot(),
    env: (_, port) => ({ PORT: String(port) }),
    port: null,
    dependsOn: {},
    ready: { kind: 'notify' },
    readyTimeoutNs: durationNs(20 * nsPerSec),
    restart: { policy: 'on-failure', restartsMax: 5, windowNs: durationNs(60 * nsPerSec) },
    stopGraceNs: durationNs(5 * nsPerSec),
    cpus: null,
    ...changes,
  }
}

let systemCount = 0

/** A system in a folder of its own, with an id that no other test process has. */
export function systemSpec(processes: readonly ProcessSpec[], changes: Partial<SystemSpec> = {}): SystemSpec {
  const stateFolder = makeFolder()
  return {
    systemId: nextSystemId(),
    profileName: 'fixture',
    services: [],
    processes,
    stateFolder,
    logFolder: join(stateFolder, 'logs'),
    offline: true,
    ...changes,
  }
}

export function nextSystemId(): string {
  systemCount += 1
  return ((process.pid * 16 + systemCount) % 0x100_0000).toString(16).padStart(6, '0')
}

export const makeFolder = (): string => realpathSync(mkdtempSync(join(tmpdir(), 'supervisor-test-')))

/** Pids of what bears the mark of a system, whatever its session. */
export const markedPids = (systemId: string): number[] =>
  listProcesses()
    .filter(({ pid }) => environmentOf(pid).includes(`${runVariable}=${systemId}`))
    .map(({ pid }) => pid)

/** Waits for a condition, and fails with its name when it does not come to hold. */
export async function eventually(
  name: string | (() => string),
  condition: () => boolean,
  deadlineMs = 20_000,
): Promise<void> {
  const deadline = monotonicClock.now() + deadlineMs * 1e6
  while (!condition()) {
    if (monotonicClock.now() > deadline) {
      throw new Error(`not within ${deadlineMs} ms: ${typeof name === 'string' ? name : name()}`)
    }
    await sleep(20)
  }
}
