import type { RunResult } from '../results/run-result.js'
import type { BaselineVerdict } from '../sla/baseline.js'
import { exitOf } from '../sla/exit.js'
import type { Verdict } from '../sla/verdict.js'
import { baselineLines } from './baseline.js'
import { jsonVerdict } from './json.js'
import { withMaskedUrls } from './mask-urls.js'
import { painted } from './summary.js'
import { checkSentence, checkWord, labels, sampleSentence, verdictWord } from './words.js'

/** The verdict of a run in lines, worst first: what a gate prints. */
export function verdictText(
  result: RunResult,
  verdict: Verdict,
  shown: { readonly json: boolean; readonly color: boolean; readonly against?: BaselineVerdict },
): string {
  const [maskedResult, maskedVerdict] = [withMaskedUrls(result), withMaskedUrls(verdict)]
  if (shown.json) return jsonVerdict(maskedResult, maskedVerdict, shown.against)
  const text = verdictLines(maskedResult, maskedVerdict, shown.against).join('\n')
  return `${shown.color ? painted(text) : text}\n`
}

function verdictLines(result: RunResult, verdict: Verdict, against: BaselineVerdict | undefined): string[] {
  const exits = [verdict.exit, ...(against === undefined ? [] : [against.exit])]
  const reasons = verdict.status === 'invalid' || verdict.checks.length === 0 ? verdict.reasons : []
  const wordChars = Math.max(7, ...verdict.checks.map((check) => checkWord(check).length))
  return [
    [`${verdictWord[verdict.status]}  ${result.profileName} run ${result.id}`, reasons.join('; ')]
      .filter((part) => part !== '')
      .join(': '),
    ...verdict.checks.map((check) => `${checkWord(check).padEnd(wordChars)}  ${checkSentence(check)}  (${check.path})`),
    sampleSentence(result, verdict),
    ...labels(result, verdict),
    ...(against === undefined ? [] : baselineLines(against)),
    `exit ${exitOf(exits)}`,
  ]
}
