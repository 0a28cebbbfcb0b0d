import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  type Call,
  callNautilus,
  type Desk,
  leftOf,
  makeDesk,
  removeDesk,
  testDeadlineMs,
  untilNothingIsLeft,
} from '../command-fixture.js'
import { type Comparison, comparison } from '../results/comparison.js'
import { wholeRounds } from '../sla/comparison.js'

vi.setConfig({ testTimeout: testDeadlineMs })

/** The pipeline in one process, for a fifth of a second: what matters here is not how fast it is, but that B waits for batches. */
const profile = (batch = 'off'): string => `version: 1
name: desk
bus: { kind: in-process }
engines:
  market-data: {}
  signals: { settings: { lookback: 16 } }
  strategy: {}
  risk: {}
  order-gateway: { settings: { batch: ${batch} } }
  matching: {}
load: { scenario: pipeline, arrivals: { kind: constant, rate: 200/s }, warmup: 50ms, duration: 200ms, timeout: 5s, drain: 1s }
sla: { endToEnd: { p95: 5s } }
`
const slowBatch = '{ window: 400ms, ordersMax: 1000 }'

let desk: Desk
beforeEach(() => {
  desk = makeDesk(profile())
})
afterEach(() => removeDesk(desk))

const compare = (...args: readonly string[]): Call => callNautilus(desk, ['compare', '--queue', ...args])

const comparisonsFolder = (): string => join(desk.folder, '.nautilus/comparisons')
const idsOf = (): string[] => (existsSync(comparisonsFolder()) ? readdirSync(comparisonsFolder()) : [])

/** The one comparison that was kept. */
function kept(): Comparison {
  const [id = ''] = idsOf()
  return comparison.parse(JSON.parse(readFileSync(join(comparisonsFolder(), id, 'comparison.json'), 'utf8')))
}

/** As the profile of a run of the comparison sets it. */
function batchOf(run: string): unknown {
  const file = join(comparisonsFolder(), kept().id, 'rounds', run, 'result.json')
  return JSON.parse(readFileSync(file, 'utf8')).profile.engines['order-gateway'].settings.batch
}

const git = (...args: readonly string[]): string =>
  execFileSync('git', ['-c', 'user.name=desk', '-c', 'user.email=desk@localhost', ...args], {
    cwd: desk.folder,
    encoding: 'utf8',
  })

/** A repository whose branch `quick` sends orders at once, and whose HEAD batches them. */
function makeRepository(): void {
  writeFileSync(join(desk.folder, '.gitignore'), 'tmp\nnode_modules\n.nautilus\nbuilt.yaml\n')
  git('init', '--quiet', '--initial-branch', 'quick')
  git('add', '.')
  git('commit', '--quiet', '--message', 'quick')
  git('switch', '--quiet', '--create', 'slow')
  writeFileSync(join(desk.folder, 'desk.yaml'), profile(slowBatch))
  git('commit', '--quiet', '--all', '--message', 'slow')
}

const worktreeCount = (): number => git('worktree', 'list').trim().split('\n').length

