import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { readIdleState } from './idle-state.js'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function system(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'nautilus-cpu-'))
  folders.push(folder)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), `${text}\n`)
  }
  return folder
}

const cpuidle = { 'cpuidle/current_driver': 'intel_idle', 'cpuidle/current_governor': 'menu' }
const state = (index: number, name: string, latency: string, disable = '0') => ({
  [`cpu0/cpuidle/state${index}/name`]: name,
  [`cpu0/cpuidle/state${index}/latency`]: latency,
  [`cpu0/cpuidle/state${index}/disable`]: disable,
})

test.each([
  {
    name: 'the deepest state that is enabled',
    files: { ...cpuidle, ...state(0, 'POLL', '0'), ...state(2, 'C6', '133'), ...state(10, 'C10', '890', '1') },
    told: 'driver intel_idle, governor menu, deepest enabled C6, wakes in 133 us',
  },
  {
    name: 'ten states in the order of their numbers',
    files: { ...cpuidle, ...state(9, 'C9', '480'), ...state(10, 'C10', '890') },
    told: 'driver intel_idle, governor menu, deepest enabled C10, wakes in 890 us',
  },
  {
    name: 'a machine that only names its governor',
    files: { 'cpuidle/current_driver': '', 'cpuidle/current_governor': 'haltpoll' },
    told: 'driver unknown, governor haltpoll, no states told',
  },
  { name: 'a kernel that tells nothing', files: {}, told: null },
])('the idle state of $name is $told', ({ files, told }) => {
  expect(readIdleState(system(files))).toBe(told)
})
