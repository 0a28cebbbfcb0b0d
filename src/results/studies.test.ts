import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { appendToStudy, openStudy, readStudy, studyFolder } from './studies.js'
import type { StudyComparison, StudyHeader, StudyRun } from './study.js'

let cwd = ''
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'nautilus-studies-'))
})
afterEach(() => rmSync(cwd, { recursive: true, force: true }))

const header: StudyHeader = {
  ...{ kind: 'study', schema: 'nautilus.study/1', id: 't-1a2b', nautilusVersion: '0', startedAt: '', profile: 'desk' },
  ...{
    set: [],
    profileName: 'desk',
    input: {},
    machineClass: 'm',
    goal: 'minimise endToEnd.p95',
    seed: 1,
    runsMax: 3,
    space: {},
  },
  ...{ current: { pool: 1 }, currentSet: ['pool=1'] },
}
const run = (index: number): StudyRun => ({
  ...{ kind: 'run', index, purpose: 'cover', settings: { pool: index }, set: [`pool=${index}`] },
  ...{ expectedGainShare: null, feasibility: null, runId: '', startedAt: '', seed: 0, elapsedNs: 1e9 },
  ...{ outcome: { value: 1e6, limits: {} }, failure: null },
})
const comparison: StudyComparison = {
  ...{ kind: 'comparison', id: 'c-1', a: [], b: ['pool=1'], status: 'improved', goal: null },
  ...{ brokenByA: [], brokenByB: [], reasons: [] },
}

async function kept(...lines: readonly (StudyHeader | StudyRun | StudyComparison)[]): Promise<string> {
  const folder = studyFolder(cwd, header.id)
  for (const line of lines) await appendToStudy(folder, line)
  return join(folder, 'study.jsonl')
}

test('what was added is read again; comparisons count as long as no run follows them', async () => {
  const file = await kept(header, run(0), comparison, run(1))
  expect(await readStudy(file)).toEqual({ header, runs: [run(0), run(1)], comparisons: [] })
  await kept(comparison)
  expect((await openStudy(cwd, 't-1a')).comparisons).toEqual([comparison])
})

test('wherever a study is cut off, all whole lines are read, and it can be gone on with', async () => {
  const file = await kept(header, run(0), run(1))
  const bytes = readFileSync(file)
  const firstEnd = bytes.indexOf(10) + 1
  for (let length = firstEnd; length <= bytes.length; length += 7) {
    writeFileSync(file, bytes.subarray(0, length))
    const wholeCount = bytes.subarray(0, length).filter((byte) => byte === 10).length - 1
    expect((await readStudy(file)).runs.length).toBe(wholeCount)
    await kept(run(wholeCount))
    expect((await readStudy(file)).runs.length).toBe(wholeCount + 1)
  }
})

test.each([
  { name: 'what is no JSON', text: '{"kind":\n', said: ':3 not JSON: ' },
  { name: 'an unknown kind', text: '{"kind":"walk"}\n', said: ':3 at kind: ' },
  { name: 'a missing field', text: '{"kind":"run","index":1}\n', said: ':3 at purpose: ' },
  { name: 'a run that is missing', text: `${JSON.stringify(run(2))}\n`, said: ':3 run 2 stands here, must be run 1' },
  { name: 'a second study', text: `${JSON.stringify(header)}\n`, said: ':3 a second study begins here' },
])('$name is an error with its line', async ({ text, said }) => {
  const file = await kept(header, run(0))
  appendFileSync(file, text)
  await expect(readStudy(file)).rejects.toThrow(`${file}${said}`)
})

test('a file that was cut off in its first line is no study, and one that is not there says how they are made', async () => {
  const file = await kept(header)
  writeFileSync(file, readFileSync(file).subarray(0, 30))
  await expect(readStudy(file)).rejects.toThrow('study.jsonl:1 the first line is not that of a study')
  await expect(openStudy(cwd, 't-9')).rejects.toThrow(/"t-9" names no study/)
  await expect(openStudy(cwd, '')).rejects.toThrow(/"" names no study/)
})
