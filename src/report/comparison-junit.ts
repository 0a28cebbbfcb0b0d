import { assertNever } from '../core/assert.js'
import type { Comparison } from '../results/comparison.js'
import type { ComparisonVerdict, MetricVerdict } from '../sla/comparison.js'
import { metricSentence } from './comparison-words.js'
import { type JUnitCase, type JUnitProblem, junitDocument } from './junit-xml.js'

// JUnit XML of a comparison: one test case a metric, in the order in which they were named, which stays the same.

export function comparisonJUnit(comparison: Comparison, verdict: ComparisonVerdict): string {
  const { deciding, watched, controls, startedAt } = comparison
  // A name that was given twice is one metric: servers refuse two cases of one name.
  const named = [...new Set([...deciding, ...watched, ...controls])]
  const metrics = named.flatMap((name) => verdict.metrics.find((metric) => metric.name === name) ?? [])
  const cases = [...metrics.map((metric) => metricCase(comparison, metric)), ...comparisonCases(comparison, verdict)]
  return junitDocument({ profileName: comparison.a.profileName, startedAt, cases })
}

function metricCase(comparison: Comparison, metric: MetricVerdict): JUnitCase {
  const { component, figure } = placeOf(metric.name)
  const name = metric.role === 'control' ? `${figure} has not moved` : `${figure} has not become worse`
  return { component, name, problem: problemOf(comparison, metric) }
}

/** `risk.check.p95` is the p95 of `risk.check`; `cpu.risk` is the cpu of `risk`; the rest is of the load. */
function placeOf(metric: string): { readonly component: string; readonly figure: string } {
  const [, component, quantile] = /^(.+)\.(p[\d.]+)$/.exec(metric) ?? []
  if (component !== undefined && quantile !== undefined) {
    return { component: component === 'endToEnd' ? 'end-to-end' : component, figure: quantile }
  }
  const [, engine] = /^cpu\.(.+)$/.exec(metric) ?? []
  return engine === undefined ? { component: 'load', figure: metric } : { component: engine, figure: 'cpu' }
}

function problemOf(comparison: Comparison, metric: MetricVerdict): JUnitProblem | null {
  const message = metricSentence(metric)
  switch (metric.status) {
    case 'regressed':
    case 'improved':
      // What must not move and does says that the environment did, which is nobody's failure.
      if (metric.role === 'control') return { element: 'skipped', type: 'moved', message: `moved: ${message}` }
      return metric.status === 'improved' ? null : { element: 'failure', type: 'regressed', message }
    case 'noData':
      return { element: 'error', type: 'no-data', message }
    case 'inconclusive':
      // A against itself looks for noise, and has it where nothing is decided.
      return comparison.kind === 'aa' ? null : { element: 'skipped', type: 'inconclusive', message }
    case 'ok':
      return null
    default:
      return assertNever(metric.status)
  }
}

/** What must hold of the comparison itself. */
function comparisonCases({ interrupted }: Comparison, { status, reasons }: ComparisonVerdict): JUnitCase[] {
  const message = reasons.join('; ') || 'too few rounds have figures'
  return [
    {
      component: 'instrument',
      name: 'rounds have figures',
      problem: status === 'noData' ? { element: 'error', type: 'no-data', message } : null,
    },
    {
      component: 'instrument',
      name: 'comparison is whole',
      problem:
        interrupted === null ? null : { element: 'error', type: 'interrupted', message: `ended by ${interrupted}` },
    },
  ]
}
