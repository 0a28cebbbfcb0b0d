import { assertNever } from '../core/assert.js'
import type { RunResult, Series } from '../results/run-result.js'
import type { QuantileName } from './quantile.js'

/** What reports call the series that a profile calls `endToEnd`. */
export const endToEndName = 'end to end'

/** `endToEnd`, or a group of the budget. */
export const seriesOf = (result: Pick<RunResult, 'endToEnd' | 'components'>, name: string): Series | undefined =>
  name === 'endToEnd' ? result.endToEnd : result.components.find((component) => component.name === name)

/** The quantile of a series that a limit speaks of. */
export function quantileNs({ summary }: Series, quantile: QuantileName): number {
  switch (quantile) {
    case 'p50':
      return summary.p50Ns
    case 'p95':
      return summary.p95Ns
    case 'p99':
      return summary.p99Ns
    case 'p99.9':
      return summary.p999Ns
    case 'max':
      return summary.maxNs
    default:
      return assertNever(quantile)
  }
}
