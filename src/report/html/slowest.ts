import type { RunResult, SlowRequest } from '../../results/run-result.js'
import { formatDuration } from '../format.js'
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
import { instant, meanwhile } from './meanwhile.js'
import { behindChart } from './table.js'
import { kindKey, waterfall } from './waterfall.js'
import { partWord } from './way.js'

// The slowest requests with their stamps, and what every process was doing meanwhile: a request is often slow because
// somebody collected garbage or waited for a core just then.

export function slowestSection(result: RunResult): Markup {
  const { slowest } = result
  if (slowest.length === 0) return html`<p>This run kept no single requests.</p>`
  return html`<figure><figcaption>Each from its intended instant to its outcome. ${kindKey()}</figcaption>
${inBothSizes({ wide: 56 + slowest.length * 24, narrow: 56 + slowest.length * 24 }, (size) => bars(slowest, size))}
${behindChart({
  caption: 'the slowest requests',
  head: ['request', 'intended at', 'response', 'outcome', 'longest part'],
  words: [0, 3, 4],
  rows: slowest.map((request) => ({
    cells: [
      `seq ${request.seq}`,
      instant(request.intendedNs),
      formatDuration(request.responseNs),
      request.ending,
      longestWords(request),
    ],
  })),
})}</figure>
<h3>Each with its stamps</h3>
${slowest.map((request, index) => details(request, index, result))}`
}

function bars(slowest: readonly SlowRequest[], size: Size): Markup {
  const plot: Plot = { left: size.name === 'wide' ? 120 : 74, right: size.width - 70, top: 8, bottom: size.height - 46 }
  const longestNs = Math.max(...slowest.map(({ responseNs }) => responseNs))
  const x = linearScale([0, longestNs], [plot.left, plot.right])
  return framed({
    id: `slowest-${size.name}`,
    title: `The ${slowest.length} slowest requests`,
    description: slowest
      .slice(0, 5)
      .map((request) => `seq ${request.seq} ${formatDuration(request.responseNs)}, ${longestWords(request)}`)
      .join('; '),
    size,
    plot,
    x: {
      label: 'time since the intended instant',
      ticks: evenSteps(longestNs, size.name === 'wide' ? 6 : 3).map((ns) => ({
        at: x(ns),
        text: ns === 0 ? '0' : shortDuration(ns),
      })),
    },
    y: null,
    body: html`${slowest.map((request, index) => {
      const top = plot.top + 3 + index * 24
      let fromNs = 0
      const parts = request.parts.length > 0 ? request.parts : [{ stage: '', kind: 'none', ns: request.responseNs }]
      return html`${label(plot.left - 8, top + 13, 'end', size.name === 'wide' ? `seq ${request.seq}` : String(request.seq))}
${parts.map(({ kind, ns }) => {
  const from = x(fromNs)
  fromNs += Math.max(ns, 0)
  const width = round(x(fromNs) - from)
  return width < 0.3 ? html`` : html`<rect x="${from}" y="${top}" width="${width}" height="17" class="part ${kind}"/>`
})}${label(x(request.responseNs) + 6, top + 13, 'start', formatDuration(request.responseNs), 'value')}`
    })}`,
  })
}

function details(request: SlowRequest, index: number, result: RunResult): Markup {
  const { seq, intendedNs, responseNs, ending, parts } = request
  const doing = meanwhile(request, result)
  return html`<details class="slow"${index === 0 ? html` open` : null}><summary>seq ${seq}: <strong>${formatDuration(responseNs)}</strong> at ${instant(intendedNs)}, ${ending}; ${longestWords(request)}</summary>
${
  parts.length === 0
    ? html`<p>Nothing came back for it, so there are no stamps.</p>`
    : waterfall(parts, { id: `slow-${index}`, title: `Where the time of seq ${seq} went` })
}${doing === null ? html`<p>What the processes did was not recorded.</p>` : doing}</details>`
}

function longestWords({ parts }: SlowRequest): string {
  const longest = parts.toSorted((a, b) => b.ns - a.ns)[0]
  return longest === undefined ? 'no stamps' : `${partWord(longest)} ${formatDuration(longest.ns)}`
}
