import { assertNever } from '../core/assert.js'
import type { RunResult } from '../results/run-result.js'
import type { Check } from '../sla/checks.js'
import { endToEndName } from '../sla/series.js'
import type { Verdict } from '../sla/verdict.js'
import { accountingHolds, checkSentence, interruptionSentence } from './words.js'

// JUnit XML for CI servers: one test case a check, with names that stay the same from run to run, so that servers can show
// a history. No `time`: servers would add up and chart it as the duration of a test, which a latency is not.

type Problem = { readonly element: 'failure' | 'error' | 'skipped'; readonly type: string; readonly message: string }
type TestCase = { readonly component: string; readonly name: string; readonly problem: Problem | null }

export function junitReport(result: RunResult, verdict: Verdict): string {
  const cases = [...verdict.checks.toSorted(byPath).map(checkCase(result, verdict)), ...runCases(result)]
  const count = (element: Problem['element']) => cases.filter(({ problem }) => problem?.element === element).length
  const counts = `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}"`
  const suite = `name="${escaped(`nautilus.${result.profileName}`)}" timestamp="${escaped(result.startedAt)}"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    // The xUnit plugin of Jenkins refuses `skipped` here.
    `<testsuites name="nautilus" ${counts}>`,
    `  <testsuite ${suite} ${counts} skipped="${count('skipped')}">`,
    ...cases.map((entry) => caseElement(result, entry)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

/** The order of the profile, not of the findings: it stays the same. */
const byPath = (a: Check, b: Check): number => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)

function checkCase(result: RunResult, verdict: Verdict): (check: Check) => TestCase {
  return (check) => ({
    component: check.component === endToEndName ? 'end-to-end' : check.component,
    name: check.kind === 'latency' ? `${check.quantile} within limit` : check.name,
    problem: problemOf(check, { result, verdict }),
  })
}

function problemOf(check: Check, { result, verdict }: { result: RunResult; verdict: Verdict }): Problem | null {
  const message = `${checkSentence(check)} (${check.path})`
  // A server shows a failure in red whatever the exit code, so what only warns is told as skipped.
  if (!check.critical && (check.status === 'fail' || check.status === 'noData')) {
    return { element: 'skipped', type: 'warning', message: `warning: ${message}` }
  }
  switch (check.status) {
    case 'fail':
      return { element: 'failure', type: 'over-limit', message }
    case 'noData':
      return { element: 'error', type: 'no-data', message }
    case 'notJudged':
      return { element: 'error', type: 'invalid', message: result.fidelity.reasons.join('; ') || 'measurement invalid' }
    case 'inconclusive':
      return { element: 'skipped', type: 'inconclusive', message }
    case 'pass':
      return verdict.status === 'interrupted' ? partial(result) : null
    default:
      return assertNever(check.status)
  }
}

const partial = (result: RunResult): Problem => ({
  element: 'error',
  type: 'interrupted',
  message: interruptionSentence(result),
})

/** What must hold of the measurement itself. */
function runCases(result: RunResult): TestCase[] {
  const { fidelity } = result
  const invalid = fidelity.status === 'invalid'
  const reasons = fidelity.reasons.join('; ') || 'measurement invalid'
  return [
    {
      component: 'instrument',
      name: 'measurement is valid',
      problem: invalid ? { element: 'error', type: 'invalid', message: reasons } : null,
    },
    {
      component: 'instrument',
      name: 'every request is accounted for',
      problem: accountingHolds(result)
        ? null
        : { element: 'error', type: 'invalid', message: 'the outcomes do not sum to what was planned' },
    },
    { component: 'instrument', name: 'run is whole', problem: result.interrupted === null ? null : partial(result) },
  ]
}

function caseElement(result: RunResult, { component, name, problem }: TestCase): string {
  const className = `nautilus.${result.profileName}.${component}`
  const open = `    <testcase classname="${escaped(className)}" name="${escaped(name)}"`
  if (problem === null) return `${open}/>`
  const { element, type, message } = problem
  // A skipped case has a message only.
  const typed = element === 'skipped' ? '' : ` type="${type}"`
  return `${open}>\n      <${element}${typed} message="${escaped(message)}"/>\n    </testcase>`
}

/** Text for an attribute: XML 1.0 has no way to write most control characters, so they are left out. */
function escaped(text: string): string {
  return [...text]
    .filter((char) => isXmlChar(char.codePointAt(0) ?? 0))
    .join('')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;')
    .replaceAll('\t', '&#9;')
}

const isXmlChar = (code: number): boolean =>
  code === 9 ||
  code === 10 ||
  (code >= 0x20 && code <= 0xd7ff) ||
  (code >= 0xe000 && code <= 0xfffd) ||
  code >= 0x1_0000
