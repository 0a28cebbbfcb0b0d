import { quantileNs } from '../results/quantile.js'
import type { RunResult } from '../results/run-result.js'
import { isWholeRun } from '../results/whole-run.js'
import type { LatencyCheck } from '../sla/checks.js'
import { seriesOf } from '../sla/series.js'
import type { Verdict } from '../sla/verdict.js'
import { alignDecimals, formatBounds, formatDuration, noFigure } from './format.js'

const figuresPerLine = 6

/** What stands below the summary of a set: for each limit the interval across the runs, and its quantile in each of them. */
export function setLines(id: string, results: readonly RunResult[], verdict: Verdict): string[] {
  const checks = verdict.checks.filter((check) => check.kind === 'latency')
  const nameChars = Math.max(0, ...checks.map(({ name }) => name.length))
  const lines = checks.flatMap((check) => {
    const figures = alignDecimals(results.map((run) => quantileText(run, check)))
    const { lowerNs, upperNs } = check
    const bounds = lowerNs === null || upperNs === null ? noFigure : formatBounds(lowerNs, upperNs)
    return [
      `${check.name.padEnd(nameChars)}  ${bounds}`,
      ...chunks(figures).map((line) => `${' '.repeat(nameChars)}  ${line.join('  ')}`),
    ]
  })
  const runs = results.map((run) => (isWholeRun(run) ? run.id : `${run.id} (left out)`))
  return [`set ${id}, the limits across its runs and in each:`, ...lines, `runs ${runs.join(', ')}`]
}

function quantileText(run: RunResult, { name, quantile }: LatencyCheck): string {
  const series = seriesOf(run, name.slice(0, -quantile.length - 1))
  return series === undefined || series.summary.count === 0 ? noFigure : formatDuration(quantileNs(series, quantile))
}

const chunks = (figures: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(figures.length / figuresPerLine) }, (_, index) =>
    figures.slice(index * figuresPerLine, (index + 1) * figuresPerLine),
  )
