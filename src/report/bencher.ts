import { metricsOf } from '../results/metrics.js'
import type { RunResult } from '../results/run-result.js'
import type { LatencyCheck } from '../sla/checks.js'
import type { Verdict } from '../sla/verdict.js'
import { jsonText } from './json.js'

// Bencher Metric Format (bencher.dev): benchmark -> measure -> value with bounds. The built-in measures `latency` (nanoseconds)
// and `throughput` (operations a second) are used, since a name of our own would be made anew on first use, without a unit.

type Metric = { readonly value: number; readonly lower_value?: number; readonly upper_value?: number }

export function bencherReport(result: RunResult, { verdict }: { readonly verdict: Verdict }): string {
  const benchmarks: Record<string, Record<string, Metric>> = {}
  for (const [name, { value, unit }] of Object.entries(metricsOf(result))) {
    const measure = unit === 'ns' ? 'latency' : unit === 'perSec' ? 'throughput' : unit === 'share' ? 'share' : 'bytes'
    benchmarks[`${result.profileName}/${name}`] = { [measure]: { value, ...boundsOf(verdict, name) } }
  }
  return jsonText(benchmarks)
}

/** Bounds of a quantile that has a limit; the others are not judged, so nobody has worked them out. */
export function boundsOf(verdict: Verdict, name: string): { lower_value?: number; upper_value?: number } {
  const check = verdict.checks.find((one): one is LatencyCheck => one.kind === 'latency' && one.name === name)
  return {
    ...(typeof check?.lowerNs === 'number' && { lower_value: check.lowerNs }),
    ...(typeof check?.upperNs === 'number' && { upper_value: check.upperNs }),
  }
}
