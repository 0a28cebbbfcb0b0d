import { nsPerSec } from '../../core/units.js'
import type { RunResult } from '../../results/run-result.js'
import type { LatencyCheck } from '../../sla/checks.js'
import { endToEndName } from '../../sla/series.js'
import type { Verdict } from '../../sla/verdict.js'
import { formatCount, formatDuration, formatLimit, formatRate } from '../format.js'
import {
  decadesAround,
  durationTicks,
  evenSteps,
  framed,
  inBothSizes,
  label,
  line,
  linearScale,
  logScale,
  type Plot,
  pathThrough,
  type Scale,
  type Size,
  shortDuration,
} from './chart.js'
import { html, type Markup } from './markup.js'
import { behindChart } from './table.js'
import { type Span, spansOf } from './thinned.js'

// The window over time, by intended time: percentiles of each interval, and below them the rate with what had no answer.

type Timed = {
  readonly spans: readonly Span[]
  readonly endNs: number
  readonly result: RunResult
  readonly limits: readonly LatencyCheck[]
}

const lines = [
  { name: 'max', kind: 'max', of: (span: Span) => span.maxNs },
  { name: 'p99', kind: 'p99', of: (span: Span) => span.p99Ns },
  { name: 'p95', kind: 'p95', of: (span: Span) => span.p95Ns },
  { name: 'p50', kind: 'p50', of: (span: Span) => span.p50Ns },
] as const

export function timelineSection(run: RunResult, verdict: Verdict): Markup {
  // A closed loop has service times only.
  const result = run.load.loop === 'closed' && run.service !== null ? { ...run, endToEnd: run.service } : run
  const spans = spansOf(result)
  const last = spans.at(-1)
  if (last === undefined || spans.every(({ count }) => count === 0))
    return html`<p>No interval of the window holds a sample.</p>`
  const timed: Timed = {
    spans,
    endNs: Math.max(result.load.durationNs, last.endNs),
    result,
    limits: verdict.checks.filter(
      (check): check is LatencyCheck => check.kind === 'latency' && check.component === endToEndName,
    ),
  }
  return html`<figure data-read="Read the window at">
<figcaption>${grain(last)} ${result.load.loop === 'closed' ? 'Service times by the time of the send.' : 'Response times by intended time, end to end.'}${phaseWords(result)}</figcaption>
${inBothSizes({ wide: 320, narrow: 290 }, (size) => latencyChart(timed, size))}
${inBothSizes({ wide: 190, narrow: 180 }, (size) => rateChart(timed, size))}
${intervalTable(timed)}</figure>`
}

const grain = ({ startNs, endNs, joined }: Span): string =>
  joined === 1
    ? `One point for each ${shortDuration(endNs - startNs)}.`
    : `One point for each ${joined} intervals (${shortDuration(endNs - startNs)}): counts are summed, of the percentiles the highest is shown.`

function latencyChart({ spans, endNs, limits, result }: Timed, size: Size): Markup {
  const plot: Plot = { left: 58, right: size.width - 44, top: 34, bottom: size.height - 44 }
  const x = linearScale([0, endNs], [plot.left, plot.right])
  const range = decadesAround([
    ...spans.flatMap((span) => (span.count > 0 ? [span.p50Ns, span.maxNs] : [])),
    ...limits.map(({ limitNs }) => limitNs),
  ])
  const y = logScale(range, [plot.bottom, plot.top])
  const worst = spans.reduce((most, span) => (span.maxNs > most.maxNs ? span : most))
  return framed({
    id: `time-${size.name}`,
    title: 'Latency over the window',
    description: `p50, p95, p99 and the largest latency of each interval. The largest of all, ${formatDuration(worst.maxNs)}, was due ${formatDuration(worst.startNs)} after the start.`,
    size,
    plot,
    x: { label: 'time in the window', ticks: timeTicks(endNs, x, size) },
    y: { label: 'latency (log)', ticks: durationTicks(range, y) },
    body: html`${phaseMarks(result, x, plot)}${limits.map(
      ({ quantile, limitNs, status }) =>
        html`<g class="limit ${status}">${line(plot.left, y(limitNs), plot.right, y(limitNs))}
${label(plot.left + 6, y(limitNs) - 5, 'start', `${quantile} limit ${formatLimit(limitNs)}`)}</g>`,
    )}${lines.map(({ kind, of }) => pathThrough(pointsOf(spans, of, x, y), `line ${kind}`))}
${endLabels(spans, y, plot)}`,
  })
}

/** An interval without a sample leaves a gap; a line of one point is drawn as a short dash. */
const pointsOf = (
  spans: readonly Span[],
  of: (span: Span) => number,
  x: Scale,
  y: Scale,
): ([number, number] | null)[] =>
  spans.flatMap((span, index): ([number, number] | null)[] => {
    if (span.count === 0) return [null]
    const at: [number, number] = [x((span.startNs + span.endNs) / 2), y(Math.max(of(span), 1))]
    const isAlone = (spans[index - 1]?.count ?? 0) === 0 && (spans[index + 1]?.count ?? 0) === 0
    return isAlone
      ? [
          [at[0] - 2, at[1]],
          [at[0] + 2, at[1]],
        ]
      : [at]
  })

/** Names at the right end of the lines, moved apart where they would cover each other. */
function endLabels(spans: readonly Span[], y: Scale, plot: Plot): Markup {
  const last = spans.findLast(({ count }) => count > 0)
  if (last === undefined) return html``
  let free = plot.top - 14
  return html`${lines.map(({ name, kind, of }) => {
    free = Math.max(y(Math.max(of(last), 1)) + 4, free + 14)
    return label(plot.right + 5, free, 'start', name, kind)
  })}`
}

