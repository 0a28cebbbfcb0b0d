import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { packageRoot } from '../core/paths.js'
import { type RunResult, runResult } from '../results/run-result.js'
import { boundOf } from './checks.js'
import { exitOf, exitOfInterruption } from './exit.js'
import type { EarlierRuns } from './latency-check.js'
import { judge } from './verdict.js'

const sample = (name: string): RunResult =>
  runResult.parse(JSON.parse(readFileSync(join(packageRoot(), 'fixtures/results', `${name}.json`), 'utf8')))

test.each([
  { name: 'pass', status: 'pass', exit: 0, first: undefined },
  { name: 'risk-fail', status: 'fail', exit: 1, first: 'risk.p95' },
  { name: 'hang', status: 'fail', exit: 1, first: 'endToEnd.p95' },
  { name: 'invalid', status: 'invalid', exit: 4, first: undefined },
  { name: 'no-data', status: 'noData', exit: 4, first: 'risk.p95' },
  { name: 'interrupted', status: 'interrupted', exit: 130, first: undefined },
  { name: 'store-disagrees', status: 'fail', exit: 1, first: 'store.agrees' },
  { name: 'inconclusive', status: 'inconclusive', exit: 3, first: 'risk.p95' },
])('$name ends as $status with exit $exit', ({ name, status, exit, first }) => {
  const verdict = judge(sample(name))
  expect([verdict.status, verdict.exit]).toEqual([status, exit])
  if (first !== undefined) expect(verdict.checks[0]?.name).toBe(first)
})

test('a limit without its exact counter has no data, whatever the histogram says', () => {
  const result = sample('pass')
  const verdict = judge({ ...result, endToEnd: { ...result.endToEnd, over: [] } })
  expect([verdict.status, verdict.exit]).toEqual(['noData', 4])
  expect(verdict.reasons).toEqual(['no samples for endToEnd.p95'])
})

test('a budget group that the result does not hold has no data', () => {
  const result = sample('pass')
  const verdict = judge({ ...result, components: result.components.filter(({ name }) => name !== 'bus') })
  expect(verdict.checks[0]).toMatchObject({ name: 'bus.p95', status: 'noData', path: 'sla.budget.bus.p95' })
})

test('a profile without any limit is no pass', () => {
  const verdict = judge({ ...sample('pass'), profile: {} })
  expect([verdict.status, verdict.exit]).toEqual(['noData', 4])
})

describe('a run without any limit', () => {
  const { store: _, accounting, ...rest } = sample('pass')
  const completed = { ...accounting, traded: 0, noTrade: 0, rejected: 0, completed: accounting.planned }
  const run = { ...rest, store: null, accounting: completed }
  const quick = { ...run, quickCommand: 'nautilus load http://127.0.0.1:3000/', profile: {} }
  const timed = { ...run, profile: {}, load: { ...run.load, scenario: 'component' as const } }
  const exitOf = (result: RunResult) => [judge(result).status, judge(result).exit]

  test('has nothing judged and ends with 0 where nobody asked for a judgement', () => {
    expect([exitOf(quick), exitOf(timed)]).toEqual([
      ['noData', 0],
      ['noData', 0],
    ])
  })

  test('is no success where nothing completed, where it was cut, or where a profile was to set limits', () => {
    expect(exitOf({ ...quick, accounting: { ...completed, completed: 0, failed: accounting.planned } })[1]).toBe(4)
    expect(exitOf({ ...quick, interrupted: 'SIGINT' })[1]).toBe(130)
    expect(exitOf({ ...quick, fidelity: { ...quick.fidelity, status: 'invalid' } })[1]).toBe(4)
    const target = { ...run.load, scenario: 'http' as const, target: 'GET http://127.0.0.1:3000/' }
    expect(exitOf({ ...run, profile: { name: 'desk' }, load: target })[1]).toBe(4)
    // What a profile says of itself decides nothing.
    const described = { name: 'desk', description: 'nautilus load of my desk' }
    expect(exitOf({ ...run, profile: described, load: target })[1]).toBe(4)
  })

  test('fails for a limit that it has after all', () => {
    expect(exitOf({ ...quick, profile: { ...quick.profile, sla: { endToEnd: { p95: '1ns' } } } })[1]).toBe(4)
  })
})

test('an invalid measurement judges nothing, not even what holds', () => {
  const verdict = judge(sample('invalid'))
  expect(new Set(verdict.checks.map((check) => check.status))).toEqual(new Set(['notJudged']))
  expect(verdict.reasons[0]).toContain('sent 1,800 of 2,000')
})

test('a run that a dead server ended judges nothing, whatever became of its requests', () => {
  const verdict = judge({ ...sample('hang'), interrupted: 'service bus exited with 1' })
  expect([verdict.status, verdict.exit]).toEqual(['interrupted', 6])
  expect(new Set(verdict.checks.map((check) => check.status))).toEqual(new Set(['notJudged']))
})

