import { momentsOf } from '../stats/moments.js'
import { studentT } from '../stats/special-functions.js'
import type { RunResult, Series } from './run-result.js'

// How two variants compare that were measured in turns. Rounds of one process share its compiled code and its heap, so the
// unit is the process: the mean of the log-ratios of its rounds is one value, and their spread gives the interval.

type VariantFigure = 'p50' | 'p95' | 'p99' | 'max'

export type VariantRatio = {
  readonly value: number
  /** Bounds at 95 %; null where there were fewer than two processes. */
  readonly lower: number | null
  readonly upper: number | null
}

const confidence = 0.95

/** `of` over `to` at a figure; null where either is missing or too fast for a figure. */
export function variantRatio(
  result: RunResult,
  { of, to, at }: { readonly of: string; readonly to: string; readonly at: VariantFigure },
): VariantRatio | null {
  const [above, below] = [of, to].map((name) => result.components.find((series) => series.name === name))
  const roundsPerProcess = result.cases.find(({ name }) => name === of)?.roundsPerProcess ?? 0
  if (above === undefined || below === undefined || roundsPerProcess === 0) return null
  const figures = { above: figuresOf(above, at), below: figuresOf(below, at) }
  const logs = figures.above.slice(0, figures.below.length).map((value, round) => {
    return Math.log(value / (figures.below[round] ?? 0))
  })
  if (logs.length === 0 || !logs.every(Number.isFinite)) return null
  const values = Array.from(
    { length: Math.ceil(logs.length / roundsPerProcess) },
    (_, process) => momentsOf(logs.slice(process * roundsPerProcess, (process + 1) * roundsPerProcess)).mean,
  )
  const { mean: middle, deviation } = momentsOf(values)
  if (values.length < 2) return { value: Math.exp(middle), lower: null, upper: null }
  const reach = studentT(1 - (1 - confidence) / 2, values.length - 1) * (deviation / Math.sqrt(values.length))
  return { value: Math.exp(middle), lower: Math.exp(middle - reach), upper: Math.exp(middle + reach) }
}

const figuresOf = ({ intervals }: Series, at: VariantFigure): number[] =>
  intervals.map(({ p50Ns, p95Ns, p99Ns, maxNs }) => ({ p50: p50Ns, p95: p95Ns, p99: p99Ns, max: maxNs })[at])
