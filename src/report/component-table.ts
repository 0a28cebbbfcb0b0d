import type { RunResult } from '../results/run-result.js'
import type { LatencyCheck } from '../sla/checks.js'
import type { Verdict } from '../sla/verdict.js'
import { alignDecimals, formatDuration, formatLimit, formatWholeShare, noFigure } from './format.js'
import { shownQuantileNs } from './quantile.js'
import { checkWord } from './words.js'

// One row a component: what terminal and Markdown show, as text cells.

type ComponentRow = {
  readonly name: string
  readonly count: number
  readonly p50: string
  readonly p95: string
  readonly p99: string
  readonly p999: string
  readonly budget: string
  readonly verdict: string
  /** Share of the response time of the p95..p99 band; null without attribution. */
  readonly share: number | null
}

/** Rows in the order of the profile; timed functions have a table of their own. A quantile that too few samples carry is `-`. */
export function componentRows(result: RunResult, verdict: Verdict): ComponentRow[] {
  const timed = new Set(result.cases.map(({ name }) => name))
  const groups = result.components.filter(({ name }) => !timed.has(name))
  return groups.map((series) => {
    const checks = verdict.checks.filter(
      (check): check is LatencyCheck => check.kind === 'latency' && check.component === series.name,
    )
    const shown = checks.find((check) => check.quantile === 'p95') ?? checks[0]
    const attributed = result.attribution?.components.find(({ name }) => name === series.name)
    return {
      name: series.name,
      count: series.summary.count,
      p50: formatDuration(shownQuantileNs(series, 'p50')),
      p95: formatDuration(shownQuantileNs(series, 'p95')),
      p99: formatDuration(shownQuantileNs(series, 'p99')),
      p999: formatDuration(shownQuantileNs(series, 'p99.9')),
      budget: shown === undefined ? noFigure : formatLimit(shown.limitNs),
      // Checks come worst first, so the first is the verdict of the component.
      verdict: checks[0] === undefined ? noFigure : checkWord(checks[0]),
      share: attributed?.share ?? null,
    }
  })
}

const barChars = 6
const nameCharsMin = 15
const columnGap = '  '

/** The table as lines of at most `columns` characters; names give way first. */
export function componentLines(rows: readonly ComponentRow[], columns: number): string[] {
  if (rows.length === 0) return []
  const cells = {
    p50: aligned(
      'p50',
      rows.map((row) => row.p50),
    ),
    p95: aligned(
      'p95',
      rows.map((row) => row.p95),
    ),
    p99: aligned(
      'p99',
      rows.map((row) => row.p99),
    ),
    budget: padded(
      'budget',
      rows.map((row) => row.budget),
    ),
  }
  const verdictChars = Math.max(7, ...rows.map((row) => row.verdict.length))
  const verdicts = ['verdict', ...rows.map((row) => row.verdict)].map((word) => word.padEnd(verdictChars))
  const attributed = rows.some((row) => row.share !== null)
  const bars = attributed ? ['in p95..p99', ...rows.map((row) => bar(row.share))] : null
  const right = verdicts.map((word, index) =>
    [
      cells.p50[index],
      cells.p95[index],
      cells.p99[index],
      cells.budget[index],
      word,
      ...(bars ? [bars[index]] : []),
    ].join(columnGap),
  )
  const rightChars = Math.max(...right.map((text) => text.length))
  const longest = Math.max(nameCharsMin, ...rows.map((row) => row.name.length))
  const nameChars = Math.max(4, Math.min(longest, columns - columnGap.length - rightChars))
  const names = ['component', ...rows.map((row) => row.name)]
  return right.map((text, index) => `${shortened(names[index] ?? '', nameChars)}${columnGap}${text}`.trimEnd())
}

const aligned = (title: string, figures: readonly string[]): string[] => padded(title, alignDecimals(figures))

function padded(title: string, texts: readonly string[]): string[] {
  const all = [title, ...texts]
  const width = Math.max(...all.map((text) => text.length))
  return all.map((text) => text.padStart(width))
}

function bar(share: number | null): string {
  if (share === null) return noFigure
  // A share that a person would look for is at least one mark.
  const marks = Math.min(barChars, Math.max(Math.round(share * barChars), share >= 0.05 ? 1 : 0))
  return `${'#'.repeat(marks).padEnd(barChars, '.')} ${formatWholeShare(share).padStart(5)}`
}

function shortened(name: string, chars: number): string {
  return name.length <= chars ? name.padEnd(chars) : `${name.slice(0, chars - 2)}..`
}
