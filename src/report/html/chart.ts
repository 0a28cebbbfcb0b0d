import { assert } from '../../core/assert.js'
import { formatDuration } from '../format.js'
import { html, type Markup } from './markup.js'

// What the charts share: scales, axes, and the frame with its name and description. Every chart is drawn twice, for a wide
// page and for a phone, since text that shrinks with its picture cannot be read.

export type Size = { readonly name: 'wide' | 'narrow'; readonly width: number; readonly height: number }
export type Plot = { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number }
export type Scale = (value: number) => number
export type Tick = { readonly at: number; readonly text: string }

const widths = { wide: 880, narrow: 340 } as const

/** A picture for each width, of which the style shows one. */
export const inBothSizes = (
  heights: { readonly wide: number; readonly narrow: number },
  draw: (size: Size) => Markup,
): Markup =>
  html`${(['wide', 'narrow'] as const).map(
    (name) => html`<div class="${name}">${draw({ name, width: widths[name], height: heights[name] })}</div>`,
  )}`

export const linearScale =
  (from: readonly [number, number], to: readonly [number, number]): Scale =>
  (value) =>
    round(to[0] + ((value - from[0]) / (from[1] - from[0] || 1)) * (to[1] - to[0]))

export function logScale(from: readonly [number, number], to: readonly [number, number]): Scale {
  assert(from[0] > 0 && from[1] > from[0], 'a log scale runs upward from above zero')
  const linear = linearScale([Math.log10(from[0]), Math.log10(from[1])], to)
  return (value) => linear(Math.log10(Math.max(value, from[0])))
}

/** The powers of ten around some durations, at least one apart. */
export function decadesAround(valuesNs: readonly number[]): [number, number] {
  const positive = valuesNs.filter((value) => value > 0 && Number.isFinite(value))
  if (positive.length === 0) return [1, 10]
  const low = Math.floor(Math.log10(positive.reduce((least, value) => Math.min(least, value))))
  const high = Math.ceil(Math.log10(positive.reduce((most, value) => Math.max(most, value))))
  return [10 ** low, 10 ** Math.max(high, low + 1)]
}

/** Ticks of a log axis of durations; with few decades 2 and 5 of each as well. */
export function durationTicks([low, high]: readonly [number, number], scale: Scale): Tick[] {
  const decades = Math.round(Math.log10(high / low))
  const steps = decades > 3 ? [1] : [1, 2, 5]
  return Array.from({ length: decades + 1 }, (_, index) => low * 10 ** index)
    .flatMap((decade) => steps.map((step) => decade * step))
    .filter((value) => value <= high * 1.001)
    .map((value) => ({ at: scale(value), text: shortDuration(value) }))
}

/** A round figure as an axis shows it: `20 ms`, never `20.0 ms`. */
export const shortDuration = (ns: number): string =>
  formatDuration(ns)
    .replace(/(\.\d*?)0+ /, '$1 ')
    .replace('. ', ' ')

/** Round steps from zero to at most `max`, some `count` of them. */
export function evenSteps(max: number, count: number): number[] {
  if (!(max > 0)) return [0]
  const raw = max / count
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10) * power
  return Array.from({ length: Math.floor(max / step + 1e-9) + 1 }, (_, index) => index * step)
}

type Framed = {
  /** Unique on the page. */
  readonly id: string
  readonly title: string
  readonly description: string
  readonly size: Pick<Size, 'width' | 'height'>
  readonly plot: Plot
  readonly x: { readonly label: string; readonly ticks: readonly Tick[] }
  readonly y: { readonly label: string; readonly ticks: readonly Tick[] } | null
  readonly body: Markup
}

/** An SVG with axes, grid, and a name that a screen reader says. */
export function framed({ id, title, description, size, plot, x, y, body }: Framed): Markup {
  return html`<svg role="img" aria-labelledby="${id}-t" aria-describedby="${id}-d" viewBox="0 0 ${size.width} ${size.height}" data-plot="${plot.left} ${plot.right}">
<title id="${id}-t">${title}</title><desc id="${id}-d">${description}</desc>
<g class="grid">${x.ticks.map((tick) => line(tick.at, plot.top, tick.at, plot.bottom))}${(y?.ticks ?? []).map((tick) => line(plot.left, tick.at, plot.right, tick.at))}</g>
<g class="axis">${x.ticks.map((tick) => label(tick.at, plot.bottom + 16, 'middle', tick.text))}
${(y?.ticks ?? []).map((tick) => label(plot.left - 7, tick.at + 4, 'end', tick.text))}
${label((plot.left + plot.right) / 2, plot.bottom + 34, 'middle', x.label, 'name')}
${y === null ? null : label(plot.left, plot.top - 9, 'start', y.label, 'name')}</g>
${body}<line class="cursor" x1="0" x2="0" y1="${plot.top}" y2="${plot.bottom}"/></svg>`
}

export const label = (x: number, y: number, anchor: 'start' | 'middle' | 'end', text: string, kind = ''): Markup =>
  html`<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" class="${kind}">${text}</text>`

export const line = (x1: number, y1: number, x2: number, y2: number, kind = ''): Markup =>
  html`<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" class="${kind}"/>`

/** A path through points; a null leaves a gap. */
export function pathThrough(points: readonly (readonly [number, number] | null)[], kind: string): Markup {
  const moves = points.map((point, index) => {
    if (point === null) return ''
    return `${index === 0 || points[index - 1] === null ? 'M' : 'L'}${round(point[0])} ${round(point[1])}`
  })
  return html`<path d="${moves.join('')}" class="${kind}"/>`
}

export const round = (value: number): number => Math.round(value * 10) / 10
