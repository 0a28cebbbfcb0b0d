import type { Comparison } from '../results/comparison.js'
import { logRatio, looks } from '../stats/paired.js'
import { type ComparisonVerdict, wholeRounds } from './comparison.js'
import { scaleOf } from './comparison-metrics.js'
import type { ExitCode } from './exit.js'

/** Noise is what A against itself is after, so leaving metrics open is no failure of it; that the two differ beyond doubt is. */
export const exitOfComparison = ({ kind }: Comparison, { status, exit }: ComparisonVerdict): ExitCode =>
  kind === 'aa' && status === 'inconclusive' ? 0 : exit

/** Deviation of a single run by metric, from rounds in which both sides were the same; none below the rounds of the first look. */
export function noiseOf(comparison: Comparison): Record<string, number> {
  const rounds = wholeRounds(comparison)
  if (rounds.length < looks[0]) return {}
  const names = new Set(rounds.flatMap(({ metrics }) => Object.keys(metrics)))
  return Object.fromEntries(
    [...names].flatMap((name) => {
      const differences = rounds.flatMap(({ metrics }) => {
        const pair = metrics[name]
        if (pair === undefined) return []
        return (scaleOf(name) === 'ratio' ? logRatio(pair, pair.better) : pair.b - pair.a) ?? []
      })
      if (differences.length < rounds.length) return []
      // Both sides are the same, so the mean of the differences is zero and their variance that of two runs.
      const squares = differences.reduce((sum, difference) => sum + difference ** 2, 0)
      return [[name, Math.sqrt(squares / differences.length / 2)]]
    }),
  )
}
