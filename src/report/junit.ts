import { assertNever } from '../core/assert.js'
import type { RunResult } from '../results/run-result.js'
import type { Check } from '../sla/checks.js'
import { endToEndName } from '../sla/series.js'
import type { Verdict } from '../sla/verdict.js'
import { type JUnitCase, type JUnitProblem, junitDocument } from './junit-xml.js'
import { accountingHolds, checkSentence, interruptionSentence } from './words.js'

// JUnit XML of a run: one test case a check, and what must hold of the measurement itself.

export function junitReport(result: RunResult, verdict: Verdict): string {
  const cases = [...verdict.checks.toSorted(byPath).map(checkCase(result, verdict)), ...runCases(result)]
  return junitDocument({ profileName: result.profileName, startedAt: result.startedAt, cases })
}

/** The order of the profile, not of the findings: it stays the same. */
const byPath = (a: Check, b: Check): number => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)

function checkCase(result: RunResult, verdict: Verdict): (check: Check) => JUnitCase {
  return (check) => ({
    component: check.component === endToEndName ? 'end-to-end' : check.component,
    name: check.kind === 'latency' ? `${check.quantile} within limit` : check.name,
    problem: problemOf(check, { result, verdict }),
  })
}

function problemOf(check: Check, { result, verdict }: { result: RunResult; verdict: Verdict }): JUnitProblem | null {
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

const partial = (result: RunResult): JUnitProblem => ({
  element: 'error',
  type: 'interrupted',
  message: interruptionSentence(result),
})

/** What must hold of the measurement itself. */
function runCases(result: RunResult): JUnitCase[] {
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
