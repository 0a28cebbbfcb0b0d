import type { RunResult } from '../results/run-result.js'
import { claimsOf } from '../sla/claims.js'
import { caseLines, caseRows } from './case-table.js'
import { claimLines } from './claim-words.js'
import { formatCount, formatDuration, formatWholeShare } from './format.js'
import { painted, wrap } from './summary.js'
import { advice, checkSentence, checkWord, interruptionSentence, labels, type Shown, spanSentence } from './words.js'

// The closing summary of a run that only times functions: a line each, as many as there are.

/** The summary as text that ends its last line. */
export function componentReport(result: RunResult, shown: Shown): string {
  const { verdict, context } = shown
  const [found, todo] = advice(result, verdict, context)
  const blocks = [
    [...headerLines(result), ...checkLines(result, shown)],
    caseLines(caseRows(result, verdict)),
    claimLines(claimsOf(result)),
    instrumentLines(result),
    [...wrap(found ?? '', { first: '', next: '' }), ...wrap(todo, { first: '', next: '  ' })],
  ]
  const text = blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')
  return `${shown.color ? painted(text) : text}\n`
}

function headerLines(result: RunResult): string[] {
  const { cases, fidelity } = result
  const functions = cases.length === 1 ? '1 function' : `${cases.length} functions`
  const parts = [result.profileName, `run ${result.id}`, functions, spanSentence(result)]
  return wrap([...parts, `instrument ${fidelity.status}`], { first: '', next: '  ', joint: '  ' })
}

function checkLines(result: RunResult, { verdict }: Shown): string[] {
  const wordChars = Math.max(4, ...verdict.checks.map((check) => checkWord(check).length))
  const line = (word: string, text: string): string[] =>
    wrap(text, { first: `${word.padEnd(wordChars)}  `, next: ' '.repeat(wordChars + 2) })
  return [
    ...(verdict.status === 'interrupted' ? line('INTERRUPTED', interruptionSentence(result)) : []),
    ...verdict.checks.flatMap((check) => line(checkWord(check), checkSentence(check))),
    ...labels(result, verdict).flatMap((label) => line('', label)),
  ]
}

function instrumentLines({ fidelity, cases, load }: RunResult): string[] {
  const rounds = Math.max(0, ...cases.map(({ roundCount }) => roundCount))
  const perProcess = Math.max(1, ...cases.map(({ roundsPerProcess }) => roundsPerProcess))
  const processes = Math.ceil(rounds / perProcess)
  const words = [
    `${formatCount(rounds)} rounds in turns over ${processes} fresh processes each`,
    `clock read ${formatDuration(fidelity.clockReadNs)}`,
    `run queue ${formatWholeShare(fidelity.generatorRunQueueShare)}`,
    `collections ${formatWholeShare(load.durationNs === 0 ? 0 : fidelity.generatorGcNs / load.durationNs)}`,
  ]
  return wrap(words.join(', '), { first: 'instrument  ', next: ' '.repeat(12) })
}