test('a run that was stopped before anything was due is interrupted, whatever the instrument says of nothing', () => {
  const { accounting, fidelity } = sample('invalid')
  const nothing = { ...sample('pass'), fidelity, accounting: { ...accounting, planned: 0 } }
  const verdict = judge({ ...nothing, interrupted: 'SIGINT' })
  expect([verdict.status, verdict.exit]).toEqual(['interrupted', 130])
  expect(judge(nothing).status).toBe('invalid')
})

test('a degraded measurement keeps its verdict and says so', () => {
  const verdict = judge({ ...sample('pass'), fidelity: { ...sample('interrupted').fidelity } })
  expect([verdict.status, verdict.degraded]).toEqual(['pass', true])
})

test.each([
  { metric: { metric: 'errors.rate', max: '1%' }, status: 'pass' },
  { metric: { metric: 'throughput', min: '1000/s' }, status: 'pass' },
  { metric: { metric: 'throughput', min: '1001/s' }, status: 'fail' },
  { metric: { metric: 'lost.count', max: 0 }, status: 'pass' },
  { metric: { metric: 'duplicates.count', max: 0 }, status: 'pass' },
])('$metric of a run without errors at 1,000/s: $status', ({ metric, status }) => {
  const result = sample('pass')
  const verdict = judge({ ...result, profile: { sla: { endToEnd: {}, checks: [metric] } } })
  expect(verdict.checks[0]?.status).toBe(status)
})

test('an error rate counts failed, timed out, dropped and lost, and touches more than a small overrun', () => {
  const verdict = judge(sample('hang'))
  const errors = verdict.checks.find((check) => check.name === 'errors.rate')
  expect(errors).toMatchObject({ status: 'fail', observed: 1 })
  expect(verdict.checks.filter((check) => check.status === 'noData').map((check) => check.name)).toEqual([
    'bus.p95',
    'risk.p95',
    'order-placement.p95',
    'overhead.p95',
  ])
})

test('an unreadable limit names its place in the result', () => {
  const result = sample('pass')
  const profile = { sla: { endToEnd: { p95: '200' } } }
  expect(() => judge({ ...result, profile })).toThrow(/run a1b2: profile\.sla\.endToEnd\.p95: "200" has no unit/)
})

test.each([
  { failed: 0, planned: 10_500, max: '0.01%', status: 'pass' },
  { failed: 1, planned: 10_500, max: '0.01%', status: 'pass' },
  { failed: 2, planned: 10_500, max: '0.01%', status: 'inconclusive' },
  { failed: 6, planned: 10_500, max: '0.01%', status: 'fail' },
  { failed: 1, planned: 10_500, max: '0%', status: 'fail' },
])('$failed errors of $planned against $max: $status', ({ failed, planned, max, status }) => {
  const result = sample('pass')
  const accounting = { ...result.accounting, planned, failed }
  const profile = { sla: { endToEnd: {}, checks: [{ metric: 'errors.rate', max }] } }
  expect(judge({ ...result, accounting, profile }).checks[0]?.status).toBe(status)
})

const riskOnly = { endToEnd: {}, budget: { risk: { p95: '5ms', of: ['risk'] } } }

test.each([
  { asked: 'fail', status: 'inconclusive', exit: 3 },
  { asked: 'warn', status: 'inconclusive', exit: 0 },
  { asked: 'pass', status: 'pass', exit: 0 },
] as const)(
  'an undecided limit with --inconclusive $asked ends as $status with exit $exit',
  ({ asked, status, exit }) => {
    const verdict = judge(sample('inconclusive'), { inconclusive: asked })
    expect([verdict.status, verdict.exit]).toEqual([status, exit])
    expect(verdict.reasons).toContain('the data cannot tell of risk.p95')
  },
)

test('a failure is not hidden by a limit that is undecided, however that is let pass', () => {
  const result = { ...sample('inconclusive'), store: sample('store-disagrees').store }
  for (const inconclusive of ['fail', 'warn', 'pass'] as const) {
    const verdict = judge(result, { inconclusive })
    expect([verdict.status, verdict.exit]).toEqual(['fail', 1])
  }
})

test.each(['risk-fail', 'inconclusive', 'no-data'])('a limit that is not critical only warns: %s', (name) => {
  const result = sample(name)
  const lenient = { ...riskOnly.budget.risk, critical: false }
  const sla = { endToEnd: { p95: '200ms' }, budget: { risk: lenient } }
  const verdict = judge({ ...result, profile: { sla } })
  expect([verdict.status, verdict.exit]).toEqual(['pass', 0])
  expect(verdict.checks.map((check) => [check.name, check.critical])).toEqual([
    ['endToEnd.p95', true],
    ['store.agrees', true],
    ['risk.p95', false],
  ])
  expect(judge({ ...result, profile: { sla: riskOnly } }).exit).not.toBe(0)
})

