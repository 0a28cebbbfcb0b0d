import { nearNameHint } from '../core/near-name.js'
import { type DurationNs, durationNs, parseDuration } from '../core/units.js'
import { intervalNs, type RunResult, type Series } from '../results/run-result.js'
import { allowedShare, type QuantileName } from './quantile.js'

// Limits over windows: `risk p99 > 5ms for 10s in peak`. Such a limit fails where some span of that length had its
// quantile above the limit, by the exact counts of the intervals: a stall of a minute cannot hide in a run of an
// hour.

export type WindowLimit = {
  /** `endToEnd` or a group of `sla.budget`. */
  readonly component: string
  readonly quantile: Exclude<QuantileName, 'max'>
  readonly limitNs: DurationNs
  readonly spanNs: DurationNs
  readonly phase: string | null
}

const form = 'COMPONENT QUANTILE > LIMIT for SPAN [in PHASE], such as "endToEnd p95 > 150ms for 5m"'
const quantiles = ['p50', 'p95', 'p99', 'p99.9'] as const

/** Samples of which at least one lies above the quantile: of a span with fewer nothing is said. */
const samplesMin = { p50: 2, p95: 20, p99: 100, 'p99.9': 1000 } as const

/** Parses `endToEnd p95 > 150ms for 5m in peak`. */
export function parseWindow(text: string): { readonly value: WindowLimit } | { readonly problem: string } {
  const match = /^\s*(\S+)\s+(\S+)\s*>\s*(\S+)\s+for\s+(\S+)(?:\s+in\s+(\S.*?))?\s*$/.exec(text)
  if (match === null) return { problem: `"${text}" is no limit over a window; write ${form}` }
  const [, component = '', name = '', limitText = '', spanText = '', phase = null] = match
  const quantile = quantiles.find((candidate) => candidate === name)
  if (quantile === undefined) {
    return { problem: `"${text}": "${name}" is no quantile; ${nearNameHint(name, quantiles)}` }
  }
  const limit = parseDuration(limitText)
  if ('problem' in limit) return { problem: `"${text}": ${limit.problem}` }
  const span = parseDuration(spanText)
  if ('problem' in span) return { problem: `"${text}": ${span.problem}` }
  if (span.value < intervalNs) {
    return { problem: `"${text}": the span is ${spanText}, must be at least 250ms, the interval of the counts` }
  }
  const [limitNs, spanNs] = [durationNs(limit.value), durationNs(span.value)]
  return { value: { component, quantile, limitNs, spanNs, phase } }
}

/** Null where no span was long enough or held enough samples to say anything. */
type WindowOutcome = {
  /** The longest stretch that failing spans cover; null where none failed. */
  readonly exceeded: { readonly beganNs: number; readonly lastedNs: number } | null
  /** Highest share of samples above the limit in any span. */
  readonly worstShare: number
} | null

export function windowOutcome(
  limit: WindowLimit,
  series: Series | undefined,
  phases: RunResult['phases'],
): WindowOutcome {
  const column = series?.over.findIndex(({ limitNs }) => limitNs === limit.limitNs) ?? -1
  if (series === undefined || column < 0) return null
  const stretch =
    limit.phase === null ? { startNs: 0, endNs: Infinity } : phases.find(({ name }) => name === limit.phase)
  if (stretch === undefined) return null
  const intervals = series.intervals.filter(
    ({ startNs }) => startNs >= stretch.startNs && startNs + intervalNs <= stretch.endNs,
  )
  const spans = spansOf(intervals, column, Math.ceil(limit.spanNs / intervalNs)).filter(
    ({ count }) => count >= samplesMin[limit.quantile],
  )
  if (spans.length === 0) return null
  const failing = spans.filter(({ over, count }) => over / count > allowedShare[limit.quantile])
  return {
    exceeded: longestStretch(failing),
    worstShare: Math.max(...spans.map(({ over, count }) => over / count)),
  }
}

type Span = { readonly startNs: number; readonly endNs: number; readonly count: number; readonly over: number }

/** Every run of `length` intervals that follow each other, with its sums. */
function spansOf(intervals: Series['intervals'], column: number, length: number): Span[] {
  const spans: Span[] = []
  let count = 0
  let over = 0
  intervals.forEach((interval, index) => {
    count += interval.count
    over += interval.over[column] ?? 0
    const left = intervals[index - length]
    count -= left?.count ?? 0
    over -= left?.over[column] ?? 0
    const first = intervals[index - length + 1]
    if (first !== undefined) spans.push({ startNs: first.startNs, endNs: interval.startNs + intervalNs, count, over })
  })
  return spans
}

/** Failing spans that overlap or touch are one stretch. */
function longestStretch(failing: readonly Span[]): { beganNs: number; lastedNs: number } | null {
  const stretches: { beganNs: number; endNs: number }[] = []
  for (const { startNs, endNs } of failing) {
    const open = stretches.at(-1)
    if (open !== undefined && startNs <= open.endNs) open.endNs = endNs
    else stretches.push({ beganNs: startNs, endNs })
  }
  const longest = stretches.toSorted((a, b) => b.endNs - b.beganNs - (a.endNs - a.beganNs))[0]
  return longest === undefined ? null : { beganNs: longest.beganNs, lastedNs: longest.endNs - longest.beganNs }
}
