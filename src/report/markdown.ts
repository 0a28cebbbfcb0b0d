import type { RunResult } from '../results/run-result.js'
import type { Check } from '../sla/checks.js'
import { claimsOf } from '../sla/claims.js'
import type { Verdict } from '../sla/verdict.js'
import { caseRows } from './case-table.js'
import { claimedFigures, claimedGain, claimOutcome, measuredFigures, measuredGain } from './claim-words.js'
import { componentRows } from './component-table.js'
import { engineRows, engineTitles } from './engine-rows.js'
import {
  formatBounds,
  formatCount,
  formatDuration,
  formatRate,
  formatShare,
  formatWholeShare,
  noFigure,
} from './format.js'
import { headlineSentence, headlineWord } from './headline.js'
import { escaped, markdownTable } from './markdown-text.js'
import { instrumentFacts, systemFacts } from './run-facts.js'
import { percentileRows, percentileTitles } from './target-lines.js'
import {
  accountingHolds,
  accountingTerms,
  advice,
  checkSentence,
  checkWord,
  labels,
  placeOf,
  type ReportContext,
  sampleSentence,
  spanSentence,
} from './words.js'

// Markdown for the step summary of a CI server: verdict first, a few KiB.

const reasonsShown = 20

export function markdownReport(
  result: RunResult,
  { verdict, context }: { readonly verdict: Verdict; readonly context: ReportContext },
): string {
  const [found, todo] = advice(result, verdict, context)
  const blocks = [
    `## ${headlineWord(result, verdict)}: ${escaped(headlineSentence(result, verdict))}`,
    ...labels(result, verdict).map((label) => `> ${escaped(label)}`),
    `${escaped(result.profileName)}, run ${result.id}, ${spanSentence(result)}, ${formatCount(result.accounting.planned)} ${result.load.unit}, started ${result.startedAt}; ${sampleSentence(result, verdict)}.`,
    // What to do after a failure is to read this very report.
    escaped([found, verdict.status === 'fail' ? null : todo].filter((line) => line !== null).join(' ')),
    checksTable(result, verdict),
    percentilesTable(result),
    componentsTable(result, verdict),
    casesTable(result, verdict),
    claimsTable(result),
    attributionTable(result),
    // Of calls that were made one after the other each came to its end.
    ...(result.load.scenario === 'component' ? [] : [accountingBlock(result)]),
    enginesTable(result),
    instrumentBlock(result),
    systemBlock(result, context),
  ]
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
}

function checksTable(result: RunResult, verdict: Verdict): string {
  if (verdict.checks.length === 0) return ''
  const title = ['verdict', 'check', 'found', 'bounds', 'samples', 'effective', 'over the limit', 'allowed', 'set by']
  return markdownTable(
    title,
    verdict.checks.map((check) => [
      checkWord(check),
      check.name,
      checkSentence(check),
      ...samplesCells(check),
      placeOf(check, result),
    ]),
  )
}

function samplesCells(check: Check): [string, string, string, string, string] {
  if (check.kind !== 'latency') return [noFigure, noFigure, noFigure, noFigure, noFigure]
  const { count, overCount, lowerNs, upperNs, nEffective } = check
  const bounds = lowerNs === null || upperNs === null ? noFigure : formatBounds(lowerNs, upperNs)
  const over = count === 0 ? noFigure : `${formatCount(overCount)} (${formatShare(overCount / count)})`
  const effective = nEffective === null ? noFigure : formatCount(nEffective)
  return [bounds, formatCount(count), effective, over, formatShare(check.allowedShare)]
}

function enginesTable(result: RunResult): string {
  if (result.engines.length === 0) return ''
  return `### Engines\n\n${markdownTable([...engineTitles], engineRows(result))}`
}

function percentilesTable(result: RunResult): string {
  const rows = percentileRows(result)
  if (rows.length === 0) return ''
  const asked =
    result.load.loop === 'closed' ? '' : ' Response time counts from the intended instant, service time from the send.'
  const title = `### ${formatRate(result.load.achievedRatePerSec)} completed\n\n${escaped(result.load.target ?? '')}.${asked}`
  return `${title}\n\n${markdownTable(
    ['time', ...percentileTitles],
    rows.map(({ name, figures }) => [name, ...figures]),
  )}`
}

