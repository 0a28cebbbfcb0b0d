import type { RunResult, Series } from '../results/run-result.js'
import { alignDecimals, formatCount, formatDuration, formatRate, formatWholeShare } from './format.js'
import { shownQuantileNs } from './quantile.js'

// What the summary of a plain target shows beside what every summary does: the percentiles, and how they came about.

const labelChars = 12
const columnGap = '  '

/** Percentiles of response and service time, aligned; a shipped system has its table of components instead. */
export function percentileLines(result: RunResult): string[] {
  const rows = percentileRows(result)
  if (rows.length === 0) return []
  const cells = percentileTitles.map((title, column) => {
    const texts = [title, ...alignDecimals(rows.map(({ figures }) => figures[column] ?? ''))]
    const width = Math.max(...texts.map((text) => text.length))
    return texts.map((text) => text.padStart(width))
  })
  return ['', ...rows.map(({ name }) => name)].map((name, row) =>
    [name.padEnd(labelChars), ...cells.map((column) => column[row] ?? '')].join(columnGap).trimEnd(),
  )
}

/** Of a plain target; a closed loop has service times only. */
export function percentileRows({ load, endToEnd, service }: RunResult): Row[] {
  if (load.target === null) return []
  return [
    ...(load.loop === 'open' ? [{ name: 'response', figures: figures(endToEnd) }] : []),
    ...(service === null ? [] : [{ name: 'service', figures: figures(service) }]),
  ]
}

type Row = { readonly name: string; readonly figures: readonly string[] }

export const percentileTitles = ['p50', 'p90', 'p95', 'p99', 'p99.9', 'max']

function figures(series: Series): string[] {
  const { count, p90Ns, maxNs } = series.summary
  return [
    shownQuantileNs(series, 'p50'),
    count < 10 ? null : p90Ns,
    shownQuantileNs(series, 'p95'),
    shownQuantileNs(series, 'p99'),
    shownQuantileNs(series, 'p99.9'),
    count === 0 ? null : maxNs,
  ].map(formatDuration)
}

type Fact = readonly [label: string, text: string]

/** What was driven, how much of it completed, and where the time of the slow ones went. */
export function targetFacts(result: RunResult): Fact[] {
  const { load, fidelity, accounting } = result
  if (load.target === null) return []
  const asked = load.loop === 'closed' ? '' : ` of ${formatRate(load.targetRatePerSec)}`
  const { connections, workers } = load
  const driven = [
    load.target,
    ...(connections === null ? [] : [connections === 1 ? '1 connection' : `${formatCount(connections)} connections`]),
    ...(workers === 1 ? [] : [`${workers} workers`]),
  ]
  return [
    ['throughput', `${formatRate(load.achievedRatePerSec)} completed${asked}, ${load.arrivals}`],
    ['target', driven.join(', ')],
    ...(fidelity.libraryPath === null ? [] : [['library', fidelity.libraryPath] as const]),
    ...(accounting.completed === 0 ? [] : slowFacts(result)),
  ]
}

const partsShown = 4

/** Of the requests between p95 and p99: their time by stage, largest first. Budgets have their own table. */
function slowFacts({ attribution, components }: RunResult): Fact[] {
  if (attribution === null || components.length > 0) return []
  const shares = new Map<string, number>()
  for (const { stage, share } of attribution.parts) shares.set(stage, (shares.get(stage) ?? 0) + share)
  const words = [...shares]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, partsShown)
    .filter(([, share]) => share >= 0.005)
    .map(([stage, share]) => `${stageWords[stage] ?? stage} ${formatWholeShare(share)}`)
  return [['p95..p99', words.join(', ')]]
}

const stageWords: Readonly<Record<string, string | undefined>> = {
  driver: 'sent late',
  connection: 'no free connection',
  wire: 'until the first byte',
  body: 'rest of the answer',
}
