import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { validateXML } from 'xmllint-wasm'
import { packageRoot } from '../core/paths.js'
import type { Comparison } from '../results/comparison.js'
import type { RunResult } from '../results/run-result.js'
import { judgeComparison } from '../sla/comparison.js'
import { judge } from '../sla/verdict.js'
import { renderComparison } from './comparison.js'
import { comparisonSample, keptSample, richRun } from './html/rich-run-fixture.js'
import { renderReport } from './render.js'

// JUnit files against a schema of what CI servers read: fixtures/junit.xsd.

const schema = readFileSync(join(packageRoot(), 'fixtures/junit.xsd'), 'utf8')

const validated = (contents: string) => validateXML({ xml: { fileName: 'junit.xml', contents }, schema })

const junitOf = (result: RunResult): string => {
  const context = { nowIso: '', previous: null, reference: 'last', folder: null, profile: null, services: null }
  return renderReport('junit', result, { verdict: judge(result), context, color: false })
}

const hostile = { ...keptSample('risk-fail'), profileName: `p"<&'>\u0007\n` }
const runs: (readonly [string, RunResult])[] = [
  ...['pass', 'risk-fail', 'hang', 'invalid', 'no-data', 'interrupted', 'store-disagrees'].map(
    (name) => [name, keptSample(name)] as const,
  ),
  ['a rich run', richRun()],
  ['hostile names', hostile],
]

test.each(runs)('the JUnit file of %s holds to the schema', async (_, run) => {
  const { valid, errors } = await validated(junitOf(run))
  expect(errors.map(({ message }) => message)).toEqual([])
  expect(valid).toBe(true)
})

const compared = comparisonSample()
const comparisons: (readonly [string, Comparison])[] = [
  ['regressed', compared],
  ['undecided', { ...compared, rounds: compared.rounds.slice(0, 3) }],
  ['without a round, stopped', { ...compared, rounds: [], interrupted: 'SIGINT' }],
  ['of A with itself', { ...compared, kind: 'aa', rounds: compared.rounds.slice(0, 3) }],
  ['with a metric named twice', { ...compared, deciding: ['throughput', 'endToEnd.p95', 'throughput'] }],
  ['of hostile names', { ...compared, a: { ...compared.a, profileName: hostile.profileName } }],
]

test.each(comparisons)('the JUnit file of a comparison %s holds to the schema', async (_, of) => {
  const text = renderComparison('junit', of, { verdict: judgeComparison(of), color: false })
  const { valid, errors } = await validated(text)
  expect(errors.map(({ message }) => message)).toEqual([])
  expect(valid).toBe(true)
})

test('the schema refuses what a strict server refuses', async () => {
  const text = junitOf(keptSample('pass'))
  for (const broken of [
    text.replace('<testsuites ', '<testsuites skipped="0" '),
    text.replace('<testcase ', '<testcase latency="5" '),
    text.replace(/(<testcase [^>]*\/>)/, '$1$1'),
    text.replace('</testsuite>', ''),
  ]) {
    expect((await validated(broken)).valid).toBe(false)
  }
})
