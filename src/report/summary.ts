import { join } from 'node:path'
import type { RunResult } from '../results/run-result.js'
import type { Check } from '../sla/checks.js'
import { claimsOf } from '../sla/claims.js'
import { endToEndName } from '../sla/series.js'
import { isUnlimited } from '../sla/unlimited.js'
import type { Verdict } from '../sla/verdict.js'
import { busLoads, busSentence } from './bus-load.js'
import { caseLines, caseRows } from './case-table.js'
import { claimLines } from './claim-words.js'
import { componentLines, componentRows } from './component-table.js'
import { engineSentence } from './engine-rows.js'
import { formatAgo, formatCount, formatDuration, formatWholeShare, noFigure } from './format.js'
import { shownQuantileNs } from './quantile.js'
import { breakerSentences, recoverySentences } from './recovery.js'
import { percentileLines, targetFacts } from './target-lines.js'
import {
  accountingHolds,
  accountingTerms,
  advice,
  checkSentence,
  checkWord,
  interruptionSentence,
  labels,
  type ReportContext,
  type Shown,
  sampleSentence,
  serviceNames,
  spanSentence,
  storeSentence,
} from './words.js'

// The closing summary of a run on a terminal: at most 40 lines of at most 80 columns. The worst finding stands first, right
// below the header; what to do next is the last line.

const columns = 80
const labelChars = 12
const linesMax = 40
const entryLinesMax = 3

/** How much of long lists is shown: the first room whose text has at most 40 lines. */
type Room = { readonly components: number; readonly failures: number; readonly silent: number }
const rooms: readonly Room[] = [
  { components: 10, failures: 5, silent: 3 },
  { components: 8, failures: 3, silent: 2 },
  { components: 6, failures: 2, silent: 1 },
  { components: 3, failures: 1, silent: 1 },
  { components: 1, failures: 1, silent: 1 },
]

/** The summary as text that ends its last line. */
export function terminalReport(result: RunResult, shown: Shown): string {
  const texts = rooms.map((room) => summaryText(result, shown, room))
  const text = texts.find((candidate) => candidate.split('\n').length <= linesMax) ?? texts.at(-1) ?? ''
  return `${shown.color ? painted(text) : text}\n`
}

function summaryText(result: RunResult, { verdict, context }: Shown, room: Room): string {
  const rows = componentRows(result, verdict)
  const hidden = rows.length - room.components
  const [found, todo] = advice(result, verdict, context)
  return [
    [...headerLines(result), ...verdictLines(result, verdict, room)],
    percentileLines(result),
    [
      ...componentLines(rows.slice(0, room.components), columns),
      ...(hidden > 0 ? [`and ${hidden} more, in report.md`] : []),
    ],
    caseLines(caseRows(result, verdict)),
    claimLines(claimsOf(result)),
    factLines(result, context),
    [...wrap(found ?? '', { first: '', next: '' }), ...wrap(todo, { first: '', next: '  ' })],
  ]
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')
}

function headerLines(result: RunResult): string[] {
  const parts = [
    result.profileName,
    `run ${result.id}`,
    spanSentence(result),
    `${formatCount(result.accounting.planned)} ${result.load.unit}`,
    `instrument ${result.fidelity.status}`,
  ]
  return wrap(parts, { first: '', next: '  ', joint: '  ' })
}

function verdictLines(result: RunResult, verdict: Verdict, room: Room): string[] {
  const having = (status: Check['status']) => verdict.checks.filter((check) => check.status === status)
  const passes = having('pass')
  const endToEnd = passes.filter((check) => check.component === endToEndName)
  const metrics = passes.filter((check) => check.kind === 'metric')
  const groups = [
    { checks: having('fail').filter((check) => check.critical), shown: room.failures },
    { checks: having('noData'), shown: room.silent },
    { checks: having('inconclusive'), shown: room.failures },
    { checks: having('fail').filter((check) => !check.critical), shown: room.silent },
    { checks: endToEnd, shown: endToEnd.length },
  ]
  const wordChars = Math.max(4, ...groups.flatMap(({ checks }) => checks.map((check) => checkWord(check).length)))
  const line = (check: Check) => entry(checkWord(check), wordChars, checkSentence(check))
  const more = (hidden: number) => (hidden > 0 ? [`${' '.repeat(wordChars)}  and ${hidden} more, in report.md`] : [])
  return [
    ...leadLine(result, verdict),
    ...groups.flatMap(({ checks, shown }) => [...checks.slice(0, shown).flatMap(line), ...more(checks.length - shown)]),
    ...(metrics.length > 0 ? entry('PASS', wordChars, metrics.map(checkSentence).join(', ')) : []),
    ...entry('', wordChars, sampleSentence(result, verdict)),
    ...labels(result, verdict).flatMap((label) => entry('', wordChars, label)),
  ]
}

