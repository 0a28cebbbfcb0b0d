import { framed, inBothSizes, label, line, linearScale, type Plot, round, type Size } from './chart.js'
import { html, type Markup } from './markup.js'
import { behindChart } from './table.js'

// A and B round by round: a circle and a square joined by a line, so that one sees the pairs and not two clouds.

type MetricRounds = {
  readonly name: string
  /** What was found, in words. */
  readonly sentence: string
  readonly valueText: (value: number) => string
  readonly rounds: readonly { readonly name: string; readonly order: string; readonly a: number; readonly b: number }[]
}

const metricsMax = 24

export function roundsSection(metrics: readonly MetricRounds[]): Markup {
  const shown = metrics.filter(({ rounds }) => rounds.length > 0).slice(0, metricsMax)
  if (shown.length === 0) return html`<p>No round has figures of both sides.</p>`
  return html`<p class="round">${sign('a')} A ${sign('b')} B, joined by round.</p>${shown.map(
    (metric, index) => html`<figure><figcaption><strong>${metric.name}</strong>: ${metric.sentence}</figcaption>
${inBothSizes({ wide: 220, narrow: 210 }, (size) => roundsChart(metric, `rounds-${index}-${size.name}`, size))}
${behindChart({
  caption: `${metric.name} by round`,
  head: ['round', 'order', 'A', 'B'],
  words: [0, 1],
  rows: metric.rounds.map(({ name, order, a, b }) => ({
    cells: [name, order, metric.valueText(a), metric.valueText(b)],
  })),
})}</figure>`,
  )}`
}

function roundsChart({ name, sentence, valueText, rounds }: MetricRounds, id: string, size: Size): Markup {
  const plot: Plot = { left: 66, right: size.width - 14, top: 26, bottom: size.height - 44 }
  const x = linearScale([-0.5, rounds.length - 0.5], [plot.left, plot.right])
  const values = rounds.flatMap(({ a, b }) => [a, b])
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const room = (most - least || Math.abs(most) || 1) * 0.15
  const y = linearScale([least - room, most + room], [plot.bottom, plot.top])
  const every = Math.ceil(rounds.length / (size.name === 'wide' ? 20 : 10))
  return framed({
    id,
    title: `${name} of A and B by round`,
    description: sentence,
    size,
    plot,
    x: {
      label: 'round',
      ticks: rounds.flatMap((one, index) => (index % every === 0 ? [{ at: x(index), text: one.name }] : [])),
    },
    y: {
      label: `${name}, not from zero`,
      ticks: [least, (least + most) / 2, most].map((value) => ({ at: y(value), text: valueText(value) })),
    },
    body: html`<g class="round">${rounds.map(({ a, b }, index) => {
      const apart = Math.min(9, (x(1) - x(0)) / 5)
      const [left, right] = [x(index) - apart, x(index) + apart]
      return html`${line(round(left), y(a), round(right), y(b))}<circle cx="${round(left)}" cy="${y(a)}" r="5" class="a"/><rect x="${round(right - 4.5)}" y="${round(y(b) - 4.5)}" width="9" height="9" class="b"/>`
    })}</g>${rounds.length === 1 ? label(plot.right, plot.top - 9, 'end', 'one round') : null}`,
  })
}

const sign = (side: 'a' | 'b'): Markup =>
  html`<svg class="swatch" viewBox="0 0 28 14" aria-hidden="true">${
    side === 'a'
      ? html`<circle cx="14" cy="7" r="5" class="a"/>`
      : html`<rect x="9" y="2" width="10" height="10" class="b"/>`
  }</svg>`
