import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { packageRoot } from './core/paths.js'
import { commandEntries } from './program.js'
import { eventually } from './supervisor/child-fixture.js'

// The command as users call it: a process of its own, from dist/.

const launcher = join(packageRoot(), 'bin/nautilus.js')
const samples = join(packageRoot(), 'fixtures/results')
let cwd = ''

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'nautilus-cli-'))
  for (const [id, name] of Object.entries({ a1b2: 'pass', c3d4: 'risk-fail', e7f8: 'invalid' })) {
    mkdirSync(join(cwd, '.nautilus/runs', id), { recursive: true })
    cpSync(join(samples, `${name}.json`), join(cwd, '.nautilus/runs', id, 'result.json'))
  }
})
afterAll(() => rmSync(cwd, { recursive: true, force: true }))

const run = (args: readonly string[], env: Record<string, string> = {}): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, [launcher, ...args], { cwd, encoding: 'utf8', env: { ...process.env, ...env } })

test.each([
  { args: ['--version'], status: 0, out: /^\d+\.\d+\.\d+\n$/, err: /^$/ },
  { args: ['--help'], status: 0, out: /^Starts a system .*\n\nExamples:\n(.*\n){3}\nUsage: nautilus/, err: /^$/ },
  { args: [], status: 2, out: /Exit codes: 0 pass/, err: /^$/ },
  { args: ['repot'], status: 2, out: /^$/, err: /unknown command 'repot'\n\(Did you mean report\?\)/ },
  { args: ['report', 'last', '--fromat', 'json'], status: 2, out: /^$/, err: /Did you mean --format\?/ },
  { args: ['report'], status: 2, out: /^$/, err: /missing required argument 'run'/ },
  {
    args: ['report', 'last', '--format', 'pdf'],
    status: 2,
    out: /^$/,
    err: /"pdf" is not a format\nWrite one of term/,
  },
  { args: ['gate', 'a1b2'], status: 0, out: /^PASS {2}algo-200ms run a1b2\n/, err: /^$/ },
  { args: ['gate', 'c3'], status: 1, out: /^FAIL .*\nFAIL {5}risk p95 .* > 5 ms/, err: /^$/ },
  { args: ['gate', 'last'], status: 4, out: /^INVALID .*sent 1,800 of 2,000/, err: /^$/ },
  { args: ['gate', 'ffff'], status: 2, out: /^$/, err: /"ffff" is neither .*\nRun `nautilus runs`/ },
  { args: ['gate', join(samples, 'no-data.json')], status: 4, out: /NO DATA {2}risk p95/, err: /^$/ },
  { args: ['report', 'c3d4'], status: 0, out: /^algo-200ms {2}run c3d4 .*\nFAIL {2}risk p95/, err: /^$/ },
  { args: ['report', 'last~1', '--format', 'markdown'], status: 0, out: /^## FAIL: risk p95/, err: /^$/ },
  {
    args: ['runs'],
    status: 0,
    out: /^run .*\na1b2 .* PASS .*\nc3d4 .* FAIL .* faults on purpose\ne7f8 .* INVALID/,
    err: /^$/,
  },
  { args: ['runs', '--keep', '2'], status: 2, out: /^$/, err: /--keep says what --prune leaves.*\nAdd --prune/ },
  { args: ['runs', '--max-size', '1GiB'], status: 2, out: /^$/, err: /--max-size says what --prune leaves/ },
  { args: ['runs', '--prune', '--keep', 'few'], status: 2, out: /^$/, err: /--keep "few" is not a count/ },
])('nautilus $args ends with $status', ({ args, status, out, err }) => {
  const ended = run(args)
  expect(ended.stdout).toMatch(out)
  expect(ended.stderr).toMatch(err)
  expect(ended.status).toBe(status)
})

const ofBaseline = ['save', 'list', 'show', 'remove', 'history'].map((part) => `baseline ${part}`)
const ofData = ['info', 'convert', 'generate'].map((part) => `data ${part}`)

test.each([...commandEntries.map(({ name }) => name), ...ofBaseline, ...ofData])(
  'the help of %s begins with three examples or more and ends with exit codes',
  (name) => {
    const { stdout, status } = run([...name.split(' '), '--help'])
    expect(status).toBe(0)
    const [purpose = '', examples = ''] = stdout.split('\n\n')
    expect(purpose).not.toMatch(/^Usage/)
    expect(examples.split('\n').length).toBeGreaterThanOrEqual(4)
    expect(stdout).toMatch(/\n\nUsage: nautilus /)
    expect(stdout).toMatch(/--json/)
    expect(stdout).toMatch(/\n\nExit codes[^\n]*\n([^\n]+\n)*$/)
  },
)

test('gate, report and runs print JSON with a versioned schema', () => {
  const schemaOf = (args: readonly string[]): unknown => JSON.parse(run(args).stdout).schema
  expect(schemaOf(['gate', 'c3d4', '--json'])).toBe('nautilus.verdict/1')
  expect(schemaOf(['report', 'c3d4', '--json'])).toBe('nautilus.report/1')
  expect(schemaOf(['runs', '--json'])).toBe('nautilus.runs/1')
})

test('a report goes to a file whole, or says why it cannot', () => {
  expect(run(['report', 'a1b2', '--format', 'junit', '--out', 'junit.xml']).status).toBe(0)
  expect(readFileSync(join(cwd, 'junit.xml'), 'utf8')).toMatch(/^<\?xml/)
  const failed = run(['report', 'a1b2', '--out', 'missing/report.txt'])
  expect([failed.status, failed.stderr]).toEqual([2, expect.stringContaining('missing/report.txt cannot be written')])
})

test('an interrupted writing of data ends with 130 and leaves no file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nautilus-cli-data-'))
  const args = ['data', 'generate', '--seconds', '86400', '--out', 'flow.ndjson']
  const child = spawn(process.execPath, [launcher, ...args], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  let heard = ''
  child.stderr.on('data', (chunk) => {
    heard += String(chunk)
  })
  const ended = once(child, 'exit')
  await eventually(
    () => `a file is being written; it said ${heard}`,
    () => readdirSync(folder).some((name) => name.endsWith('.partial')),
  )
  child.kill('SIGINT')
  expect([(await ended)[0], heard, readdirSync(folder)]).toEqual([130, 'stopped by SIGINT\n', []])
  rmSync(folder, { recursive: true })
})