/** Where there is no verdict, the reason stands where the worst finding would. */
function leadLine(result: RunResult, verdict: Verdict): string[] {
  switch (verdict.status) {
    case 'invalid':
      return entry(
        'INVALID',
        7,
        `no verdict: ${result.fidelity.reasons.join('; ') || 'the instrument cannot be trusted'}`,
      )
    case 'interrupted':
      return entry('INTERRUPTED', 11, interruptionSentence(result))
    case 'noData':
      return verdict.checks.some((check) => check.status === 'noData') || isUnlimited(result, verdict)
        ? []
        : entry('NO DATA', 7, verdict.reasons.join('; '))
    default:
      return []
  }
}

const entry = (word: string, wordChars: number, sentence: string): string[] =>
  shortened(wrap(sentence, { first: `${word.padEnd(wordChars)}  `, next: ' '.repeat(wordChars + 2) }))

/** Two words make room for the sign that some are missing, whatever their length. */
const shortened = (lines: string[]): string[] =>
  lines.length <= entryLinesMax
    ? lines
    : [...lines.slice(0, entryLinesMax - 1), (lines[entryLinesMax - 1] ?? '').replace(/( \S+){2}$/, ' ...')]

function factLines(result: RunResult, context: ReportContext): string[] {
  const store = storeSentence(result)
  const services = serviceNames(result)
  const bus = busSentence(result)
  const engines = engineSentence(result)
  return [
    ...accountingLines(result),
    ...targetFacts(result).flatMap(([label, text]) => fact(label, text)),
    ...(store === null ? [] : fact('postgresql', store)),
    ...(engines === null ? [] : fact('engines', engines)),
    ...recoverySentences(result).flatMap((sentence) => fact('recovery', sentence)),
    ...breakerSentences(result).flatMap((sentence) => fact('breaker', sentence)),
    ...(bus === null ? [] : fact('bus', bus)),
    ...(result.buses.length < 2 ? [] : busLoads(result).flatMap(({ name, words }) => fact('bus', `${name} ${words}`))),
    ...fact('instrument', instrumentWords(result)),
    ...result.cpuProfiles.flatMap(({ file }) => fact('cpu profile', join(context.folder ?? '', file))),
    ...(services.length === 0 ? [] : fact('services', [...services, ...servicesWord(result, context)].join(', '))),
    ...(context.previous === null || context.previous.endToEnd.summary.count === 0
      ? []
      : fact('last run', lastRunWords(context.previous, context.nowIso))),
  ]
}

const fact = (label: string, text: string): string[] =>
  wrap(text, { first: label.padEnd(labelChars), next: ' '.repeat(labelChars) })

function accountingLines(result: RunResult): string[] {
  const [first, ...others] = accountingTerms(result).map(({ count, word }) => `${formatCount(count)} ${word}`)
  const ended = others.slice(0, 2).map((term) => `+ ${term}`)
  const broken = others.slice(2).map((term) => `+ ${term}`)
  const { duplicates, late, failed, timedOut, reasons } = result.accounting
  // Messages that answered nobody are a reason for what timed out.
  const explained = failed + timedOut > 0 && Object.keys(reasons).length > 0
  const beside = [
    ...(duplicates > 0 ? [`${formatCount(duplicates)} repeated`] : []),
    ...(late > 0 ? [`${formatCount(late)} late`] : []),
  ]
  const indent = ' '.repeat(labelChars)
  const planned = `${formatCount(result.accounting.planned)} planned = ${first}`
  return [
    ...wrap([planned, ...ended], { first: 'accounting'.padEnd(labelChars), next: indent, joint: ' ' }),
    ...wrap(broken, { first: indent, next: indent, joint: ' ' }),
    ...(beside.length > 0 ? [`${' '.repeat(labelChars)}beside it ${beside.join(', ')}`] : []),
    ...(explained ? shortened(fact('reasons', reasonWords(result))) : []),
    ...(accountingHolds(result) ? [] : [`${' '.repeat(labelChars)}BROKEN: the terms do not sum to what was planned`]),
  ]
}

