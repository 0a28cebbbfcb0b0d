import { assertNever } from '../core/assert.js'
import type { Comparison } from '../results/comparison.js'
import type { ComparisonVerdict, MetricStatus, MetricVerdict } from '../sla/comparison.js'
import { marginOf, scaleOf } from '../sla/comparison-metrics.js'
import { noiseOf } from '../sla/noise.js'
import { formatBytes, formatCount, formatDuration, formatRate, formatShare, noFigure } from './format.js'

// The sentences that every format of a comparison shares.

const comparisonWord: Readonly<Record<ComparisonVerdict['status'], string>> = {
  regressed: 'REGRESSED',
  improved: 'IMPROVED',
  ok: 'OK',
  inconclusive: 'INCONCLUSIVE',
  noData: 'NO DATA',
  interrupted: 'INTERRUPTED',
}

/** A against itself that found nothing has found what it was after. */
export const headlineWord = ({ kind }: Comparison, { status }: ComparisonVerdict): string =>
  kind === 'aa' && (status === 'ok' || status === 'inconclusive') ? 'NOISE' : comparisonWord[status]

export const metricWord: Readonly<Record<MetricStatus, string>> = {
  regressed: 'REGRESSED',
  improved: 'IMPROVED',
  ok: 'OK',
  inconclusive: 'INCONCLUSIVE',
  noData: 'NO DATA',
}

/** `+21 %`, `-3.4 %`; from ten times on `x12`; of a rate of errors `+0.2 points`. */
export function changeText(share: number | null, scale: MetricVerdict['scale']): string {
  if (share === null) return noFigure
  if (scale === 'ratio' && share >= 9) return `x${formatCount(1 + share)}`
  const size = Math.abs(share) * 100
  const digits = size >= 10 ? size.toFixed(0) : size >= 1 ? size.toFixed(1) : size.toFixed(2)
  const sign = Number(digits) === 0 ? '' : share < 0 ? '-' : '+'
  return `${sign}${Number(digits)} ${scale === 'ratio' ? '%' : 'points'}`
}

/** Change and bounds as the metric itself moves, where the verdict counts worse as positive. */
export function moveOf({ change, lower, upper, better, scale }: MetricVerdict): {
  readonly change: number | null
  readonly lower: number | null
  readonly upper: number | null
} {
  if (better === 'lower') return { change, lower, upper }
  const turn = (share: number | null): number | null =>
    share === null ? null : scale === 'ratio' ? 1 / (1 + share) - 1 : -share
  return { change: turn(change), lower: turn(upper), upper: turn(lower) }
}

export function valueText(value: number | null, unit: MetricVerdict['unit']): string {
  if (value === null) return noFigure
  switch (unit) {
    case 'ns':
      return formatDuration(value)
    case 'perSec':
      return formatRate(value)
    case 'share':
      return formatShare(value)
    case 'bytes':
      return formatBytes(value)
    default:
      return assertNever(unit)
  }
}

/** `-0.2 % .. +3.1 %`, the unit once. */
export function boundsText(metric: MetricVerdict): string {
  const { lower, upper } = moveOf(metric)
  if (lower === null || upper === null) return noFigure
  const [low = '', high] = [lower, upper].map((share) => changeText(share, metric.scale))
  return `${low.replace(/ \S+$/, '')} .. ${high}`
}

/** `endToEnd.p95 +21 % (+17 .. +25 %), 19.6 ms -> 23.8 ms` */
export function metricSentence(metric: MetricVerdict): string {
  const { name, status, reason, scale, unit, detectable } = metric
  const { change } = moveOf(metric)
  if (status === 'noData' || change === null) return `${name}  ${reason ?? 'no data'}`
  const figures = `${name} ${changeText(change, scale)} (${boundsText(metric)}), ${valueText(metric.a, unit)} -> ${valueText(metric.b, unit)}`
  if (status !== 'inconclusive') return figures
  const needed =
    detectable === null ? '' : `; in this noise ${changeText(detectable, scale).replace('+', '')} could be found`
  return `${figures}${reason === null ? needed : `, ${reason}`}`
}

