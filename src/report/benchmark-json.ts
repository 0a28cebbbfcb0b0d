import { nsPerMs } from '../core/units.js'
import { metricsOf } from '../results/metrics.js'
import type { RunResult } from '../results/run-result.js'
import type { Verdict } from '../sla/verdict.js'
import { boundsOf } from './bencher.js'
import { formatDuration } from './format.js'
import { jsonText } from './json.js'

// `customSmallerIsBetter` of github-action-benchmark: a list of figures that are better the smaller they are, so throughput is
// not among them. Milliseconds and percent, as the charts of the action show the unit as it stands.

export function benchmarkJsonReport(result: RunResult, { verdict }: { readonly verdict: Verdict }): string {
  const entries = Object.entries(metricsOf(result)).flatMap(([name, { value, unit, better }]) => {
    if (better !== 'lower') return []
    const { lower_value: lower, upper_value: upper } = boundsOf(verdict, name)
    const range =
      lower === undefined || upper === undefined
        ? {}
        : { range: `${formatDuration(lower)} to ${formatDuration(upper)}` }
    const scaled = {
      ns: ['ms', value / nsPerMs],
      share: ['%', value * 100],
      bytes: ['bytes', value],
      perSec: ['/s', value],
    }[unit]
    return [
      { name: `${result.profileName} ${name}`, unit: scaled[0], value: scaled[1], ...range, extra: `run ${result.id}` },
    ]
  })
  return jsonText(entries)
}