test('colour follows NO_COLOR and FORCE_COLOR, and a pipe has none', () => {
  const coloured = (env: Record<string, string>) => run(['gate', 'c3d4'], env).stdout.includes('\u001b[')
  expect([coloured({}), coloured({ FORCE_COLOR: '1' }), coloured({ FORCE_COLOR: '0' })]).toEqual([false, true, false])
})

test('a reader that leaves early ends the command quietly, with its own exit code', async () => {
  const child = spawn(process.execPath, [launcher, 'report', 'c3d4', '--json'], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.destroy()
  let heard = ''
  child.stderr.on('data', (chunk) => {
    heard += String(chunk)
  })
  const [code] = await once(child, 'exit')
  expect([code, heard]).toEqual([0, ''])
})

test('the list of runs shrinks to what is kept, and nothing else is left in the folder', () => {
  const ended = run(['runs', '--prune', '--keep', '1'])
  expect([ended.status, ended.stdout]).toEqual([0, expect.stringMatching(/^removed 2, .* KiB: /)])
  expect(readdirSync(join(cwd, '.nautilus/runs'))).toEqual(['e7f8'])
  expect(readdirSync(join(cwd, '.nautilus'))).toEqual(['runs'])
})

test('a package that was not built says what to do', () => {
  mkdirSync(join(cwd, 'unbuilt/bin'), { recursive: true })
  cpSync(join(packageRoot(), 'package.json'), join(cwd, 'unbuilt/package.json'))
  cpSync(launcher, join(cwd, 'unbuilt/bin/nautilus.js'))
  const ended = spawnSync(process.execPath, [join(cwd, 'unbuilt/bin/nautilus.js')], { encoding: 'utf8' })
  expect(ended.stderr).toBe('nautilus: dist/ is missing\nRun `npm run build` in the folder of the package.\n')
  expect(ended.status).toBe(6)
})
