import type { Accounting, RunResult, Series } from './run-result.js'

// The figures of a run that are followed over time and compared between runs, by a stable name.

export type Metric = {
  readonly value: number
  readonly unit: 'ns' | 'perSec' | 'share' | 'bytes'
  readonly better: 'lower' | 'higher'
}

/** Requests without an answer that counts. */
export const unansweredOf = ({ failed, timedOut, dropped, lost }: Accounting): number =>
  failed + timedOut + dropped + lost

/** Unit and direction of a followed figure by its name alone: of a history, which holds values only. */
export function kindOf(name: string): Pick<Metric, 'unit' | 'better'> {
  if (/\.p\d+(\.\d+)?$/.test(name)) return { unit: 'ns', better: 'lower' }
  return name === 'throughput' ? { unit: 'perSec', better: 'higher' } : { unit: 'share', better: 'lower' }
}

/** `endToEnd.p95`, `risk.p99`, `throughput`, `errors.rate`, `cpu.risk`; a series without samples has none. */
export function metricsOf(result: RunResult): Record<string, Metric> {
  const { accounting, load } = result
  return {
    ...quantilesOf('endToEnd', result.endToEnd),
    ...Object.assign({}, ...result.components.map((series) => quantilesOf(series.name, series))),
    ...(load.scenario !== 'component' && {
      throughput: { value: load.achievedRatePerSec, unit: 'perSec', better: 'higher' },
    }),
    ...(accounting.planned > 0 && {
      'errors.rate': { value: unansweredOf(accounting) / accounting.planned, unit: 'share', better: 'lower' },
    }),
    ...Object.fromEntries(
      result.engines.flatMap(({ name, instance, cpuNs }) =>
        cpuNs === null || load.durationNs === 0
          ? []
          : [[`cpu.${name}${instance === 0 ? '' : `-${instance}`}`, cpuShare(cpuNs, load.durationNs)]],
      ),
    ),
  }
}

const cpuShare = (cpuNs: number, windowNs: number): Metric => ({
  value: cpuNs / windowNs,
  unit: 'share',
  better: 'lower',
})

function quantilesOf(name: string, { summary }: Series): Record<string, Metric> {
  if (summary.count === 0) return {}
  const metric = (value: number): Metric => ({ value, unit: 'ns', better: 'lower' })
  return {
    [`${name}.p50`]: metric(summary.p50Ns),
    [`${name}.p95`]: metric(summary.p95Ns),
    [`${name}.p99`]: metric(summary.p99Ns),
  }
}
