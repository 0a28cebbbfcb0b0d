import type { RunResult, Series } from '../../results/run-result.js'
import type { LatencyCheck } from '../../sla/checks.js'
import { endToEndName } from '../../sla/series.js'
import type { Verdict } from '../../sla/verdict.js'
import { Histogram } from '../../stats/histogram.js'
import { formatCount, formatDuration, formatLimit } from '../format.js'
import {
  decadesAround,
  durationTicks,
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
} from './chart.js'
import { html, type Markup } from './markup.js'
import { behindChart } from './table.js'

// Latency over 1 - q, both logarithmic: the tail, which decides, gets as much room as the bulk. Response time beside service
// time where both were measured; each limit is a post that the curve must pass below. A curve ends where one sample is left.

type Curve = { readonly name: string; readonly kind: string; readonly histogram: Histogram; readonly tail: number }
type Drawn = { readonly curves: readonly Curve[]; readonly limits: readonly LatencyCheck[] }

const pointsPerNine = 24
const smallChartsMax = 24
/** 1 - q of the rows below the chart, within each power of ten. */
const tableSteps = [1, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.15]

export function percentileSection(result: RunResult, verdict: Verdict): Markup {
  const response = curveOf(result.endToEnd, 'response time', 'main')
  const service =
    result.service === null ? null : curveOf(result.service, 'service time', response === null ? 'main' : 'beside')
  const curves = [response, service].filter((curve) => curve !== null)
  if (curves.length === 0) return html`<p>No request of the window had an outcome, so there is no distribution.</p>`
  const limits = limitsOf(verdict, endToEndName)
  return html`<figure data-read="Read the curve at">
<figcaption>${curvesCaption(result)}${limits.length === 0 ? null : ' The curve must pass below the posts of the limits.'}</figcaption>
${inBothSizes({ wide: 380, narrow: 320 }, (size) =>
  curveChart({ curves, limits }, { id: `curve-${size.name}`, size, title: 'Latency by percentile, end to end' }),
)}
${curveTable(curves)}
</figure>${componentCurves(result, verdict)}`
}

function curvesCaption({ endToEnd, service, load }: RunResult): string {
  if (load.loop === 'closed') {
    const count = formatCount((service ?? endToEnd).summary.count)
    return `${count} samples. A closed loop sends again when it has an answer, so its times say nothing of latency under a load that does not wait.`
  }
  const samples = `End to end, ${formatCount(endToEnd.summary.count)} samples.`
  if (service === null) return samples
  return `${samples} Response time counts from the instant at which the schedule meant to send; service time counts from the send, and so hides the wait that a slow system causes.`
}

function componentCurves(result: RunResult, verdict: Verdict): Markup | null {
  const drawn = result.components.flatMap((series) => {
    const curve = curveOf(series, series.name, 'main')
    return curve === null ? [] : [{ curve, limits: limitsOf(verdict, series.name) }]
  })
  if (drawn.length === 0) return null
  const shown = drawn.slice(0, smallChartsMax)
  const values = shown.flatMap(({ curve, limits }) => valuesOf({ curves: [curve], limits }))
  const rest = drawn.length - shown.length
  return html`<h3>By component</h3><p>All on the same scales.${
    rest > 0 ? ` The first ${smallChartsMax}; ${rest} more stand in the table of components.` : null
  }</p><div class="small-charts">${shown.map(
    ({ curve, limits }, index) =>
      html`<figure>${curveChart(
        { curves: [curve], limits },
        {
          id: `curve-${index}`,
          size: { name: 'narrow', width: 340, height: 210 },
          title: `Latency by percentile, ${curve.name}`,
          range: decadesAround(values),
          tail: Math.min(...shown.map((other) => other.curve.tail)),
        },
      )}<figcaption>${curve.name}</figcaption>${behindChart({
        caption: `${curve.name} by percentile`,
        head: ['percentile', 'latency'],
        rows: quantilesShown(curve.tail).map((share) => ({
          cells: [nameOf(share), formatDuration(curve.histogram.quantile(1 - share))],
        })),
      })}</figure>`,
  )}</div>`
}

type Frame = {
  readonly id: string
  readonly size: Size
  readonly title: string
  readonly range?: readonly [number, number]
  readonly tail?: number
}

function curveChart(drawn: Drawn, { id, size, title, range, tail }: Frame): Markup {
  const { curves, limits } = drawn
  const last = tail ?? Math.min(...curves.map((curve) => curve.tail))
  const plot: Plot = { left: 58, right: size.width - 14, top: 26, bottom: size.height - 44 }
  const x = sharesScale(last, plot)
  const [low, high] = range ?? decadesAround(valuesOf(drawn))
  const y = logScale([low, high], [plot.bottom, plot.top])
  return framed({
    id,
    title,
    description: `${curves.map(described).join(' ')} ${limits.map(limitWords).join(' ')}`.trim(),
    size,
    plot,
    x: { label: 'percentile (log of 1 - q)', ticks: percentileTicks(last, x, size) },
    y: { label: 'latency (log)', ticks: durationTicks([low, high], y) },
    body: html`${curves.map((curve) => pathThrough(curvePoints(curve, x, y), `line ${curve.kind}`))}
${limits.map((limit) => limitPost(limit, { x, y, plot, last }))}${curves.length > 1 ? key(curves, plot) : null}`,
  })
}

