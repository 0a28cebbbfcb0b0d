import { parseDuration } from '../core/units.js'

/** A claimed figure: one value, a range, or only an upper end, in nanoseconds. */
export type ClaimedSpan = { readonly lowNs: number; readonly highNs: number }

/** Parses `50us`, `2-5ms`, `<1ms`. */
export function parseClaimed(text: string): { readonly value: ClaimedSpan } | { readonly problem: string } {
  const below = /^\s*<\s*(.+)$/.exec(text)
  if (below?.[1] !== undefined) return spanOf('0', below[1], text)
  const range = /^\s*([\d.]+)\s*-\s*([\d.]+)\s*([a-z]+)\s*$/.exec(text)
  if (range === null) return spanOf(text, text, text)
  const [, low = '', high = '', unit = ''] = range
  return spanOf(`${low}${unit}`, `${high}${unit}`, text)
}

function spanOf(low: string, high: string, text: string): ReturnType<typeof parseClaimed> {
  const [from, to] = [parseDuration(low), parseDuration(high)]
  if ('problem' in from || 'problem' in to || to.value <= 0) {
    return { problem: `"${text}" is not a claimed duration; write one such as "50us", "2-5ms" or "<1ms"` }
  }
  if (from.value > to.value) return { problem: `"${text}" ends before it begins; write the smaller figure first` }
  return { value: { lowNs: from.value, highNs: to.value } }
}
