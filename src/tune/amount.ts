import { nsPerMs, nsPerSec, nsPerUs, parseDuration, parseRate, parseShare, parseSize } from '../core/units.js'

// Numbers as people write them in a profile, and back: a search moves in base units, a profile holds `2.35ms`.

export type Quantity = 'count' | 'duration' | 'size' | 'rate' | 'share'
export type Amount = { readonly quantity: Quantity; readonly value: number }

const units: Readonly<Partial<Record<Quantity, readonly (readonly [name: string, factor: number])[]>>> = {
  duration: [
    ['s', nsPerSec],
    ['ms', nsPerMs],
    ['us', nsPerUs],
    ['ns', 1],
  ],
  size: [
    ['GiB', 1024 ** 3],
    ['MiB', 1024 ** 2],
    ['KiB', 1024],
    ['B', 1],
  ],
}

/** A number, or a text such as `8`, `2.35ms`, `64KiB`, `1000/s` or `5%`; null where it is none of them. */
export function parseAmount(text: string | number): Amount | null {
  if (typeof text === 'number') return Number.isFinite(text) ? { quantity: 'count', value: text } : null
  if (/^\s*-?\d+(\.\d+)?\s*$/.test(text)) return { quantity: 'count', value: Number(text) }
  const parsers = [
    ['duration', parseDuration],
    ['size', parseSize],
    ['rate', parseRate],
    ['share', parseShare],
  ] as const
  for (const [quantity, parse] of parsers) {
    const parsed = parse(text)
    if ('value' in parsed) return { quantity, value: parsed.value }
  }
  return null
}

/** As a person would write it, with as many digits as it takes. */
export function amountText({ quantity, value }: Amount): string {
  if (quantity === 'count') return digits.format(value)
  if (quantity === 'rate') return `${digits.format(value)}/s`
  if (quantity === 'share') return `${digits.format(value * 100)}%`
  const known = units[quantity] ?? []
  const [name, factor] = known.find(([, size]) => value >= size) ?? known.at(-1) ?? ['', 1]
  return `${digits.format(value / factor)}${name}`
}

/** Three significant digits in the unit in which it is written, which is finer than any run can tell. Whole counts stay. */
export function roundedAmount({ quantity, value }: Amount): number {
  if (quantity === 'count' && Number.isInteger(value)) return value
  const text = amountText({ quantity, value })
  const [, number = '', unit = ''] = /^(-?[\d.]+)(.*)$/.exec(text) ?? []
  return parseAmount(`${threeDigits.format(Number(number))}${unit}`)?.value ?? value
}

// 15 digits: what a double holds for certain, so that 0.1 + 0.2 is 0.3.
const digits = new Intl.NumberFormat('en-US', { useGrouping: false, maximumSignificantDigits: 15 })
const threeDigits = new Intl.NumberFormat('en-US', { useGrouping: false, maximumSignificantDigits: 3 })