/** `of one run: endToEnd.p95 3.1 %, throughput 0 %`; null where there is none, or no noise was looked for. */
function noiseSentence(comparison: Comparison): string | null {
  const sigma = comparison.kind === 'aa' ? noiseOf(comparison) : {}
  const known = [...comparison.deciding, ...comparison.watched].flatMap((name) => {
    const noise = sigma[name]
    return noise === undefined ? [] : [`${name} ${changeText(noise, scaleOf(name)).replace('+', '')}`]
  })
  return known.length === 0 ? null : `of one run: ${known.join(', ')}`
}

/** What was found, the most telling first. */
export function foundSentences(comparison: Comparison, verdict: ComparisonVerdict): string[] {
  const { metrics, status, reasons } = verdict
  const wanted = metrics.filter((metric) => metric.status === status && metric.role !== 'control')
  const telling = wanted.length > 0 ? wanted : metrics.filter(({ name }) => name === 'endToEnd.p95')
  const noise = noiseSentence(comparison)
  // Where A met itself, single metrics tell something only if they say that the two differ.
  const shown = noise !== null && status !== 'regressed' ? [] : telling.slice(0, 3).map(metricSentence)
  return [noise, ...shown, ...reasons, culpritSentence(verdict)].filter((text) => text !== null)
}

/** What a changed end-to-end time comes from; null where nothing stands out. */
function culpritSentence({ culprit }: ComparisonVerdict): string | null {
  if (culprit === null) return null
  const { component, metric, componentNs, endToEndNs } = culprit
  const quantile = metric.slice(metric.lastIndexOf('.') + 1)
  return `mostly ${component}: its ${quantile} moved by ${signed(componentNs)}, that of end to end by ${signed(endToEndNs)}`
}

const signed = (ns: number): string => `${ns < 0 ? '' : '+'}${formatDuration(ns)}`

export const roundsText = (count: number): string => `${count} ${count === 1 ? 'round' : 'rounds'}`

/** `7 rounds of A B B A, 1 more without figures` */
export function roundsSentence(comparison: Comparison, verdict: ComparisonVerdict): string {
  const rounds = `${roundsText(verdict.roundCount)} in the order A B B A`
  const repeated = verdict.repeatedCount === 0 ? '' : `, ${verdict.repeatedCount} more without figures`
  const cut = comparison.interrupted === null ? '' : `, ended by ${comparison.interrupted}`
  return `${rounds}${repeated}${cut}`
}

export function sideText({ label, git, faults }: Comparison['a']): string {
  const injected = Object.entries(faults).flatMap(([engine, list]) => list.map((fault) => `${engine}:${fault}`))
  return [
    label,
    ...(git === null ? [] : [`${git.commit.slice(0, 8)}${git.dirty ? ' and changes' : ''}`]),
    ...(injected.length === 0 ? [] : [`with ${injected.join(', ')} injected`]),
  ].join('  ')
}

/** What a change may be without a word, and how sure the verdicts are. */
export function rulesSentence({ marginShare }: Comparison): string {
  const ofErrors = changeText(marginOf('errors.rate', marginShare), 'difference').replace('+', '')
  return `margin ${formatShare(marginShare)} (errors.rate ${ofErrors}), at most 5 % false alarms a metric`
}

/** What a person should do next. */
export function comparisonAdvice(comparison: Comparison, { status, metrics }: ComparisonVerdict): string {
  const free = 'Free the machine of what else runs on it'
  if (comparison.kind === 'aa' && (status === 'ok' || status === 'inconclusive')) {
    return `Kept as the noise floor of ${comparison.a.profileName}: the next compare says what it can find.`
  }
  switch (status) {
    case 'inconclusive': {
      const hasMoved = metrics.some(
        (metric) => metric.role === 'control' && (metric.status === 'regressed' || metric.status === 'improved'),
      )
      if (hasMoved) return `${free}, and compare again.`
      return 'Measure longer (load.duration, or that of a component), or accept a wider --margin.'
    }
    case 'noData':
      if (comparison.rounds.some(({ a, b }) => a.fidelity === 'invalid' || b.fidelity === 'invalid')) {
        return `${free}, or lower load.arrivals.rate, and compare again.`
      }
      return 'See what failed in the logs of the rounds, or name other metrics with --metric.'
    case 'interrupted':
      return `What was measured is kept:  nautilus report ${comparison.id}`
    default:
      return `Look at:  nautilus report ${comparison.id} --open`
  }
}
