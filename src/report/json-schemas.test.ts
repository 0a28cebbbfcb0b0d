import { expect, test } from 'vitest'
import { z } from 'zod'
import { runSet } from '../results/sets.js'
import { judgeByBaseline } from '../sla/baseline.js'
import { claimsOf } from '../sla/claims.js'
import { judgeComparison } from '../sla/comparison.js'
import { judgeSet } from '../sla/set-verdict.js'
import { judge } from '../sla/verdict.js'
import { renderComparison } from './comparison.js'
import { comparisonSample, keptSample, richRun } from './html/rich-run-fixture.js'
import { jsonReport, jsonVerdict } from './json.js'
import { comparisonReport, runReport, setReport, verdictReport } from './json-schemas.js'
import { renderSet } from './set.js'

// The schemas are strict: a key that is printed and not described, or described and not printed, fails.

const samples = ['pass', 'risk-fail', 'hang', 'inconclusive', 'invalid', 'no-data', 'interrupted', 'store-disagrees']
const problemsOf = (schema: z.ZodType, text: string): string =>
  z.prettifyError(schema.safeParse(JSON.parse(text)).error ?? new z.ZodError([]))

const windowed = {
  ...keptSample('pass'),
  profile: {
    ...keptSample('pass').profile,
    sla: {
      endToEnd: { p95: '200ms' },
      windows: ['endToEnd p95 > 1us for 1s'],
      checks: [{ metric: 'errors.rate', max: '1%' }],
    },
  },
}
const claiming = {
  ...keptSample('pass'),
  profile: { claims: [{ id: 'X.check', compare: ['risk.check'], claimed: { after: '50us' } }] },
}
const runs = [...samples.map(keptSample), richRun(), windowed, claiming]

test('the report and the verdict of a run hold to their schemas, whatever became of it', () => {
  for (const run of runs) {
    const verdict = judge(run)
    expect(problemsOf(runReport, jsonReport(run, verdict))).toBe('')
    expect(problemsOf(verdictReport, jsonVerdict(run, verdict))).toBe('')
  }
  expect(new Set(runs.flatMap((run) => judge(run).checks.map(({ kind }) => kind)))).toEqual(
    new Set(['latency', 'window', 'metric', 'store']),
  )
  expect(claimsOf(claiming)).toHaveLength(1)
})

test('a verdict against a baseline holds to its schema', () => {
  const run = keptSample('pass')
  const against = judgeByBaseline(run, { name: 'main', baseline: null, inconclusive: 'fail' })
  expect(problemsOf(verdictReport, jsonVerdict(run, judge(run), against))).toBe('')
})

test('the report of a set holds to its schema', () => {
  const results = [keptSample('pass'), { ...keptSample('pass'), id: 'b' }]
  const asked = { wantedCount: 2, interrupted: null }
  const { schema: _, ...set } = runSet.parse({
    ...{ schema: 'nautilus.set/1', id: 's-1', profileName: 'desk', startedAt: '2026-11-20T08:30:01.000Z' },
    ...{ ...asked, runIds: results.map(({ id }) => id) },
  })
  const context = { nowIso: '', previous: null, reference: 's-1', folder: null, profile: null, services: null }
  const shown = { judged: judgeSet(results, asked, {}), context, color: false }
  expect(problemsOf(setReport, renderSet('json', { set, results }, shown))).toBe('')
})

test.each([7, 3, 0])('the report of a comparison of %i rounds holds to its schema', (count) => {
  const of = { ...comparisonSample(), rounds: comparisonSample().rounds.slice(0, count) }
  const text = renderComparison('json', of, { verdict: judgeComparison(of), color: false })
  expect(problemsOf(comparisonReport, text)).toBe('')
})

test('what is printed and not described is refused', () => {
  const printed = JSON.parse(jsonVerdict(keptSample('pass'), judge(keptSample('pass'))))
  expect(verdictReport.safeParse({ ...printed, more: 1 }).success).toBe(false)
  expect(verdictReport.safeParse({ ...printed, exit: 9 }).success).toBe(false)
})
