import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { validateXML } from 'xmllint-wasm'
import { packageRoot } from '../core/paths.js'
import type { RunResult } from '../results/run-result.js'
import { judge } from '../sla/verdict.js'
import { keptSample, richRun } from './html/rich-run-fixture.js'
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
