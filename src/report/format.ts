import { nsPerMs, nsPerSec, nsPerUs } from '../core/units.js'

// The one formatter of figures: three significant digits, with the unit that keeps them readable. Pure.

/** What stands where a figure is not known or not measured. */
export const noFigure = '-'

const durationUnits = [
  { name: 'ns', ns: 1 },
  { name: 'us', ns: nsPerUs },
  { name: 'ms', ns: nsPerMs },
  { name: 's', ns: nsPerSec },
] as const

const sizeUnits = [
  { name: 'B', bytes: 1 },
  { name: 'KiB', bytes: 1024 },
  { name: 'MiB', bytes: 1024 ** 2 },
  { name: 'GiB', bytes: 1024 ** 3 },
] as const

/** A measured duration: `870 ns`, `41.2 us`, `3.90 ms`, `12.0 s`. */
export function formatDuration(ns: number | null): string {
  if (ns === null || !Number.isFinite(ns)) return noFigure
  const sign = ns < 0 ? '-' : ''
  const size = Math.abs(ns)
  for (const unit of durationUnits) {
    const digits = threeDigits(size / unit.ns)
    const last = unit.name === 's'
    // 999.6 us rounds to 1000 us, which is written 1.00 ms.
    if (Number(digits) < 1000 || last) {
      const whole = unit.name === 'ns' && Number.isInteger(size)
      return `${sign}${whole ? String(size) : grouped(digits)} ${unit.name}`
    }
  }
  return noFigure
}

/** Bounds of a measured duration, the unit once where it is the same: `3.91 to 5.43 ms`, `848 ms to 1.18 s`. */
export function formatBounds(lowerNs: number, upperNs: number): string {
  const [lower, upper] = [formatDuration(lowerNs), formatDuration(upperNs)]
  const unit = upper.slice(upper.lastIndexOf(' '))
  return lower.endsWith(unit) ? `${lower.slice(0, -unit.length)} to ${upper}` : `${lower} to ${upper}`
}

/** A duration that a person chose, as they would write it: `5 ms`, `1.5 s`, `200 ms`. */
export function formatLimit(ns: number | null): string {
  if (ns === null || !Number.isFinite(ns)) return noFigure
  if (ns === 0) return '0 ms'
  const unit = durationUnits.findLast((candidate) => Math.abs(ns) >= candidate.ns) ?? durationUnits[0]
  return `${grouped(String(Number((ns / unit.ns).toPrecision(6))))} ${unit.name}`
}

/** `1,000/s`, `999.9/s`, `12.5/s`. */
export function formatRate(ratePerSec: number): string {
  return `${formatNumber(ratePerSec)}/s`
}

/** `30,000` */
export function formatCount(count: number): string {
  return grouped(String(Math.round(count)))
}

/** A number without a unit: whole from a thousand on, else up to one decimal above 100 and three digits below. */
function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return noFigure
  const size = Math.abs(value)
  if (size >= 999.95) return formatCount(value)
  return String(Number(size >= 100 ? value.toFixed(1) : value.toPrecision(3)))
}

/** A fraction of one with three digits: `5.02 %`, `0.012 %`, `90 %`; one below 1 with as many as tell it from 1: `99.9967 %`. */
export function formatShare(share: number): string {
  if (!Number.isFinite(share)) return noFigure
  const percent = share * 100
  const digits = Number(percent.toPrecision(3))
  if (share >= 1 || digits < 100) return `${digits} %`
  const missing = 100 * (1 - share)
  return `${Number(percent.toFixed(1 - Math.floor(Math.log10(missing))))} %`
}

/** A fraction of one in whole percent, for bars and columns: `38 %`. */
export function formatWholeShare(share: number): string {
  return Number.isFinite(share) ? `${Math.round(share * 100)} %` : noFigure
}

/** `27.4 MiB` */
export function formatBytes(bytes: number): string {
  for (const unit of sizeUnits) {
    const digits = threeDigits(bytes / unit.bytes)
    if (Number(digits) < 1024 || unit.name === 'GiB') {
      return `${unit.name === 'B' ? String(Math.round(bytes)) : grouped(digits)} ${unit.name}`
    }
  }
  return noFigure
}

/** How long ago: `4 min ago`, `yesterday`, `12 days ago`. Both in ISO 8601. */
export function formatAgo(thenIso: string, nowIso: string): string {
  const seconds = (Date.parse(nowIso) - Date.parse(thenIso)) / 1000
  if (!Number.isFinite(seconds)) return thenIso
  if (seconds < 60) return 'just now'
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`
  if (seconds < 24 * 3600) return `${Math.floor(seconds / 3600)} h ago`
  const days = Math.floor(seconds / (24 * 3600))
  return days === 1 ? 'yesterday' : `${days} days ago`
}

/** Pads the figures of one column so that their decimal points and their units stand below each other. */
export function alignDecimals(figures: readonly string[]): string[] {
  const parts = figures.map(splitFigure)
  const width = (pick: (part: FigureParts) => string) => Math.max(0, ...parts.map((part) => pick(part).length))
  const whole = width((part) => part.whole)
  const fraction = width((part) => part.fraction)
  const unit = width((part) => part.unit)
  return parts.map((part) => part.whole.padStart(whole) + part.fraction.padEnd(fraction) + part.unit.padStart(unit))
}

type FigureParts = { readonly whole: string; readonly fraction: string; readonly unit: string }

function splitFigure(figure: string): FigureParts {
  if (figure === noFigure) return { whole: figure, fraction: '', unit: '' }
  const match = /^(-?[\d,]*)(\.\d+)?(.*)$/.exec(figure)
  return { whole: match?.[1] ?? '', fraction: match?.[2] ?? '', unit: match?.[3] ?? '' }
}

/** Three significant digits, never in scientific notation. */
function threeDigits(value: number): string {
  if (Math.abs(value) >= 1000) return String(Math.round(value))
  const digits = value.toPrecision(3)
  return digits.includes('e') ? String(Number(digits)) : digits
}

function grouped(digits: string): string {
  const [whole = '', fraction] = digits.split('.')
  const marked = whole.replaceAll(/\B(?=(\d{3})+$)/g, ',')
  return fraction === undefined ? marked : `${marked}.${fraction}`
}