test('a setting that makes B wait is a regression, which report and gate tell again', async () => {
  const setting = `engines.order-gateway.settings.batch=${slowBatch}`
  // Five rounds tell it on a calm machine; a busy one may take all.
  const call = compare('-p', 'desk.yaml', '--b', setting, '--metric', 'endToEnd.p50')
  expect(await call.ended).toBe(1)
  expect(call.err()).toContain('5 to 20 rounds of two runs each')
  expect(call.err()).toContain('can be found 4 times in 5: worse by ')
  expect(call.out()).toMatch(/^REGRESSED {2}endToEnd\.p50 (x[\d,]+|\+\d+ %) /m)
  expect(call.out()).toContain(`  B  desk.yaml ${setting}`)
  const { id } = kept()
  const rounds = wholeRounds(kept())
  expect(rounds.slice(0, 5).map(({ order }) => order)).toEqual(['AB', 'BA', 'AB', 'BA', 'AB'])
  expect(readdirSync(join(comparisonsFolder(), id, 'rounds')).length).toBeGreaterThanOrEqual(10)
  const report = callNautilus(desk, ['report', id])
  expect([await report.ended, report.out()]).toEqual([0, call.out()])
  const gate = callNautilus(desk, ['gate', id.slice(0, -1), '--json'])
  expect([await gate.ended, JSON.parse(gate.out()).verdict.status]).toEqual([1, 'regressed'])
  expect(readFileSync(join(comparisonsFolder(), id, 'report.md'), 'utf8')).toMatch(/^## REGRESSED: desk, \d+ rounds/)
  expect(leftOf(desk)).toEqual([])
})

test('A against itself keeps the noise floor, from which the next comparison says what it can find', async () => {
  const call = compare('desk.yaml', '--aa', '--rounds', '5', '--json')
  await call.ended
  const { id } = kept()
  const floor = JSON.parse(readFileSync(join(desk.folder, '.nautilus/noise/desk.json'), 'utf8'))
  expect(floor).toMatchObject({ profileName: 'desk', comparisonId: id, roundCount: 5 })
  expect(floor.sigma['endToEnd.p95']).toBeGreaterThan(0)
  expect(JSON.parse(call.out())).toMatchObject({ verdict: { roundCount: 5 }, comparison: { kind: 'aa' } })
  const next = compare('desk.yaml', 'desk.yaml')
  await next.said('measuring')
  next.child.kill('SIGINT')
  expect(await next.ended).toBe(130)
  expect(next.err()).toContain(`can be found 4 times in 5, at the noise of ${id}:`)
  expect(next.err()).toContain('A and B are the same: every difference is noise')
  expect(next.out()).toContain('INTERRUPTED')
  expect(leftOf(desk)).toEqual([])
})

test('a metric without samples is named after the first round', async () => {
  // Nothing runs in a process of its own, so no engine has a share of the CPU to itself.
  const call = compare('-p', 'desk.yaml', '--b', 'load.drain=2s', '--metric', 'cpu.risk')
  expect(await call.ended).toBe(2)
  expect(call.err()).toContain('A and B have no metric "cpu.risk" in common; ')
  expect(call.err()).not.toContain('round 2 ')
  expect(leftOf(desk)).toEqual([])
})

test.each(['--metric', '--control'])(
  'a metric of %s that nobody can have is named before anything starts',
  async (option) => {
    const call = compare('-p', 'desk.yaml', '--aa', option, 'endToEnd.p59')
    expect(await call.ended).toBe(2)
    expect(call.err()).toContain('A and B have no metric "endToEnd.p59" in common; did you mean "endToEnd.p50"?')
    expect([call.err().includes('round 1 '), idsOf()]).toEqual([false, []])
  },
)

describe('commits', () => {
  beforeEach(() => makeRepository())

  test('are built in worktrees of their own, of which Ctrl-C leaves nothing but the whole rounds', async () => {
    const call = compare('git:quick', 'git:slow', '-p', 'built.yaml', '--build', 'cp desk.yaml built.yaml')
    await call.said('round 2 of at most 20')
    call.child.kill('SIGINT')
    expect(await call.ended).toBe(130)
    expect(worktreeCount()).toBe(1)
    await untilNothingIsLeft(desk)
    const { a, b, interrupted } = kept()
    expect([a, b]).toMatchObject([
      { label: 'git:quick', git: { commit: git('rev-parse', 'quick').trim(), dirty: false } },
      { label: 'git:slow', git: { commit: git('rev-parse', 'slow').trim(), dirty: false } },
    ])
    expect(interrupted).toBe('SIGINT')
    expect(batchOf('01-a')).toBe('off')
    expect(batchOf('01-b')).toMatchObject({ window: '400ms' })
    // What is due within the quarter of a second after the first order waits for the rest of its 400 ms, on any machine.
    expect(wholeRounds(kept())[0]?.metrics['endToEnd.p50']?.b).toBeGreaterThan(150e6)
    expect(git('status', '--porcelain')).toBe('')
  })

  test('whose build fails are named with the last lines of it', async () => {
    const build = 'echo cannot link; exit 3'
    const call = compare('git:quick', 'git:slow', '-p', 'desk.yaml', '--build', build)
    expect(await call.ended).toBe(4)
    const commit = git('rev-parse', 'quick').slice(0, 8)
    expect(call.err()).toMatch(new RegExp(`^the build of git:quick \\(${commit}\\) .*3`, 'm'))
    expect(call.err()).toContain('    cannot link\n')
    expect(call.err()).toMatch(/the whole log is .*build-a\.log\.\n$/)
    expect(worktreeCount()).toBe(1)
    expect(leftOf(desk)).toEqual([])
  })

  test('that are not there are named before anything is checked out', async () => {
    const call = compare('git:quick', 'git:gone', '-p', 'desk.yaml')
    expect(await call.ended).toBe(2)
    expect(call.err()).toContain('git:gone is no commit of the repository in ')
    expect(call.err()).not.toContain('checking out')
    expect(leftOf(desk)).toEqual([])
  })

  test('of which kill -9 leaves the name of a worktree only, and the next comparison not even that', async () => {
    const call = compare('git:quick', 'git:slow', '-p', 'desk.yaml', '--build', 'sleep 600')
    await call.said('build-a: started')
    expect(leftOf(desk)).not.toEqual([])
    call.child.kill('SIGKILL')
    await call.ended
    await untilNothingIsLeft(desk)
    expect(worktreeCount()).toBe(3)
    const next = compare('git:quick', 'git:slow', '-p', 'desk.yaml', '--build', 'false')
    expect(await next.ended).toBe(4)
    expect(worktreeCount()).toBe(1)
  })
})

test.each([
  { args: ['desk.yaml'], says: 'desk.yaml is compared with nothing' },
  { args: ['desk.yaml', 'desk.yaml', '--rounds', '6'], says: 'Allowed choices are 5, 7, 10, 14, 20' },
  { args: ['desk.yaml', 'desk.yaml', '--margin', '5'], says: '--margin: ' },
  { args: ['-p', 'desk.yaml', '--b', 'load.durasion=1s'], says: 'did you mean "duration"?' },
  { args: ['git:a', 'git:b', '-p', 'desk.yaml'], says: 'Call nautilus in a folder of the git repository' },
])('$args is refused: $says', async ({ args, says }) => {
  const call = compare(...args)
  expect(await call.ended).toBe(2)
  expect(call.err()).toContain(says)
  expect(leftOf(desk)).toEqual([])
})
