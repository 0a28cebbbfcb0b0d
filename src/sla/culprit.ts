import type { ComparisonRound } from '../results/comparison.js'

// Which component a changed end-to-end time comes from. Quantiles of parts do not sum to that of the whole, so this is a finger
// that points, not an account: the component whose own quantile moved most the same way.

type Changed = { readonly name: string; readonly status: string; readonly change: number | null }

type Culprit = {
  readonly component: string
  /** The end-to-end metric that it explains. */
  readonly metric: string
  /** Mean over the rounds of B minus A. */
  readonly componentNs: number
  readonly endToEndNs: number
}

/** Below this share of the whole change a component explains nothing. */
const shareMin = 0.25

/** Null where the end-to-end time has not changed for sure, or where no component moved with it. */
export function culpritOf(rounds: readonly ComparisonRound[], judged: readonly Changed[]): Culprit | null {
  const changed = judged
    .filter(({ name, status }) => name.startsWith('endToEnd.') && (status === 'regressed' || status === 'improved'))
    .toSorted((one, other) => Math.abs(other.change ?? 0) - Math.abs(one.change ?? 0))
  const metric = changed.find(({ name }) => name === 'endToEnd.p95') ?? changed[0]
  if (metric === undefined) return null
  const quantile = metric.name.slice('endToEnd.'.length)
  const endToEndNs = meanChangeNs(rounds, metric.name)
  const [first] = rounds
  const components = Object.keys(first?.metrics ?? {})
    .filter((name) => name.endsWith(`.${quantile}`) && name !== metric.name)
    .map((name) => ({
      component: name.slice(0, -quantile.length - 1),
      metric: metric.name,
      componentNs: meanChangeNs(rounds, name),
      endToEndNs,
    }))
    .toSorted((one, other) => other.componentNs / endToEndNs - one.componentNs / endToEndNs)
  const most = components[0]
  return most !== undefined && most.componentNs / endToEndNs >= shareMin ? most : null
}

function meanChangeNs(rounds: readonly ComparisonRound[], name: string): number {
  const changes = rounds.flatMap(({ metrics }) => {
    const pair = metrics[name]
    return pair === undefined ? [] : [pair.b - pair.a]
  })
  return changes.reduce((sum, change) => sum + change, 0) / Math.max(changes.length, 1)
}