function reasonWords({ accounting }: RunResult): string {
  const reasons = Object.entries(accounting.reasons).toSorted(([, a], [, b]) => b - a)
  return reasons
    .slice(0, 4)
    .map(([reason, count]) => `${formatCount(count)} ${reason}`)
    .join(', ')
}

function instrumentWords({ fidelity }: RunResult): string {
  const sent = `sent ${formatCount(fidelity.sentCount)} of ${formatCount(fidelity.plannedCount)}`
  const queue = `run queue ${formatWholeShare(fidelity.generatorRunQueueShare)}`
  const lateness = fidelity.lateness.count === 0 ? noFigure : formatDuration(fidelity.lateness.p99Ns)
  const words = [`lateness p99 ${lateness}`, sent, queue]
  if (fidelity.noiseFloor !== null) words.push(`noise floor p99 ${formatDuration(fidelity.noiseFloor.p99Ns)}`)
  if (fidelity.keptAwake) words.push('cores kept awake')
  if (fidelity.negativeDifferences > 0) words.push(`${formatCount(fidelity.negativeDifferences)} negative differences`)
  if (fidelity.serverOverruns > 0) {
    words.push(`Server-Timing above the time of ${formatCount(fidelity.serverOverruns)} answers`)
  }
  if (fidelity.sumMismatches > 0) words.push(`${formatCount(fidelity.sumMismatches)} sums that do not agree`)
  return words.join(', ')
}

/** What became of our own; a server that runs elsewhere is never stopped. */
function servicesWord(result: RunResult, { services }: ReportContext): string[] {
  const own = result.services.filter(({ origin }) => origin !== 'url')
  if (services === null || own.length === 0) return []
  const word = services === 'stopped' ? 'stopped' : 'still running'
  if (own.length < result.services.length) return [`${own.map(({ name }) => name).join(', ')} ${word}`]
  const count = serviceNames(result).length
  const all = count === 1 ? '' : count === 2 ? 'both ' : 'all '
  return [`${all}${word}`]
}

function lastRunWords(previous: RunResult, nowIso: string): string {
  const p95 = formatDuration(shownQuantileNs(previous.endToEnd, 'p95'))
  return `${previous.id}, ${formatAgo(previous.startedAt, nowIso)}: end to end p95 ${p95}`
}

/** Breaks at joints (spaces of a text) so that no line is longer than the terminal; a longer word is cut. */
export function wrap(
  parts: string | readonly string[],
  { first, next, joint = ' ' }: { readonly first: string; readonly next: string; readonly joint?: string },
): string[] {
  const words = typeof parts === 'string' ? pieces(parts) : [...parts]
  if (words.length === 0) return []
  const lines: string[] = []
  let line = first
  let empty = true
  for (const word of words) {
    const glue = empty ? '' : joint
    if (!empty && line.length + glue.length + word.trim().length > columns) {
      lines.push(line.trimEnd())
      line = next + word.trimStart()
    } else {
      line += glue + word
    }
    empty = false
  }
  return [...lines, line.trimEnd()].map((text) => (text.length <= columns ? text : `${text.slice(0, columns - 2)}..`))
}

/** Words of a sentence; a figure stays with its unit, and a double space stays as an empty word. */
const pieces = (text: string): string[] => (text === '' ? [] : text.split(/ (?!(?:[num]?s|%|[KMG]iB)(?!\w))/))

const paints = [
  { pattern: /\b(FAIL|REGRESSED|INVALID|DISAGREES|BROKEN)\b/g, code: 31 },
  { pattern: /\b(NO DATA|INTERRUPTED|INCONCLUSIVE|WARN)\b/g, code: 33 },
  { pattern: /\b(PASS|OK|IMPROVED)\b/g, code: 32 },
] as const

/** Colours the verdict words; the words themselves carry the meaning. */
export function painted(text: string): string {
  return paints.reduce((done, { pattern, code }) => done.replaceAll(pattern, `\u001b[${code}m$&\u001b[39m`), text)
}