function componentsTable(result: RunResult, verdict: Verdict): string {
  const rows = componentRows(result, verdict)
  if (rows.length === 0) return ''
  const title = ['component', 'n', 'p50', 'p95', 'p99', 'p99.9', 'budget', 'verdict', 'in p95..p99']
  return `### Components\n\n${markdownTable(
    title,
    rows.map((row) => [
      row.name,
      formatCount(row.count),
      row.p50,
      row.p95,
      row.p99,
      row.p999,
      row.budget,
      row.verdict,
      row.share === null ? noFigure : formatWholeShare(row.share),
    ]),
  )}`
}

function casesTable(result: RunResult, verdict: Verdict): string {
  const rows = caseRows(result, verdict)
  if (rows.length === 0) return ''
  const title = [
    'function',
    'variant',
    'samples',
    'calls a sample',
    'p50',
    'p95',
    'p99',
    'p50 to the first',
    'budget',
    'verdict',
  ]
  return `### Functions\n\n${markdownTable(
    title,
    rows.map((row) => [
      row.caseName,
      row.variant,
      formatCount(row.count),
      ...[row.calls, row.p50, row.p95, row.p99, row.ratio, row.budget, row.verdict],
    ]),
  )}`
}

function claimsTable(result: RunResult): string {
  const claims = claimsOf(result)
  if (claims.length === 0) return ''
  const title = ['claim', 'at', 'claimed', 'measured', 'claimed gain', 'measured gain', 'outcome']
  return `### Claims\n\nThey decide nothing.\n\n${markdownTable(
    title,
    claims.map((claim) => [
      ...[claim.id, claim.at, claimedFigures(claim), measuredFigures(claim), claimedGain(claim), measuredGain(claim)],
      claimOutcome(claim),
    ]),
  )}`
}

function attributionTable({ attribution, load }: RunResult): string {
  if (attribution === null) return ''
  const band = `${formatDuration(attribution.fromNs)} to ${formatDuration(attribution.toNs)}`
  const parts = attribution.parts.filter((part) => part.share >= 0.005).toSorted((a, b) => b.share - a.share)
  return [
    '### Where the time of the p95..p99 band went',
    `Mean of the ${formatCount(attribution.count)} ${load.unit} that took ${band}; parts below 0.5 % are left out.`,
    markdownTable(
      ['stage', 'kind', 'mean', 'share'],
      parts.map((part) => [part.stage, part.kind, formatDuration(part.meanNs), formatShare(part.share)]),
    ),
  ].join('\n\n')
}

function accountingBlock(result: RunResult): string {
  const { accounting } = result
  const terms = accountingTerms(result).map(({ count, word }) => `${formatCount(count)} ${word}`)
  const identity = `${formatCount(accounting.planned)} planned = ${terms.join(' + ')}`
  const beside = `Beside it: ${formatCount(accounting.duplicates)} repeated, ${formatCount(accounting.late)} late.`
  const reasons = Object.entries(accounting.reasons)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, reasonsShown)
    .map(([reason, count]) => `- ${escaped(reason)}: ${formatCount(count)}`)
  const holds = accountingHolds(result) ? '' : '\n\n**BROKEN**: the terms do not sum to what was planned.'
  const list = reasons.length === 0 ? '' : `\n\n${reasons.join('\n')}`
  return `### Accounting\n\n${identity}\n\n${beside}${holds}${list}`
}

const instrumentBlock = (result: RunResult): string =>
  `### Instrument: ${result.fidelity.status}\n\n${markdownTable(['figure', 'value'], instrumentFacts(result))}`

const systemBlock = (result: RunResult, { previous }: ReportContext): string =>
  `### System\n\n${markdownTable(['what', 'value'], systemFacts(result, previous))}`
