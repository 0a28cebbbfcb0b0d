import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { packageRoot } from '../core/paths.js'
import { type Capacity, capacityFolder, capacitySchemaId, pruneCapacities, writeCapacity } from './capacity.js'
import { comparison, comparisonSchemaId } from './comparison.js'
import { comparisonFolder, newComparisonId, pruneComparisons, writeComparison } from './comparisons.js'
import { readMachine } from './machine.js'
import { readNoiseFloor, writeNoiseFloor } from './noise-floor.js'
import { resolveKept } from './references.js'
import { newSetId, pruneSets, writeSet } from './sets.js'

const runText = readFileSync(join(packageRoot(), 'fixtures/results/pass.json'), 'utf8')

let cwd: string
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'references-test-'))
})
afterEach(() => rmSync(cwd, { recursive: true, force: true }))

function keepRun(id: string): void {
  mkdirSync(join(cwd, '.nautilus/runs', id), { recursive: true })
  writeFileSync(join(cwd, '.nautilus/runs', id, 'result.json'), runText.replace('"id":"a1b2"', `"id":"${id}"`))
}

const keepSet = (id: string, runIds: readonly string[]): Promise<void> =>
  writeSet(
    cwd,
    { id, profileName: 'desk', startedAt: '', wantedCount: runIds.length, interrupted: null, runIds: [...runIds] },
    {},
  )

async function keepComparison(id: string, atSec = 0): Promise<void> {
  const side = { label: 'a', profileName: 'desk', git: null, faults: {} }
  const kept = comparison.parse({
    ...{ schema: comparisonSchemaId, id, nautilusVersion: '0', startedAt: '', interrupted: null, kind: 'ab' },
    ...{ a: side, b: side, marginShare: 0.05, controls: [], seed: 1, rounds: [], machine: readMachine(null) },
  })
  await writeComparison(comparisonFolder(cwd, id), { comparison: kept, files: {} })
  utimesSync(comparisonFolder(cwd, id), atSec, atSec)
}

const search = (id: string): Capacity => ({
  ...{ schema: capacitySchemaId, id, nautilusVersion: '0', profileName: 'desk', unit: 'requests', startedAt: '' },
  ...{ interrupted: null, target: null, precision: 0.05, probes: [], rungs: [], status: 'none', confirmed: false },
  ...{ holdsPerSec: null, breaksPerSec: 100, runId: null },
})

test('an id says by itself whether a run, a set, a comparison or a search is meant, and a beginning is enough', async () => {
  keepRun('ab12')
  keepRun('cd34')
  await keepSet('s-1234', ['ab12', 'cd34'])
  await keepComparison('c-1234')
  await writeCapacity(cwd, search('m-1234'))
  expect(await resolveKept(cwd, 'ab')).toMatchObject({ kind: 'run', id: 'ab12' })
  expect(await resolveKept(cwd, 's-1')).toMatchObject({ kind: 'set', results: [{ id: 'ab12' }, { id: 'cd34' }] })
  expect(await resolveKept(cwd, 'c-12')).toMatchObject({ kind: 'comparison', comparison: { id: 'c-1234' } })
  expect(await resolveKept(cwd, 'm-1')).toMatchObject({ kind: 'capacity', capacity: { id: 'm-1234' } })
})

test('a path to a folder is as good as an id', async () => {
  keepRun('ab12')
  await keepSet('s-1234', ['ab12'])
  await keepComparison('c-1234')
  await writeCapacity(cwd, search('m-1234'))
  expect(await resolveKept(cwd, '.nautilus/capacities/m-1234')).toMatchObject({ kind: 'capacity' })
  expect(await resolveKept(cwd, '.nautilus/runs/ab12')).toMatchObject({ kind: 'run' })
  expect(await resolveKept(cwd, '.nautilus/sets/s-1234')).toMatchObject({ kind: 'set' })
  expect(await resolveKept(cwd, '.nautilus/comparisons/c-1234')).toMatchObject({ kind: 'comparison' })
  expect(await resolveKept(cwd, '.nautilus/comparisons/c-1234/comparison.json')).toMatchObject({ kind: 'comparison' })
})

test.each([
  { reference: 'c-9', says: '"c-9" names no comparison in ', code: 'RUN_NOT_FOUND' },
  { reference: 'm-9', says: '"m-9" names no search in ', code: 'RUN_NOT_FOUND' },
  { reference: 's-9', says: '"s-9" names no set of runs in ', code: 'RUN_NOT_FOUND' },
  { reference: 'c-1', says: '"c-1" is the beginning of c-12, c-13', code: 'RUN_NOT_FOUND' },
  { reference: 'c-bad', says: 'comparison.json: at schema: ', code: 'RESULT_INVALID' },
])('$reference is refused: $says', async ({ reference, says, code }) => {
  await keepComparison('c-12')
  await keepComparison('c-13')
  mkdirSync(comparisonFolder(cwd, 'c-bad'), { recursive: true })
  writeFileSync(join(comparisonFolder(cwd, 'c-bad'), 'comparison.json'), '{}')
  await expect(resolveKept(cwd, reference)).rejects.toMatchObject({ code, message: expect.stringContaining(says) })
})

test('new ids are none that are taken, and bear what they are of', () => {
  expect(newComparisonId(cwd)).toMatch(/^c-[0-9a-f]{4}$/)
  expect(newSetId(cwd)).toMatch(/^s-[0-9a-f]{4}$/)
})

test('pruning removes the oldest comparisons, and sets of which no run is left', async () => {
  for (const [index, id] of ['c-old', 'c-new', 'c-mid'].entries()) await keepComparison(id, [1, 3, 2][index])
  keepRun('ab12')
  await keepSet('s-kept', ['ab12', 'gone'])
  await keepSet('s-gone', ['gone'])
  expect((await pruneComparisons(cwd, { countMax: 2, bytesMax: 1e9 })).removed).toEqual(['c-old'])
  expect(await pruneSets(cwd)).toEqual(['s-gone'])
  for (const [id, changedAt] of [
    ['m-new', 2_000],
    ['m-old', 1_000],
  ] as const) {
    mkdirSync(capacityFolder(cwd, id), { recursive: true })
    utimesSync(capacityFolder(cwd, id), changedAt, changedAt)
  }
  expect((await pruneCapacities(cwd, { countMax: 1, bytesMax: 1e9 })).removed).toEqual(['m-old'])
  expect(readdirSync(join(cwd, '.nautilus/sets'))).toEqual(['s-kept'])
})

test('a noise floor is known for its profile on machines of its class only', async () => {
  const machine = readMachine(null)
  const { machineClassOf } = await import('./machine.js')
  const learned = { comparisonId: 'c-1', measuredAt: '', roundCount: 10, sigma: { throughput: 0.01 } }
  await writeNoiseFloor(cwd, { profileName: 'desk', machineClass: machineClassOf(machine), ...learned })
  expect(await readNoiseFloor(cwd, 'desk', machine)).toMatchObject(learned)
  expect(await readNoiseFloor(cwd, 'other', machine)).toBeNull()
  expect(await readNoiseFloor(cwd, 'desk', { ...machine, cpuModel: 'another' })).toBeNull()
})
