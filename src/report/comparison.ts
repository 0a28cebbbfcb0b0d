import { assertNever } from '../core/assert.js'
import type { Comparison } from '../results/comparison.js'
import { type ComparisonVerdict, type MetricVerdict, wholeRounds } from '../sla/comparison.js'
import { comparisonAnnotations } from './annotations.js'
import { comparisonJUnit } from './comparison-junit.js'
import {
  boundsText,
  changeText,
  comparisonAdvice,
  foundSentences,
  headlineWord,
  metricWord,
  moveOf,
  roundsSentence,
  rulesSentence,
  sideText,
  valueText,
} from './comparison-words.js'
import { comparisonPage } from './html/comparison-page.js'
import { jsonText } from './json.js'
import { escaped, markdownTable } from './markdown-text.js'
import { withMaskedUrls } from './mask-urls.js'
import { comparisonReportId } from './schema-ids.js'
import { painted, wrap } from './summary.js'
import { textTable } from './text-table.js'

// A comparison in one of its formats. The worst finding first, what to do next last.

export const comparisonFormats = ['terminal', 'markdown', 'html', 'junit', 'json', 'annotations'] as const
type ComparisonFormat = (typeof comparisonFormats)[number]

export function renderComparison(
  format: ComparisonFormat,
  comparison: Comparison,
  { verdict, color }: { readonly verdict: ComparisonVerdict; readonly color: boolean },
): string {
  const masked = withMaskedUrls(comparison)
  const judged = withMaskedUrls(verdict)
  switch (format) {
    case 'terminal': {
      const text = terminalText(masked, judged)
      return `${color ? painted(text) : text}\n`
    }
    case 'markdown':
      return markdownText(masked, judged)
    case 'html':
      return comparisonPage(masked, { verdict: judged, found: foundSentences(masked, judged) })
    case 'junit':
      return comparisonJUnit(masked, judged)
    case 'json':
      return jsonText({ schema: comparisonReportId, verdict: judged, comparison: masked })
    case 'annotations':
      return comparisonAnnotations(masked, judged)
    default:
      return assertNever(format)
  }
}

function terminalText(comparison: Comparison, verdict: ComparisonVerdict): string {
  const word = headlineWord(comparison, verdict)
  const next = ' '.repeat(word.length + 2)
  const [first = '', ...more] = foundSentences(comparison, verdict)
  const heading = [
    `compare ${comparison.id}`,
    comparison.a.profileName,
    ...roundsSentence(comparison, verdict).split(', '),
  ]
  return [
    [
      ...wrap(heading, { first: '', next: '  ', joint: '  ' }),
      `  A  ${sideText(comparison.a)}`,
      `  B  ${comparison.kind === 'aa' ? 'the same: every difference is noise' : sideText(comparison.b)}`,
    ],
    [...wrap(first, { first: `${word}  `, next }), ...more.flatMap((text) => wrap(text, { first: next, next }))],
    tableLines(verdict.metrics),
    [...wrap(rulesSentence(comparison), { first: '', next: '  ' }), comparisonAdvice(comparison, verdict)],
  ]
    .map((block) => block.join('\n'))
    .join('\n\n')
}

/** The table in parts by what the metrics are for, each part with the worst first: a column for that would not fit. */
function tableLines(metrics: readonly MetricVerdict[]): string[] {
  const [title = [], ...rows] = tableRows(metrics).map((cells) => cells.slice(0, -1))
  const [first = '', ...lines] = textTable([title, ...rows], (column) => column >= 1 && column <= 3)
  const part = (role: MetricVerdict['role'], heading: string): string[] => {
    const own = lines.filter((_, index) => metrics[index]?.role === role)
    return own.length === 0 ? [] : [...(heading === '' ? [] : [heading]), ...own]
  }
  return [first, ...part('deciding', ''), ...part('watched', 'watched:'), ...part('control', 'must not move:')]
}

function tableRows(metrics: readonly MetricVerdict[]): string[][] {
  const rows = metrics.map((metric) => [
    metric.name,
    valueText(metric.a, metric.unit),
    valueText(metric.b, metric.unit),
    changeText(moveOf(metric).change, metric.scale),
    boundsText(metric),
    metricWord[metric.status],
    metric.role === 'deciding' ? '' : metric.role === 'control' ? 'control' : 'watched',
  ])
  return [['metric', 'A', 'B', 'change', 'between', 'verdict', ''], ...rows]
}

function markdownText(comparison: Comparison, verdict: ComparisonVerdict): string {
  const [title = [], ...rows] = tableRows(verdict.metrics)
  const { id, nautilusVersion, startedAt } = comparison
  return [
    `## ${headlineWord(comparison, verdict)}: ${escaped(comparison.a.profileName)}, ${roundsSentence(comparison, verdict)}`,
    '',
    ...foundSentences(comparison, verdict).map((text) => `- ${escaped(text)}`),
    '',
    `- A: ${escaped(sideText(comparison.a))}`,
    `- B: ${comparison.kind === 'aa' ? 'the same: every difference is noise' : escaped(sideText(comparison.b))}`,
    '',
    markdownTable(
      title,
      rows.map((cells) => cells.map((cell) => cell.trim())),
      (column) => column >= 1 && column <= 4,
    ),
    '',
    ...roundLines(comparison, verdict),
    `${rulesSentence(comparison)}. Comparison ${id}, nautilus ${nautilusVersion}, ${startedAt}.`,
    '',
  ].join('\n')
}

/** End-to-end p95 (or the first metric) round by round, folded away. */
function roundLines(comparison: Comparison, verdict: ComparisonVerdict): string[] {
  const metric = verdict.metrics.find(({ name }) => name === 'endToEnd.p95') ?? verdict.metrics[0]
  if (metric === undefined) return []
  const rows = wholeRounds(comparison).flatMap(({ index, order, metrics }) => {
    const pair = metrics[metric.name]
    return pair === undefined
      ? []
      : [[String(index + 1), order, valueText(pair.a, metric.unit), valueText(pair.b, metric.unit)]]
  })
  return [
    `<details><summary>${escaped(metric.name)} by round</summary>`,
    '',
    markdownTable(['round', 'order', 'A', 'B'], rows, (column) => column !== 1),
    '',
    '</details>',
    '',
  ]
}