function rateChart({ spans, endNs, result }: Timed, size: Size): Markup {
  const plot: Plot = { left: 58, right: size.width - 44, top: 34, bottom: size.height - 44 }
  const x = linearScale([0, endNs], [plot.left, plot.right])
  const target = result.load.targetRatePerSec
  const planned = result.phases.map(({ targetRatePerSec }) => targetRatePerSec ?? 0)
  const most = Math.max(target, ...planned, ...spans.map(ratePerSec))
  const y = linearScale([0, most * 1.05 || 1], [plot.bottom, plot.top])
  const unanswered = spans.reduce((sum, span) => sum + span.unanswered, 0)
  const gap = spans.length > 150 ? 0 : 1
  return framed({
    id: `rate-${size.name}`,
    title: 'Rate over the window',
    description: `Outcomes a second of each interval; ${formatCount(unanswered)} in all had no answer. Target ${formatRate(target)}, achieved ${formatRate(result.load.achievedRatePerSec)}.`,
    size,
    plot,
    x: { label: 'time in the window', ticks: timeTicks(endNs, x, size) },
    y: {
      label: `${result.load.unit} a second; hatched: without an answer`,
      ticks: evenSteps(most, 3).map((rate) => ({ at: y(rate), text: shortRate(rate) })),
    },
    body: html`<g class="bars">${spans.map((span) => {
      const width = Math.max(x(span.endNs) - x(span.startNs) - gap, 0.5)
      const answered = y(((span.outcomeCount - span.unanswered) * nsPerSec) / (span.endNs - span.startNs))
      const top = y(ratePerSec(span))
      return html`${bar(x(span.startNs), answered, width, plot.bottom - answered, 'answered')}${
        span.unanswered > 0 ? bar(x(span.startNs), top, width, Math.max(answered - top, 1.5), 'unanswered') : null
      }`
    })}</g>${targetLines({ result, x, y, plot, endNs })}`,
  })
}

const bar = (x: number, y: number, width: number, height: number, kind: string): Markup =>
  html`<rect x="${x}" y="${y}" width="${width.toFixed(1)}" height="${height.toFixed(1)}" class="${kind}"/>`

function targetLines({
  result,
  x,
  y,
  plot,
  endNs,
}: {
  readonly result: RunResult
  readonly x: Scale
  readonly y: Scale
  readonly plot: Plot
  readonly endNs: number
}): Markup {
  const { load, phases } = result
  const parts =
    phases.length > 0
      ? phases
      : [{ startNs: 0, endNs, targetRatePerSec: load.loop === 'closed' ? null : load.targetRatePerSec }]
  return html`<g class="target">${parts.map(({ startNs, endNs, targetRatePerSec }) =>
    targetRatePerSec === null ? html`` : line(x(startNs), y(targetRatePerSec), x(endNs), y(targetRatePerSec)),
  )}${load.loop === 'closed' ? null : label(plot.right + 5, y(parts.at(-1)?.targetRatePerSec ?? load.targetRatePerSec) + 4, 'start', 'target')}</g>`
}

function phaseMarks({ phases }: RunResult, x: Scale, plot: Plot): Markup {
  return html`<g class="phases">${phases.map(({ name, startNs, endNs }, index) => {
    const wide = x(endNs) - x(startNs)
    const text = name.length * 6.5 < wide ? label(x(startNs) + 4, plot.top + 11, 'start', name) : null
    return html`${index === 0 ? null : line(x(startNs), plot.top, x(startNs), plot.bottom)}${text}`
  })}</g>`
}

function phaseWords({ phases }: RunResult): string {
  if (phases.length === 0) return ''
  const words = phases.map(
    ({ name, startNs, targetRatePerSec }) =>
      `${name} from ${startNs === 0 ? '0 s' : shortDuration(startNs)}${targetRatePerSec === null ? '' : ` at ${formatRate(targetRatePerSec)}`}`,
  )
  return ` Phases: ${words.join(', ')}.`
}

/** The axis counts in seconds, and in minutes from two of them on. */
function timeTicks(endNs: number, x: Scale, size: Size): { at: number; text: string }[] {
  const unit = endNs >= 120 * nsPerSec ? { ns: 60 * nsPerSec, name: 'min' } : { ns: nsPerSec, name: 's' }
  return evenSteps(endNs / unit.ns, size.name === 'wide' ? 8 : 4).map((count) => ({
    at: x(count * unit.ns),
    text: count === 0 ? '0' : `${Number(count.toPrecision(6))} ${unit.name}`,
  }))
}

const ratePerSec = ({ outcomeCount, startNs, endNs }: Span): number =>
  (outcomeCount * nsPerSec) / Math.max(endNs - startNs, 1)

const shortRate = (rate: number): string => formatRate(rate).replace('/s', '')

const intervalTable = ({ spans, endNs }: Timed): Markup =>
  behindChart({
    caption: 'the window by interval',
    head: ['from', 'samples', 'without answer', 'rate', 'p50', 'p95', 'p99', 'max'],
    rows: spans.map((span) => ({
      at: (span.startNs + span.endNs) / 2 / endNs,
      cells: [
        span.startNs === 0 ? '0 s' : formatDuration(span.startNs),
        formatCount(span.count),
        formatCount(span.unanswered),
        formatRate(ratePerSec(span)),
        ...[span.p50Ns, span.p95Ns, span.p99Ns, span.maxNs].map((ns) => formatDuration(span.count === 0 ? null : ns)),
      ],
    })),
  })