const sharesScale = (last: number, plot: Plot): Scale => {
  const linear = linearScale([0, -Math.log10(last)], [plot.left, plot.right])
  return (share) => linear(-Math.log10(share))
}

function percentileTicks(last: number, x: Scale, size: Size): { at: number; text: string }[] {
  const shares =
    size.width < 400 ? [0.5, 0.1, 0.01, 0.001, 1e-4, 1e-5, 1e-6] : [1, 0.5, 0.1, 0.05, 0.01, 1e-3, 1e-4, 1e-5, 1e-6]
  return shares.filter((share) => share >= last * 0.999).map((share) => ({ at: x(share), text: nameOf(share) }))
}

function curvePoints({ histogram, tail }: Curve, x: Scale, y: Scale): [number, number][] {
  const count = Math.ceil(-Math.log10(tail) * pointsPerNine)
  const points = Array.from({ length: count + 1 }, (_, index): [number, number] => {
    const share = Math.max(10 ** (-index / pointsPerNine), tail)
    return [x(share), y(Math.max(histogram.quantile(1 - share), 1))]
  })
  return [...points, [x(tail), y(Math.max(histogram.maxNs, 1))]]
}

/** A post at the quantile from the limit upward, with its foot on the limit. */
function limitPost(
  { quantile, limitNs, status, allowedShare }: LatencyCheck,
  { x, y, plot, last }: { x: Scale; y: Scale; plot: Plot; last: number },
): Markup {
  const at = x(Math.max(allowedShare, last))
  const foot = y(Math.max(limitNs, 1))
  const toLeft = at > (plot.left + plot.right) / 2
  return html`<g class="limit ${status}">${line(at, foot, at, plot.top)}${line(at - 9, foot, at + 9, foot, 'foot')}
${label(at + (toLeft ? -12 : 12), foot + 4, toLeft ? 'end' : 'start', `${quantile} limit ${formatLimit(limitNs)}`)}</g>`
}

const key = (curves: readonly Curve[], plot: Plot): Markup =>
  html`<g class="key">${curves.map(
    ({ name, kind }, index) =>
      html`${line(plot.left + 12, plot.top + 14 + index * 18, plot.left + 40, plot.top + 14 + index * 18, `line ${kind}`)}
${label(plot.left + 47, plot.top + 18 + index * 18, 'start', name)}`,
  )}</g>`

function curveTable(curves: readonly Curve[]): Markup {
  const last = Math.min(...curves.map(({ tail }) => tail))
  return behindChart({
    caption: 'end to end by percentile',
    head: ['percentile', ...curves.map(({ name }) => name)],
    rows: quantilesShown(last).map((share) => ({
      at: Math.log10(share) / Math.log10(last),
      cells: [
        nameOf(share),
        ...curves.map(({ histogram, tail }) => (share >= tail ? formatDuration(histogram.quantile(1 - share)) : '-')),
      ],
    })),
  })
}

function curveOf({ summary, histogram }: Series, name: string, kind: string): Curve | null {
  if (summary.count === 0) return null
  return { name, kind, histogram: Histogram.fromBuckets(histogram), tail: Math.min(1 / summary.count, 0.1) }
}

const limitsOf = (verdict: Verdict, component: string): LatencyCheck[] =>
  verdict.checks.filter((check): check is LatencyCheck => check.kind === 'latency' && check.component === component)

const valuesOf = ({ curves, limits }: Drawn): number[] => [
  ...curves.flatMap(({ histogram }) => [Math.max(histogram.minNs, 1), histogram.maxNs]),
  ...limits.map(({ limitNs }) => limitNs),
]

const quantilesShown = (last: number): number[] =>
  Array.from({ length: 7 }, (_, nine) => tableSteps.map((step) => step * 10 ** -nine))
    .flat()
    .filter((share) => share < 1 && share >= last * 0.999)

/** `p50`, `p99.9`; p100 is the largest sample. */
const nameOf = (share: number): string => `p${Number(((1 - share) * 100).toPrecision(8))}`

const described = ({ name, histogram }: Curve): string =>
  `${name}: ${[0.5, 0.95, 0.99].map((q) => `p${q * 100} ${formatDuration(histogram.quantile(q))}`).join(', ')}, largest ${formatDuration(histogram.maxNs)}.`

const limitWords = ({ quantile, limitNs }: LatencyCheck): string =>
  `The limit of ${quantile} is ${formatLimit(limitNs)}.`
