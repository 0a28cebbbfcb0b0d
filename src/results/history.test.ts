import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { packageRoot } from '../core/paths.js'
import { entriesOfRuns } from './baselines.js'
import { appendHistory, fingerprintOf, historyBefore, historyEntry, machineClassesOf, readHistory } from './history.js'
import { machineClassOf } from './machine.js'
import { type RunResult, runResult } from './run-result.js'

const sample = (name: string): RunResult =>
  runResult.parse(JSON.parse(readFileSync(join(packageRoot(), 'fixtures/results', `${name}.json`), 'utf8')))
const whole = sample('pass')
const machineClass = machineClassOf(whole.machine)

const folders: string[] = []
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'nautilus-test-history-'))
  folders.push(folder)
  return folder
}
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

const at = (minute: number, change: Partial<RunResult> = {}): RunResult => ({
  ...whole,
  id: `r${minute}`,
  startedAt: `2026-11-20T${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}:00.000Z`,
  ...change,
})

const fileIn = (cwd: string): string => join(cwd, '.nautilus/history/algo-200ms', `${machineClass}.ndjson`)
const idsOf = (entries: readonly { readonly id: string }[]): string[] => entries.map(({ id }) => id)

test('a run leaves its figures, with the error of each latency within the run', () => {
  const kept = historyEntry(whole)
  expect(kept).toMatchObject({ id: 'a1b2', profileName: 'algo-200ms', fidelity: 'valid' })
  expect(kept?.metrics['risk.p95']).toBe(whole.components.find(({ name }) => name === 'risk')?.summary.p95Ns)
  const error = kept?.withinError['endToEnd.p95'] ?? 0
  expect(error).toBeGreaterThan(0.001)
  expect(error).toBeLessThan(0.2)
  expect(Object.keys(kept?.withinError ?? {}).filter((name) => kept?.metrics[name] === undefined)).toEqual([])
})

test.each(['interrupted', 'invalid', 'risk-fail', 'hang'])(
  'a run that is no measure of its profile leaves nothing: %s',
  (name) => {
    expect(historyEntry(sample(name))).toBeNull()
  },
)

test('what was measured before a run with the same system, load and limits is its history, oldest first', async () => {
  const cwd = newFolder()
  const { load } = whole.profile as { load: Record<string, unknown> }
  const shorter = { ...whole.profile, load: { ...load, duration: '10s' } }
  const otherSeed = { ...whole.profile, load: { ...load, seed: 7 } }
  await appendHistory(cwd, at(3))
  await appendHistory(cwd, at(1))
  await appendHistory(cwd, at(2, { profile: shorter }))
  await appendHistory(cwd, at(4, { profile: otherSeed }))
  await appendHistory(cwd, at(9))
  await appendHistory(cwd, { ...sample('invalid'), startedAt: at(0).startedAt })
  expect(idsOf((await historyBefore(cwd, at(5))).entries)).toEqual(['r1', 'r3', 'r4'])
  expect(idsOf((await historyBefore(cwd, at(9))).entries)).toEqual(['r1', 'r3', 'r4'])
  expect(idsOf((await historyBefore(cwd, at(5, { profile: shorter }))).entries)).toEqual(['r2'])
  expect(await machineClassesOf(cwd, 'algo-200ms')).toEqual([machineClass])
})

test('another class of machine has a history of its own', async () => {
  const cwd = newFolder()
  await appendHistory(cwd, at(1))
  const elsewhere = at(2, { machine: { ...whole.machine, coresUsable: 8 } })
  expect((await historyBefore(cwd, elsewhere)).entries).toEqual([])
  expect(await historyBefore(newFolder(), at(2))).toMatchObject({ machineClass, entries: [] })
})

