import { stripVTControlCharacters } from 'node:util'

// Lines of a view as plain data: what fits a terminal is decided here, without a terminal. A character is one column wide;
// what is wider or moves the cursor is taken out of foreign text before it gets here.

/** What a span means. Colour only repeats what its words say. */
export type Tone = 'plain' | 'good' | 'warn' | 'bad' | 'faint' | 'strong'
export type Span = { readonly text: string; readonly tone: Tone }
export type Line = readonly Span[]

export type Size = { readonly columns: number; readonly rows: number }

export type Column = {
  readonly title: string
  readonly width: number
  readonly align: 'left' | 'right'
  /** Where there is no room the lowest goes first. */
  readonly keep: number
}

export type Segment = Span & { readonly keep: number }

const gap = 2
const barSigns = 8
export const barWidth = 15

export const span = (text: string, tone: Tone = 'plain'): Span => ({ text, tone })

/**
 * Lays out a table of fixed columns: widths come from the columns alone, so that nothing moves when figures change.
 * Cells stand in the order of the columns; a column without room is left out with its cells.
 */
export function tableLines(columns: readonly Column[], rows: readonly (readonly Span[])[], width: number): Line[] {
  const kept = fitting(
    columns.map((column) => ({ keep: column.keep, width: column.width })),
    width,
  )
  const line = (cells: readonly Span[]): Line =>
    clipLine(
      kept.flatMap((index, position) => {
        const column = columns[index]
        const cell = cells[index]
        if (column === undefined || cell === undefined) return []
        const text = pad(cell.text, column)
        return position === 0 ? [{ ...cell, text }] : [span(' '.repeat(gap)), { ...cell, text }]
      }),
      width,
    )
  return [line(columns.map((column) => span(column.title, 'faint'))), ...rows.map(line)]
}

/** Joins segments with two blanks and leaves out those of least importance until the line fits. */
export function segmentLine(segments: readonly Segment[], width: number): Line {
  const kept = fitting(
    segments.map((segment) => ({ keep: segment.keep, width: segment.text.length })),
    width,
  )
  const spans = kept.flatMap((index, position) => {
    const segment = segments[index]
    if (segment === undefined) return []
    return position === 0 ? [segment] : [span(' '.repeat(gap)), segment]
  })
  return clipLine(
    spans.map(({ text, tone }) => ({ text, tone })),
    width,
  )
}

export function textLine(text: string, width: number, tone: Tone = 'plain'): Line {
  return clipLine([span(printable(text), tone)], width)
}

/** A bar of eight signs and the share in words: `###.....   41 %`, `########  148 %`. */
export function bar(share: number): string {
  const full = Math.max(0, Math.min(barSigns, Math.round(share * barSigns)))
  const words = Number.isFinite(share) ? `${Math.min(9_999, Math.round(share * 100))} %` : '-'
  return `${'#'.repeat(full)}${'.'.repeat(barSigns - full)}${words.padStart(barWidth - barSigns)}`
}

/** Text of others on one line: no escapes, no control characters, nothing that is two columns wide or none. */
export function printable(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/\p{Cc}+/gu, ' ')
    .replaceAll(/[^\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff\u0370-\u03ff\u0400-\u0482\u2010-\u2027]/gu, '?')
}

function clip(text: string, width: number): string {
  if (text.length <= width) return text
  return width < 2 ? text.slice(0, Math.max(0, width)) : `${text.slice(0, width - 1)}~`
}

/** Indices of what is kept, in their order: the least important goes until the rest fits, the last one stays. */
function fitting(items: readonly { readonly keep: number; readonly width: number }[], width: number): number[] {
  let kept = items.map((_, index) => index)
  const keepOf = (index: number) => items[index]?.keep ?? 0
  const total = () => kept.reduce((sum, index) => sum + (items[index]?.width ?? 0), (kept.length - 1) * gap)
  while (kept.length > 1 && total() > width) {
    const least = kept.reduce((lowest, index) => (keepOf(index) < keepOf(lowest) ? index : lowest))
    kept = kept.filter((index) => index !== least)
  }
  return kept
}

function pad(text: string, { width, align }: Column): string {
  const clipped = clip(text, width)
  return align === 'left' ? clipped.padEnd(width) : clipped.padStart(width)
}

function clipLine(line: Line, width: number): Line {
  let left = width
  return line.flatMap((part) => {
    if (left <= 0) return []
    const text = clip(part.text, left)
    left -= text.length
    return [{ ...part, text }]
  })
}
