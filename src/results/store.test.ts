import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { packageRoot } from '../core/paths.js'
import { type RunResult, runResult } from './run-result.js'
import {
  listRuns,
  newRunId,
  previousRun,
  pruneRuns,
  readResult,
  refuseUnwritable,
  resolveRun,
  runsFolderOf,
  writeOutput,
  writeRunFiles,
} from './store.js'

let cwd = ''
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'nautilus-store-'))
})
afterEach(() => rm(cwd, { recursive: true, force: true }))

const sampleText = await readFile(join(packageRoot(), 'fixtures/results/hang.json'), 'utf8')
const sample: RunResult = runResult.parse(JSON.parse(sampleText))

const keep = async (change: Partial<RunResult>): Promise<RunResult> => {
  const result = { ...sample, faults: {}, ...change }
  await writeRunFiles(join(runsFolderOf(cwd), result.id), { 'result.json': JSON.stringify(result) })
  return result
}

const keepThree = async () => {
  await keep({ id: '7f3c', startedAt: '2026-11-20T10:00:00.000Z' })
  await keep({ id: '7f91', startedAt: '2026-11-20T09:00:00.000Z' })
  return keep({ id: 'a000', startedAt: '2026-11-20T11:00:00.000Z' })
}

test('runs are listed by their start; what is not a whole run is left out or named', async () => {
  await keepThree()
  await mkdir(join(runsFolderOf(cwd), 'beef', 'logs'), { recursive: true })
  await writeRunFiles(join(runsFolderOf(cwd), 'dead'), { 'result.json': '{"schema":' })
  const { runs, unreadable } = await listRuns(runsFolderOf(cwd))
  expect(runs.map(({ id }) => id)).toEqual(['7f91', '7f3c', 'a000'])
  expect(unreadable).toMatchObject([{ id: 'dead', problem: expect.stringContaining('is not JSON') }])
})

test('no folder at all is no runs', async () => {
  expect(await listRuns(runsFolderOf(cwd))).toEqual({ runs: [], unreadable: [] })
})

test.each([
  { reference: 'last', id: 'a000' },
  { reference: 'last~1', id: '7f3c' },
  { reference: 'last~2', id: '7f91' },
  { reference: 'a', id: 'a000' },
  { reference: '7f9', id: '7f91' },
  { reference: '7f3c', id: '7f3c' },
  { reference: '.nautilus/runs/7f3c', id: '7f3c' },
  { reference: '.nautilus/runs/7f3c/result.json', id: '7f3c' },
])('"$reference" is run $id', async ({ reference, id }) => {
  await keepThree()
  expect((await resolveRun(cwd, reference)).id).toBe(id)
})

test.each([
  { reference: '7f', says: '"7f" is the beginning of 7f3c, 7f91' },
  { reference: 'last~3', says: 'there are 3 runs in' },
  { reference: 'ffff', says: '"ffff" is neither a run in' },
  { reference: 'nowhere/result.json', says: 'nor a file' },
])('"$reference" is not found, and the message says why', async ({ reference, says }) => {
  await keepThree()
  await expect(resolveRun(cwd, reference)).rejects.toMatchObject({
    code: 'RUN_NOT_FOUND',
    exit: 2,
    message: expect.stringContaining(says),
  })
})

