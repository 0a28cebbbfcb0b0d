import type { RunResult, Series } from '../results/run-result.js'
import { type VariantRatio, variantRatio } from '../results/variant-ratio.js'
import type { LatencyCheck } from '../sla/checks.js'
import type { Verdict } from '../sla/verdict.js'
import { alignDecimals, formatCount, formatDuration, formatLimit, noFigure } from './format.js'
import { shownQuantileNs } from './quantile.js'
import { checkWord } from './words.js'

// One row a timed function: what terminal and Markdown show, as text cells. The variants of a case stand together, in the
// order in which it lists them.

type CaseRow = {
  readonly caseName: string
  /** Empty for a case without variants. */
  readonly variant: string
  readonly count: number
  readonly calls: string
  readonly p50: string
  readonly p95: string
  readonly p99: string
  /** Time against the first variant, with its interval over processes. */
  readonly ratio: string
  readonly budget: string
  readonly verdict: string
}

export function caseRows(result: RunResult, verdict: Verdict): CaseRow[] {
  return result.cases.flatMap((entry) => {
    const series = result.components.find(({ name }) => name === entry.name)
    if (series === undefined) return []
    const caseName = entry.of === '' ? entry.name : entry.of
    const first = result.cases.find(({ of }) => of === caseName)
    const ratio =
      first === undefined || first === entry
        ? null
        : variantRatio(result, { of: entry.name, to: first.name, at: 'p50' })
    return [
      {
        caseName,
        variant: entry.name === caseName ? '' : entry.name.slice(caseName.length + 1),
        count: series.summary.count,
        calls: formatCount(entry.callsPerSample),
        ...figuresOf(series),
        ratio: ratio === null ? '' : formatRatio(ratio),
        ...budgetOf(entry.name, verdict),
      },
    ]
  })
}

const figuresOf = (series: Series): Pick<CaseRow, 'p50' | 'p95' | 'p99'> => ({
  p50: formatDuration(shownQuantileNs(series, 'p50')),
  p95: formatDuration(shownQuantileNs(series, 'p95')),
  p99: formatDuration(shownQuantileNs(series, 'p99')),
})

function budgetOf(name: string, verdict: Verdict): Pick<CaseRow, 'budget' | 'verdict'> {
  const checks = verdict.checks.filter(
    (check): check is LatencyCheck => check.kind === 'latency' && check.component === name,
  )
  const shown = checks.find((check) => check.quantile === 'p95') ?? checks[0]
  return {
    budget: shown === undefined ? noFigure : `${shown.quantile} ${formatLimit(shown.limitNs)}`,
    // Checks come worst first, so the first is the verdict of the function.
    verdict: checks[0] === undefined ? noFigure : checkWord(checks[0]),
  }
}

/** `1.47x (1.31-1.65)`; without an interval where one process was all there was. */
export function formatRatio({ value, lower, upper }: VariantRatio): string {
  const interval = lower === null || upper === null ? '' : ` (${threeDigits(lower)}-${threeDigits(upper)})`
  return `${threeDigits(value)}x${interval}`
}

/** Three significant digits, whole from a hundred on. */
export const threeDigits = (value: number): string =>
  Math.abs(value) >= 100 ? formatCount(value) : String(Number(value.toPrecision(3)))

const gap = '  '

/** The table as lines; a case with variants has a line of its own above them. */
export function caseLines(rows: readonly CaseRow[]): string[] {
  if (rows.length === 0) return []
  const columns = [
    column(
      'p50',
      rows.map((row) => row.p50),
    ),
    column(
      'p95',
      rows.map((row) => row.p95),
    ),
    column(
      'p99',
      rows.map((row) => row.p99),
    ),
    column(
      'calls',
      rows.map((row) => row.calls),
    ),
  ]
  const ratios = padded('p50 to the first', rows, (row) => row.ratio)
  const verdicts = rows.some((row) => row.verdict !== noFigure) ? padded('verdict', rows, (row) => row.verdict) : null
  const right = (index: number): string =>
    [...columns.map((cells) => cells[index] ?? ''), ratios[index] ?? '', verdicts?.[index] ?? ''].join(gap).trimEnd()
  const nameChars = Math.max(...rows.map((row) => nameOf(row).length), 'function'.length)
  return [
    `${'function'.padEnd(nameChars)}${gap}${right(0)}`,
    ...rows.flatMap((row, index) => [
      ...(row.variant !== '' && rows[index - 1]?.caseName !== row.caseName ? [row.caseName] : []),
      `${nameOf(row).padEnd(nameChars)}${gap}${right(index + 1)}`,
    ]),
  ]
}

const nameOf = ({ caseName, variant }: CaseRow): string => (variant === '' ? caseName : `  ${variant}`)

function column(title: string, figures: readonly string[]): string[] {
  const texts = [title, ...alignDecimals(figures)]
  const width = Math.max(...texts.map((text) => text.length))
  return texts.map((text) => text.padStart(width))
}

function padded(title: string, rows: readonly CaseRow[], cell: (row: CaseRow) => string): string[] {
  const texts = [rows.some((row) => cell(row) !== '') ? title : '', ...rows.map(cell)]
  const width = Math.max(...texts.map((text) => text.length))
  return texts.map((text) => text.padEnd(width))
}
