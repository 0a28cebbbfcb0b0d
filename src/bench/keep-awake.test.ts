import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { expect, test } from 'vitest'
import { distFile } from '../core/paths.js'
import { readMachine } from '../results/machine.js'
import { eventually } from '../supervisor/child-fixture.js'
import { commandLineOf, listProcesses } from '../supervisor/process-table.js'
import { keepCoresAwake } from './keep-awake.js'

const idleClass = '5'
/** Whether a control group limits this process, where cores are never kept awake. */
const isLimited = !(readMachine(null).cgroupCpuMax ?? 'max').startsWith('max')
const refusal = /^the control group may use only .* \(cpu\.max\)/

const spinnersOf = (parent: number): number[] =>
  listProcesses()
    .filter((entry) => entry.parent === parent && commandLineOf(entry.pid).includes('keep-awake-entry'))
    .map(({ pid }) => pid)

/** Scheduling classes of all threads of a process. */
const classesOf = (pid: number): string[] =>
  readdirSync(`/proc/${pid}/task`).map((thread) => {
    const text = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[38] ?? ''
  })

test('cores are kept awake only by what uses idle time, and no longer than asked for', async () => {
  const awake = await keepCoresAwake()
  if (isLimited) return expect(awake.problem).toMatch(refusal)
  expect(awake.problem).toBeNull()
  const [pid = 0, ...others] = spinnersOf(process.pid)
  expect(others).toEqual([])
  expect(classesOf(pid).filter((name) => name === idleClass)).toHaveLength(availableParallelism())
  await awake.end()
  expect(spinnersOf(process.pid)).toEqual([])
})

test('a parent that is killed takes them with it', async () => {
  const script = `import { keepCoresAwake } from ${JSON.stringify(distFile('bench/keep-awake.js'))}
    console.log((await keepCoresAwake()).problem ?? 'awake')
    setInterval(() => undefined, 1000)`
  let spinner = 0
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const said = await new Promise<string>((resolve) => {
      parent.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()))
    })
    if (isLimited) return expect(said).toMatch(refusal)
    expect(said).toBe('awake\n')
    const [pid = 0] = spinnersOf(parent.pid ?? 0)
    expect(pid).toBeGreaterThan(0)
    spinner = pid
  } finally {
    parent.kill('SIGKILL')
  }
  await eventually('the spinners are gone', () => !listProcesses().some((entry) => entry.pid === spinner))
})
