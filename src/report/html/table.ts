import { html, type Markup } from './markup.js'

// Tables that a screen reader can walk: a caption, a scope for each heading, figures aligned to the right.

type Cell = string | Markup
export type Row = {
  readonly cells: readonly Cell[]
  /** Where the row stands on the x axis of the chart above it, 0 to 1. */
  readonly at?: number
}
type Table = {
  readonly caption: string
  readonly head: readonly string[]
  readonly rows: readonly Row[]
  /** Columns of words; the others hold figures. */
  readonly words?: readonly number[]
}

/** The first cell of each row is its heading. */
export function table({ caption, head, rows, words = [0] }: Table): Markup {
  const kind = (index: number) => (words.includes(index) ? 'word' : 'figure')
  return html`<div class="table" role="group" aria-label="${caption}" tabindex="0"><table>
<caption><span>${caption}</span></caption>
<thead><tr>${head.map((text, index) => html`<th scope="col" class="${kind(index)}">${text}</th>`)}</tr></thead>
<tbody>${rows.map(
    ({ cells, at }) =>
      html`<tr${at === undefined ? null : html` data-at="${Math.round(at * 1e4) / 1e4}"`}>${cells.map((cell, index) =>
        index === 0
          ? html`<th scope="row" class="${kind(0)}">${cell}</th>`
          : html`<td class="${kind(index)}">${cell}</td>`,
      )}</tr>
`,
  )}</tbody></table></div>`
}

/** Pairs of a name and a value. */
export const facts = (caption: string, pairs: readonly (readonly [string, Cell])[]): Markup =>
  html`<div class="facts"><table><caption>${caption}</caption>
<tbody>${pairs.map(
    ([name, value]) => html`<tr><th scope="row" class="word">${name}</th><td class="word">${value}</td></tr>
`,
  )}</tbody></table></div>`

/** The figures behind a chart, folded away. */
export const behindChart = (shown: Table): Markup =>
  html`<details><summary>Figures: ${shown.caption}</summary>${table(shown)}</details>`