test('a profile of which nothing is critical is no pass', () => {
  const sla = { endToEnd: {}, budget: { risk: { ...riskOnly.budget.risk, critical: false } } }
  const verdict = judge({ ...sample('pass'), profile: { sla } })
  expect([verdict.status, verdict.exit]).toEqual(['noData', 4])
  expect(verdict.reasons).toEqual(['no limit of the profile is critical, so nothing decides'])
})

test('passes stand in the order of their headroom, the smallest first', () => {
  const passes = judge(sample('pass')).checks.filter((check) => check.kind === 'latency')
  const headrooms = passes.map((check) => check.headroom ?? 0)
  expect(headrooms).toEqual(headrooms.toSorted((a, b) => a - b))
  expect(passes[0]?.name).toBe('order-placement.p95')
})

const historyOf = (values: readonly number[]): EarlierRuns => ({
  entries: values.map((value) => ({ metrics: { 'risk.p95': value } })),
})

test('a figure below half of its own history is suspect, and keeps its verdict', () => {
  const observedNs = sample('pass').components.find(({ name }) => name === 'risk')?.summary.p95Ns ?? 0
  const verdictAt = (factor: number) =>
    judge(sample('pass'), { history: historyOf([1, 1.1, 0.9, 1, 1].map((share) => share * factor * observedNs)) })
  expect(verdictAt(2.5)).toMatchObject({ status: 'pass', suspect: ['risk.p95'] })
  expect(verdictAt(1.5).suspect).toEqual([])
  expect(judge(sample('invalid'), { history: historyOf([1e9, 1e9, 1e9, 1e9, 1e9]) }).suspect).toEqual([])
})

test('siblings that are not whole are left out and told', () => {
  const verdict = judge(sample('pass'), { siblings: [sample('pass'), sample('interrupted'), sample('invalid')] })
  expect(verdict.runCount).toBe(2)
  expect(verdict.reasons).toEqual(['2 of 4 runs were not whole or invalid, and left out'])
})

test('of several runs counters are judged by the worst, and a store that disagrees in one fails all', () => {
  const bad = sample('store-disagrees')
  const worse: RunResult = { ...bad, load: { ...bad.load, achievedRatePerSec: 900 } }
  const verdict = judge(sample('pass'), { siblings: [worse] })
  const statusOf = (name: string) => verdict.checks.find((check) => check.name === name)?.status
  expect([statusOf('store.agrees'), statusOf('throughput')]).toEqual(['fail', 'fail'])
})

test('a component that one of several runs lacks has no data', () => {
  const other = sample('pass')
  const renamed = { ...other, components: other.components.filter(({ name }) => name !== 'risk') }
  const verdict = judge(sample('pass'), { siblings: [renamed] })
  expect([verdict.exit, verdict.checks[0]?.name, verdict.checks[0]?.status]).toEqual([4, 'risk.p95', 'noData'])
})

test('a file of an older version, without what lies above its quantiles, is judged by its limits', () => {
  const text = readFileSync(join(packageRoot(), 'fixtures/results/risk-fail.json'), 'utf8')
  const old = runResult.parse(JSON.parse(text.replaceAll(/"aboveQuantiles":\[[^\]]*\],/g, '')))
  expect(old.endToEnd.intervals[0]?.aboveQuantiles).toEqual([])
  const verdict = judge(old)
  expect([verdict.status, verdict.checks[0]?.name]).toEqual(['fail', 'risk.p95'])
})

test.each([
  { codes: [0, 4, 1] as const, exit: 1 },
  { codes: [3, 6, 5] as const, exit: 6 },
  { codes: [4, 6] as const, exit: 4 },
  { codes: [1, 130] as const, exit: 130 },
  { codes: [] as const, exit: 0 },
])('of $codes the exit code is $exit', ({ codes, exit }) => {
  expect(exitOf(codes)).toBe(exit)
})

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 143],
  ['parent', 143],
  ['bus: Redis at unix:/x does not answer any more', 6],
  ['market-bus ended with 1', 6],
  ['service market-bus at 127.0.0.1:6379 does not answer any more: connect ECONNREFUSED', 6],
  ['service ended with exit code 1', 4],
  ['risk exited with code 1', 4],
])('a run that ended by "%s" exits %i', (reason, exit) => {
  expect(exitOfInterruption(reason, ['market-bus'])).toBe(exit)
})

test.each([
  ['errors.rate', '0.01%', { value: 0.0001 }],
  ['throughput', '1000/s', { value: 1000 }],
  ['lost.count', 0, { value: 0 }],
  ['lost.count', '1.5', { problem: '"1.5" is not a count; write one such as 0' }],
] as const)('a bound of %s written %s parses', (metric, text, parsed) => {
  expect(boundOf(metric, text)).toEqual(parsed)
})
