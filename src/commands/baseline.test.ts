import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Io } from '../core/io.js'
import { packageRoot } from '../core/paths.js'
import { appendHistory } from '../results/history.js'
import { readMachine } from '../results/machine.js'
import { type RunResult, runResult } from '../results/run-result.js'
import { baselineCommand } from './baseline.js'
import { gateCommand } from './gate.js'

const whole = runResult.parse(JSON.parse(readFileSync(join(packageRoot(), 'fixtures/results/pass.json'), 'utf8')))
const here = { ...whole, machine: readMachine(null) }
let cwd = ''

const scaled = (share: number, id: string, hour: number): RunResult => {
  const { summary } = here.endToEnd
  return {
    ...here,
    id,
    startedAt: `2026-11-19T${String(hour).padStart(2, '0')}:00:00.000Z`,
    endToEnd: { ...here.endToEnd, summary: { ...summary, p95Ns: summary.p95Ns * share } },
  }
}

/** Keeps a run as `bench` does: its result, and its line of history. */
async function keep(result: RunResult): Promise<void> {
  const folder = join(cwd, '.nautilus/runs', result.id)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'result.json'), JSON.stringify(result))
  await appendHistory(cwd, result)
}

type Ran = { readonly out: string; readonly code: number | null }

async function run(make: typeof baselineCommand, ...args: readonly string[]): Promise<Ran> {
  let out = ''
  let code: number | null = null
  const io: Io = {
    out: (text) => {
      out += text
    },
    err: () => undefined,
    ...{ cwd, env: {}, terminal: false, color: false, columns: 80 },
    stop: new AbortController().signal,
  }
  const command = make(io, (given) => {
    code = given
  })
  await command.parseAsync([...args], { from: 'user' })
  return { out, code }
}

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'nautilus-test-baseline-'))
  // Sixteen runs that differ a little; the last six took a level 40 % higher.
  const shares = [1, 1.02, 0.99, 1.01, 0.98, 1, 1.03, 0.99, 1.01, 1, 1.4, 1.42, 1.39, 1.41, 1.4, 1.43]
  for (const [index, share] of shares.entries()) await keep(scaled(share, `a${index}`, index))
})
afterAll(() => rmSync(cwd, { recursive: true, force: true }))

const first = Array.from({ length: 8 }, (_, index) => `a${index}`)

test('runs kept under a name judge a later run by where they expect it', async () => {
  expect(await run(baselineCommand, 'save', 'calm', ...first)).toMatchObject({ code: 0 })
  const held = await run(gateCommand, 'a5', '--baseline', 'calm')
  expect(held.out).toMatch(/^INCONCLUSIVE {2}against baseline calm: 7 earlier runs, 1 more are needed/m)
  const later = await run(gateCommand, 'a10', '--baseline', 'calm')
  expect(later.out).toMatch(/^REGRESSED {2}against baseline calm$/m)
  expect(later.out).toMatch(
    /^REGRESSED {2}endToEnd\.p95 18\.9 ms, expected 12\.\d ms to 14\.\d ms by 8 runs before it$/m,
  )
  expect([later.code, later.out.endsWith('\nexit 1\n')]).toEqual([1, true])
  const json = JSON.parse((await run(gateCommand, 'a10', '--baseline', 'calm', '--json')).out)
  expect([json.schema, json.exit, json.baseline.status]).toEqual(['nautilus.verdict/1', 1, 'regressed'])
})

test('without runs the history of the profile is kept, and how many are missing is said', async () => {
  const all = await run(baselineCommand, 'save', 'all')
  expect(all.out).toMatch(/^baseline all: 16 runs of algo-200ms on /)
  const few = await run(baselineCommand, 'save', 'few', 'a0', 'a1')
  expect(few.out).toMatch(/6 more are needed before it judges; .*nautilus baseline save few$/m)
})

test('baselines are listed, shown and removed', async () => {
  await run(baselineCommand, 'save', 'gone', ...first)
  expect((await run(baselineCommand, 'list')).out).toMatch(/^gone +algo-200ms +8 +just now/m)
  const shown = (await run(baselineCommand, 'show', 'gone')).out
  expect(shown).toMatch(/^endToEnd\.p95 +deciding +8 +13\.\d ms +12\.\d ms to 14\.\d ms$/m)
  const json = JSON.parse((await run(baselineCommand, 'show', 'gone', '--json')).out)
  expect([json.schema, json.entries.length]).toEqual(['nautilus.baseline/1', 8])
  expect((await run(baselineCommand, 'remove', 'gone')).out).toBe('removed baseline gone\n')
  await expect(run(baselineCommand, 'show', 'gone')).rejects.toMatchObject({ code: 'BASELINE_MISSING', exit: 5 })
})

test('a gate without its baseline exits 5 and names what is near; a failure still goes first', async () => {
  await run(baselineCommand, 'save', 'calm', ...first)
  const missing = await run(gateCommand, 'a5', '--baseline', 'clam')
  expect([missing.code, missing.out.includes('NO BASELINE  against baseline clam: ')]).toEqual([5, true])
  const risky = runResult.parse(
    JSON.parse(readFileSync(join(packageRoot(), 'fixtures/results/risk-fail.json'), 'utf8')),
  )
  await keep(risky)
  expect((await run(gateCommand, risky.id, '--baseline', 'clam')).code).toBe(1)
})

test('the history of a profile names the run with which a figure took another level', async () => {
  const { out, code } = await run(baselineCommand, 'history', '--profile', 'algo-200ms')
  expect(code).toBe(0)
  expect(out).toMatch(/^endToEnd\.p95 +16 /m)
  expect(out).toMatch(
    /^endToEnd\.p95 went from 13\.\d ms to 1[89]\.\d ms \(\+4\d %\) with run a10, 2026-11-19T10:00:00/m,
  )
  const one = (await run(baselineCommand, 'history', '--profile', 'algo-200ms', '--metric', 'endToEnd.p95')).out
  expect(one.split('\n')[11]).toMatch(/ a10 +1[89]\.\d ms {2}changed from 13\.\d ms$/)
  const json = JSON.parse((await run(baselineCommand, 'history', '--profile', 'algo-200ms', '--json')).out)
  expect(json.schema).toBe('nautilus.profile-history/1')
})

test.each([
  { args: ['save', '../escape'], code: 'USAGE' },
  { args: ['save', 'x', 'nowhere'], code: 'RUN_NOT_FOUND' },
  { args: ['save', 'x', '--profile', 'unknown'], code: 'RUN_NOT_FOUND' },
  { args: ['history', '--profile', 'algo-200ms', '--metric', 'nothing'], code: 'USAGE' },
  { args: ['remove', 'unknown'], code: 'BASELINE_MISSING' },
])('baseline $args is refused as $code', async ({ args, code }) => {
  await expect(run(baselineCommand, ...args)).rejects.toMatchObject({ code })
})