test('the last run of a folder without runs is not found, and the message says that there are none', async () => {
  const message = `no runs are kept in ${runsFolderOf(cwd)}`
  const hint = 'Start one:  nautilus bench --profile quickstart'
  await expect(resolveRun(cwd, 'last')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND', message, hint })
})

test('a result anywhere on the disk is a run too', async () => {
  const file = join(cwd, 'downloaded.json')
  await writeFile(file, sampleText)
  expect(await resolveRun('/', file)).toMatchObject({ id: sample.id, folder: cwd })
})

test.each([
  { name: 'cut off', text: sampleText.slice(0, 1000), says: 'is not JSON' },
  { name: 'of another schema', text: sampleText.replace('run-result/2', 'run-result/99'), says: ': at schema: ' },
  {
    name: 'with a wrong count',
    text: sampleText.replace('"planned":2000', '"planned":-1'),
    says: ': at accounting.planned: ',
  },
  { name: 'of something else', text: '[]', says: ': at the top: ' },
])('a result $name is refused, naming the file and the first problem', async ({ text, says }) => {
  const file = join(cwd, 'result.json')
  await writeFile(file, text)
  await expect(readResult(file)).rejects.toMatchObject({
    code: 'RESULT_INVALID',
    message: expect.stringMatching(new RegExp(`^${file}.*${says}`)),
  })
})

test('a result of another version says of which, and what to do', async () => {
  const file = join(cwd, 'result.json')
  await writeFile(file, sampleText.replace('run-result/2', 'run-result/1'))
  await expect(readResult(file)).rejects.toMatchObject({
    code: 'RESULT_INVALID',
    hint: expect.stringMatching(/"nautilus\.run-result\/1", by another version of nautilus: measure again/),
  })
})

test('the run before is the newest whole one of the same profile, without faults', async () => {
  const newest = await keepThree()
  await keep({ id: 'b001', startedAt: '2026-11-20T10:30:00.000Z', profileName: 'quickstart' })
  await keep({ id: 'b002', startedAt: '2026-11-20T10:31:00.000Z', interrupted: 'SIGINT' })
  await keep({ id: 'b003', startedAt: '2026-11-20T10:32:00.000Z', faults: { risk: ['+7ms'] } })
  await keep({ id: 'b004', startedAt: '2026-11-20T12:00:00.000Z' })
  expect((await previousRun(runsFolderOf(cwd), newest))?.id).toBe('7f3c')
  expect(await previousRun(runsFolderOf(cwd), { ...newest, profileName: 'other' })).toBeNull()
})

test.each([{ target: 'PING at redis://127.0.0.1:7001' }, { loop: 'closed' as const }, { arrivals: 'constant 7/s' }])(
  'a run of another load is none to compare with: %j',
  async (change) => {
    await keepThree()
    const newest = await keep({ id: 'b001', startedAt: '2026-11-20T11:30:00.000Z' })
    const other = { ...newest, load: { ...newest.load, ...change } }
    expect(await previousRun(runsFolderOf(cwd), newest)).not.toBeNull()
    expect(await previousRun(runsFolderOf(cwd), other)).toBeNull()
  },
)

test('pruning removes the oldest runs, by count and by bytes', async () => {
  await keepThree()
  const runsFolder = runsFolderOf(cwd)
  expect((await pruneRuns(runsFolder, { countMax: 2, bytesMax: 1e9 })).removed).toEqual(['7f91'])
  const { removed, freedBytes } = await pruneRuns(runsFolder, { countMax: 10, bytesMax: sampleText.length * 1.5 })
  expect(removed).toEqual(['7f3c'])
  expect(freedBytes).toBeGreaterThan(10_000)
  expect(await readdir(runsFolder)).toEqual(['a000'])
})

test('ids are new, short and lowercase hex', async () => {
  await keepThree()
  const ids = Array.from({ length: 200 }, () => newRunId(runsFolderOf(cwd)))
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{4,}$/)
  expect(ids).not.toContain('7f3c')
})

test('a full disk keeps what was written, removes what was half written, and says both', async () => {
  const folder = join(cwd, 'full')
  await mkdir(folder)
  // A write into /dev/full fails as on a full disk.
  await symlink('/dev/full', join(folder, `report.md.${process.pid}.partial`))
  const files = { 'result.json': '{}', 'report.md': 'text', 'junit.xml': '<x/>' }
  await expect(writeRunFiles(folder, files)).rejects.toMatchObject({
    code: 'DISK_FULL',
    exit: 6,
    message: `no space to write ${join(folder, 'report.md')}; kept: result.json`,
  })
  expect(await readdir(folder)).toEqual(['result.json'])
})

test('a file that a person named is refused before anything is done for it, by the name that they gave', async () => {
  await writeFile(join(cwd, 'taken'), '')
  await mkdir(join(cwd, 'folder.md'))
  await expect(refuseUnwritable(cwd, ['here.md', 'missing/x.md'])).rejects.toThrow(
    'missing/x.md cannot be written: its folder does not exist',
  )
  await expect(refuseUnwritable(cwd, ['taken/x.md'])).rejects.toThrow(
    'taken/x.md cannot be written: taken is not a folder',
  )
  await expect(refuseUnwritable(cwd, ['folder.md'])).rejects.toThrow('folder.md cannot be written: it is a folder')
  await expect(writeOutput(cwd, 'missing/x.md', 'text')).rejects.toThrow(
    /^missing\/x\.md cannot be written: its folder/,
  )
  await refuseUnwritable(cwd, ['here.md'])
  expect((await readdir(cwd)).toSorted()).toEqual(['folder.md', 'taken'])
})
