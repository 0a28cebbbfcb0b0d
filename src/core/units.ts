import { assert } from './assert.js'

// Quantities of the whole program and how people write them. Inside, every duration is nanoseconds, every size bytes,
// every rate per second, every share a fraction of one; the unit a person wrote is gone after parsing.

declare const unit: unique symbol
type Branded<Base, Unit extends string> = Base & { readonly [unit]: Unit }

/** Nanoseconds of CLOCK_MONOTONIC, shared by all processes of a host; exact below 2^53 (104 days of uptime). */
export type InstantNs = Branded<number, 'InstantNs'>
/** Nanoseconds between two instants. */
export type DurationNs = Branded<number, 'DurationNs'>
export type Bytes = Branded<number, 'Bytes'>

export const instantNs = (value: number): InstantNs => value as InstantNs
export const durationNs = (value: number): DurationNs => value as DurationNs
export const bytes = (value: number): Bytes => value as Bytes

export const nsPerUs = 1_000
export const nsPerMs = 1_000_000
export const nsPerSec = 1_000_000_000

/** The span between two instants of one process. */
export const elapsed = (from: InstantNs, to: InstantNs): DurationNs => {
  assert(to >= from, 'time does not run backwards')
  return (to - from) as DurationNs
}

/** The span between instants of two processes; may be negative by the grain of their clocks, and is counted where it is. */
export const difference = (from: InstantNs, to: InstantNs): DurationNs => (to - from) as DurationNs

export const later = (from: InstantNs, by: DurationNs): InstantNs => (from + by) as InstantNs

const durationUnits: Readonly<Record<string, number>> = {
  ns: 1,
  us: nsPerUs,
  ms: nsPerMs,
  s: nsPerSec,
  m: 60 * nsPerSec,
  h: 3600 * nsPerSec,
  d: 86_400 * nsPerSec,
}
const sizeUnits: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
}
const ratePeriods: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 }

/** What a quantity parser returns: the value in the base unit, or the sentence that says what to write instead. */
export type Parsed = { readonly value: number } | { readonly problem: string }

/** Parses `10ms`, `1.5s`, `100us` into nanoseconds. */
export function parseDuration(text: string | number): Parsed {
  return parseWithUnit(text, durationUnits, { examples: ['ms', 's'], noun: 'a duration' })
}

/** Parses `64KiB`, `4GB` into bytes. */
export function parseSize(text: string | number): Parsed {
  return parseWithUnit(text, sizeUnits, { examples: ['KiB'], noun: 'a size' })
}

/** Parses `1000/s`, `40/m` into a number per second. */
export function parseRate(text: string | number): Parsed {
  const match = /^\s*([0-9][0-9_,]*(?:\.[0-9]+)?)\s*\/\s*([a-z]+)\s*$/.exec(String(text))
  const period = ratePeriods[match?.[2] ?? '']
  if (match?.[1] !== undefined && period !== undefined) {
    return { value: Number(match[1].replaceAll(/[_,]/g, '')) / period }
  }
  if (/^\s*[0-9.]+\s*$/.test(String(text))) return { problem: `"${text}" has no unit; write "${text}/s"` }
  return { problem: `"${text}" is not a rate; write one such as "1000/s" (units: /s, /m, /h)` }
}

/** Parses `0.01%` or `0.0001` into a fraction of one. */
export function parseShare(text: string | number): Parsed {
  const match = /^\s*([0-9]+(?:\.[0-9]+)?)\s*(%?)\s*$/.exec(String(text))
  if (match === null) return { problem: `"${text}" is not a share; write one such as "1%" or 0.01` }
  const value = match[2] === '%' ? Number(match[1]) / 100 : Number(match[1])
  if (value <= 1) return { value }
  return { problem: `"${text}" is above 1; write ${match[2] === '%' ? 'at most 100%' : `"${text}%" for percent`}` }
}

function parseWithUnit(
  text: string | number,
  units: Readonly<Record<string, number>>,
  words: { readonly examples: readonly string[]; readonly noun: string },
): Parsed {
  const match = /^\s*([0-9][0-9_]*(?:\.[0-9]+)?)\s*([A-Za-z]*)\s*$/.exec(String(text))
  if (match?.[1] === undefined) {
    return { problem: `"${text}" is not ${words.noun}; write one such as "10${words.examples[0]}"` }
  }
  const amount = Number(match[1].replaceAll('_', ''))
  const name = match[2] ?? ''
  if (name === '' && amount === 0) return { value: 0 }
  if (name === '') {
    const written = words.examples.map((unit) => `"${match[1]}${unit}"`)
    return { problem: `"${text}" has no unit; write ${written.join(' or ')}` }
  }
  const factor = units[name]
  // Rounded: 0.07 x 1e6 is 70000.00000000001, and base units are whole.
  if (factor !== undefined) return { value: Math.round(amount * factor) }
  return { problem: `"${text}" has the unknown unit "${name}"; write one of ${Object.keys(units).join(', ')}` }
}
