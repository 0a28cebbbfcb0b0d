import { assert } from '../../core/assert.js'
import type { Parsed } from '../../core/units.js'

// Decimal strings exist only at the edges (HTTP, files). Inside, a price is a whole number of ticks and a quantity a
// whole number of lots; the way between goes digit by digit, because 0.1 * 10^8 in floats is not always 10^7.

/** Most decimals an instrument may have: one unit then is 10^12 ticks, which leaves 9,007 units below 2^53. */
const decimalsMax = 12

const plain = /^(\d+)(?:\.(\d+))?$/

/** Parses `"50000.10"` with 2 decimals into 5000010. Refuses signs, exponents, more decimals than the instrument has, and what leaves 2^53. */
export function parseDecimal(text: string, decimals: number): Parsed {
  assert(decimals >= 0 && decimals <= decimalsMax, 'decimals are within the limit')
  const match = plain.exec(text)
  if (match?.[1] === undefined) return { problem: problemOf(text) }
  const fraction = (match[2] ?? '').replace(/0+$/, '')
  if (fraction.length > decimals) {
    return { problem: `"${clipped(text)}" has ${fraction.length} decimals, at most ${decimals} are allowed` }
  }
  const value = Number(match[1] + fraction.padEnd(decimals, '0'))
  if (!Number.isSafeInteger(value)) return { problem: `"${clipped(text)}" is too large` }
  return { value }
}

/** Writes 5000010 with 2 decimals as `50000.10`. */
export function formatDecimal(value: number, decimals: number): string {
  assert(Number.isSafeInteger(value), 'ticks and lots are safe integers')
  const sign = value < 0 ? '-' : ''
  const digits = String(Math.abs(value))
  if (decimals === 0) return sign + digits
  const padded = digits.padStart(decimals + 1, '0')
  return `${sign}${padded.slice(0, -decimals)}.${padded.slice(-decimals)}`
}

function problemOf(text: string): string {
  const shown = `"${clipped(text)}"`
  if (/^-/.test(text)) return `${shown} is negative`
  if (/^[+\d.]+e[+-]?\d+$/i.test(text)) return `${shown} has an exponent; write all digits`
  return `${shown} is not a decimal number; write one such as "0.25"`
}

const clipped = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}...` : text)
