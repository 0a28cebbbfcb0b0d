import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageRoot } from '../core/paths.js'
import { type RunResult, runResult } from '../results/run-result.js'
import { boundOf } from './checks.js'
import { exitOf, exitOfInterruption } from './exit.js'
import { endToEndName, judge } from './verdict.js'

const sample = (name: string): RunResult =>
  runResult.parse(JSON.parse(readFileSync(join(packageRoot(), 'fixtures/results', `${name}.json`), 'utf8')))

const withOver = (result: RunResult, overCount: number, count: number): RunResult => ({
  ...result,
  endToEnd: {
    ...result.endToEnd,
    summary: { ...result.endToEnd.summary, count },
    over: [{ limitNs: 200e6, count: overCount }],
  },
})

test.each([
  { name: 'pass', status: 'pass', exit: 0, first: undefined },
  { name: 'risk-fail', status: 'fail', exit: 1, first: 'risk.p95' },
  { name: 'hang', status: 'fail', exit: 1, first: 'endToEnd.p95' },
  { name: 'invalid', status: 'invalid', exit: 4, first: undefined },
  { name: 'no-data', status: 'noData', exit: 4, first: 'risk.p95' },
  { name: 'interrupted', status: 'interrupted', exit: 130, first: undefined },
  { name: 'store-disagrees', status: 'fail', exit: 1, first: 'store.agrees' },
])('$name ends as $status with exit $exit', ({ name, status, exit, first }) => {
  const verdict = judge(sample(name))
  expect([verdict.status, verdict.exit]).toEqual([status, exit])
  if (first !== undefined) expect(verdict.checks[0]?.name).toBe(first)
})

test.each([
  { over: 50, count: 1000, status: 'pass' },
  { over: 51, count: 1000, status: 'fail' },
  { over: 1, count: 20, status: 'pass' },
  { over: 53, count: 1060, status: 'pass' },
  { over: 2, count: 39, status: 'fail' },
  { over: 0, count: 0, status: 'noData' },
])('$over of $count samples over a p95 limit is $status', ({ over, count, status }) => {
  const verdict = judge(withOver(sample('pass'), over, count))
  expect(verdict.checks.find((check) => check.component === endToEndName)?.status).toBe(status)
})

test('a share at the limit passes for every count, whatever the rounding of floating point', () => {
  const result = sample('pass')
  for (let count = 20; count <= 4000; count += 20) {
    const [check] = judge(withOver(result, count / 20, count)).checks.filter(
      (entry) => entry.component === endToEndName,
    )
    expect(check?.status, `${count / 20} of ${count}`).toBe('pass')
  }
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