test('a last line that a crash cut off is passed over, and the next run stands on a line of its own', async () => {
  const cwd = newFolder()
  await appendHistory(cwd, at(1))
  appendFileSync(fileIn(cwd), '{"schema":"nautilus.history/1","id":"torn"')
  expect(idsOf((await historyBefore(cwd, at(5))).entries)).toEqual(['r1'])
  await appendHistory(cwd, at(2))
  expect(idsOf((await historyBefore(cwd, at(5))).entries)).toEqual(['r1', 'r2'])
})

test('the newest five hundred runs stay, and nothing else is left beside them', async () => {
  const cwd = newFolder()
  await appendHistory(cwd, at(0))
  const line = readFileSync(fileIn(cwd), 'utf8')
  writeFileSync(fileIn(cwd), Array.from({ length: 550 }, (_, index) => line.replace('"r0"', `"old${index}"`)).join(''))
  await appendHistory(cwd, at(1))
  const { entries } = await readHistory(cwd, { profileName: 'algo-200ms', machineClass })
  expect(entries.length).toBe(500)
  expect([entries[0]?.id, entries.at(-1)?.id]).toEqual(['old51', 'r1'])
  expect(readdirSync(join(cwd, '.nautilus/history/algo-200ms'))).toEqual([`${machineClass}.ndjson`])
})

test('a run with cores kept awake is followed apart, one under a profiler not at all', () => {
  const awake = { ...whole, fidelity: { ...whole.fidelity, keptAwake: true } }
  expect(fingerprintOf(awake)).not.toBe(fingerprintOf(whole))
  const profiled = { ...whole, cpuProfiles: [{ process: 'risk', file: 'cpu-profiles/risk.cpuprofile' }] }
  expect(historyEntry(profiled)).toBeNull()
})

test.each([
  ['bus', { kind: 'in-process' }],
  ['services', { bus: { kind: 'redis', url: 'redis://10.0.0.7:6379' } }],
  ['engines', {}],
])('runs of another %s are no history of each other, and no baseline', async (part, value) => {
  const other = { profile: { ...whole.profile, [part]: value } }
  expect(whole.profile[part] ?? null).not.toEqual(value)
  const cwd = newFolder()
  await appendHistory(cwd, at(1))
  await appendHistory(cwd, at(2, other))
  expect(idsOf((await historyBefore(cwd, at(5))).entries)).toEqual(['r1'])
  expect(idsOf((await historyBefore(cwd, at(5, other))).entries)).toEqual(['r2'])
  expect(() => entriesOfRuns([at(1), at(2, other)])).toThrow('differ in profile, system, load, limits or machine')
})

test('the order of keys in a profile means nothing to its fingerprint, a limit does', () => {
  const turned = Object.fromEntries(Object.entries(whole.profile).toReversed())
  expect(fingerprintOf({ ...whole, profile: turned })).toBe(fingerprintOf(whole))
  expect(fingerprintOf({ ...whole, profile: { ...whole.profile, sla: { endToEnd: { p95: '1ms' } } } })).not.toBe(
    fingerprintOf(whole),
  )
})

test.each([
  [
    'Intel(R) Xeon(R) Platinum 8370C CPU @ 2.80GHz',
    4,
    16.7e9,
    '6.8.0-1021-azure',
    'v20.20.2',
    'linux-x64',
    'intel-xeon-platinum-8370c-4cores-16gib-linux6.8-node20',
  ],
  [
    'Apple M2 Pro',
    10,
    16 * 2 ** 30,
    '24.1.0',
    'v22.3.0',
    'darwin-arm64',
    'apple-m2-pro-10cores-16gib-darwin24.1-node22',
  ],
  ['../..', 1, 1e8, 'x', 'y', '', '..-..-1cores-1gib-x-nodey'],
])(
  '%s with %i cores has a class that a person can read',
  (cpuModel, coresUsable, memoryBytes, kernel, node, platform, expected) => {
    expect(machineClassOf({ ...whole.machine, cpuModel, coresUsable, memoryBytes, kernel, node, platform })).toBe(
      expected,
    )
  },
)
