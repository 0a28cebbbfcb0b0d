import type { RunResult } from '../results/run-result.js'
import { claimsOf } from '../sla/claims.js'
import { caseLines, caseRows } from './case-table.js'
import { claimLines } from './claim-words.js'
import { formatCount, formatDuration, formatWholeShare } from './format.js'
import { painted } from './summary.js'
import { advice, checkSentence, checkWord, interruptionSentence, labels, type Shown, spanSentence } from './words.js'

// The closing summary of a run that only times functions: a line each, as many as there are.

/** The summary as text that ends its last line. */
export function componentReport(result: RunResult, shown: Shown): string {
  const { verdict, context } = shown
  const [found, todo] = advice(result, verdict, context)
  const blocks = [
    [headerLine(result), ...checkLines(result, shown)],
    caseLines(caseRows(result, verdict)),
    claimLines(claimsOf(result)),
    [instrumentLine(result)],
    [...(found === null ? [] : [found]), todo],
  ]
  const text = blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')
  return `${shown.color ? painted(text) : text}\n`
}

function headerLine(result: RunResult): string {
  const { cases, fidelity } = result
  const functions = cases.length === 1 ? '1 function' : `${cases.length} functions`
  const parts = [result.profileName, `run ${result.id}`, functions, spanSentence(result)]
  return [...parts, `instrument ${fidelity.status}`].join('  ')
}

function checkLines(result: RunResult, { verdict }: Shown): string[] {
  const wordChars = Math.max(4, ...verdict.checks.map((check) => checkWord(check).length))
  return [
    ...(verdict.status === 'interrupted' ? [`INTERRUPTED  ${interruptionSentence(result)}`] : []),
    ...verdict.checks.map((check) => `${checkWord(check).padEnd(wordChars)}  ${checkSentence(check)}`),
    ...labels(result, verdict).map((label) => `${' '.repeat(wordChars)}  ${label}`),
  ]
}

function instrumentLine({ fidelity, cases, load }: RunResult): string {
  const rounds = Math.max(0, ...cases.map(({ roundCount }) => roundCount))
  const perProcess = Math.max(1, ...cases.map(({ roundsPerProcess }) => roundsPerProcess))
  const processes = Math.ceil(rounds / perProcess)
  return [
    `instrument  ${formatCount(rounds)} rounds in turns over ${processes} fresh processes each`,
    `clock read ${formatDuration(fidelity.clockReadNs)}`,
    `run queue ${formatWholeShare(fidelity.generatorRunQueueShare)}`,
    `collections ${formatWholeShare(load.durationNs === 0 ? 0 : fidelity.generatorGcNs / load.durationNs)}`,
  ].join(', ')
}
