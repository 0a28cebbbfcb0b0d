import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageRoot } from '../core/paths.js'
import { metricsOf } from '../results/metrics.js'
import { type RunResult, runResult } from '../results/run-result.js'
import { judge } from '../sla/verdict.js'
import { readGoal } from './goal.js'
import { outcomeOf } from './outcome.js'

const resultOf = (name: string): RunResult =>
  runResult.parse(JSON.parse(readFileSync(join(packageRoot(), 'fixtures/results', `${name}.json`), 'utf8')))
const goal = readGoal('minimise endToEnd.p95')

test.each(['pass', 'risk-fail'])(
  'of %s it is the metric of the goal, and every limit that decides, beside what was seen',
  (name) => {
    const result = resultOf(name)
    const { outcome } = outcomeOf(result, goal)
    expect(outcome?.value).toBe(metricsOf(result)['endToEnd.p95']?.value)
    const decisive = judge(result).checks.filter(({ critical, kind }) => critical && kind !== 'store')
    expect(Object.keys(outcome?.limits ?? {}).length).toBe(decisive.length)
    expect(decisive.length).toBeGreaterThan(2)
    const risk = outcome?.limits['risk.p95']
    expect((risk?.observed ?? 0) > (risk?.limit ?? 0)).toBe(name === 'risk-fail')
  },
)

test('what was not measured is no outcome', () => {
  expect(outcomeOf(resultOf('pass'), readGoal('minimise cpu.nobody'))).toEqual({
    outcome: null,
    failure: 'no samples of cpu.nobody',
  })
  expect(outcomeOf(resultOf('no-data'), readGoal('maximise throughput')).failure).toMatch(/^no samples for /)
  expect(outcomeOf(resultOf('store-disagrees'), goal).failure).toMatch(/^the store disagrees: /)
})
