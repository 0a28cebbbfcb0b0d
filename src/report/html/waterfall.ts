import type { RunResult } from '../../results/run-result.js'
import { formatCount, formatDuration, formatShare } from '../format.js'
import {
  evenSteps,
  framed,
  inBothSizes,
  label,
  linearScale,
  type Plot,
  round,
  type Size,
  shortDuration,
} from './chart.js'
import { html, type Markup } from './markup.js'
import { behindChart } from './table.js'
import { inWayOrder, kindWord, type Part, partWord } from './way.js'

// Where the time of slow requests went: a bar a part, each beginning where the one before it ends. Waiting, working and
// travelling are told apart by pattern and by word.

/** Parts below this share are too thin to be seen; the table has them. */
const shownShareMin = 0.005

export function attributionSection({ attribution, load }: RunResult): Markup {
  if (attribution === null) {
    return html`<p>No request of the p95..p99 band carried stamps, so its time cannot be told apart.</p>`
  }
  const parts = inWayOrder(attribution.parts)
  const band = `${formatDuration(attribution.fromNs)} to ${formatDuration(attribution.toNs)}`
  const drawn = parts.map(({ stage, kind, meanNs }) => ({ stage, kind, ns: meanNs }))
  return html`<figure><figcaption>Mean of the ${formatCount(attribution.count)} ${load.unit} that took ${band}, the p95..p99 band; the parts sum to their response time. ${kindKey()}</figcaption>
${waterfall(drawn, { id: 'band', title: 'Where the time of the p95..p99 band went' })}
${behindChart({
  caption: 'parts of the p95..p99 band, in the order of the way',
  head: ['stage', 'kind', 'mean', 'share'],
  words: [0, 1],
  rows: parts.map(({ stage, kind, meanNs, share }) => ({
    cells: [stage, kindWord[kind], formatDuration(meanNs), formatShare(share)],
  })),
})}</figure>`
}

export function waterfall(
  parts: readonly Part[],
  { id, title }: { readonly id: string; readonly title: string },
): Markup {
  const totalNs = parts.reduce((sum, { ns }) => sum + Math.max(ns, 0), 0)
  const placed = parts
    .map((part, index) => ({
      ...part,
      fromNs: parts.slice(0, index).reduce((sum, { ns }) => sum + Math.max(ns, 0), 0),
    }))
    .filter(({ ns }) => ns >= totalNs * shownShareMin)
  const rows = { wide: 26, narrow: 42 }
  const height = (name: Size['name']) => 22 + placed.length * rows[name] + 48
  return inBothSizes({ wide: height('wide'), narrow: height('narrow') }, (size) => {
    const isWide = size.name === 'wide'
    const plot: Plot = { left: isWide ? 250 : 10, right: size.width - 76, top: 22, bottom: size.height - 48 }
    const x = linearScale([0, totalNs], [plot.left, plot.right])
    return framed({
      id: `${id}-${size.name}`,
      title,
      description: placed.map((part) => `${partWord(part)} ${formatDuration(part.ns)}`).join(', '),
      size,
      plot,
      x: {
        label: 'time since the intended instant',
        ticks: evenSteps(totalNs, isWide ? 6 : 3).map((ns) => ({
          at: x(ns),
          text: ns === 0 ? '0' : shortDuration(ns),
        })),
      },
      y: null,
      body: html`${placed.map((part, index) => {
        const top = plot.top + index * rows[size.name] + (isWide ? 4 : 20)
        const [from, to] = [x(part.fromNs), x(part.fromNs + part.ns)]
        return html`${isWide ? label(plot.left - 10, top + 13, 'end', partWord(part)) : label(plot.left, top - 5, 'start', partWord(part))}
<rect x="${from}" y="${top}" width="${round(Math.max(to - from, 1))}" height="18" class="part ${part.kind}"/>
${label(to + 6, top + 13, 'start', formatDuration(part.ns), 'value')}`
      })}`,
    })
  })
}

/** What the patterns mean. */
export const kindKey = (): Markup =>
  html`<span class="kinds">${(['queue', 'processing', 'transit'] as const).map(
    (kind) =>
      html`<span class="kind"><svg class="swatch" viewBox="0 0 28 14" aria-hidden="true"><rect width="28" height="14" class="part ${kind}"/></svg> ${kindWord[kind]}</span> `,
  )}</span>`
