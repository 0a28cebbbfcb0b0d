import type { RunResult } from '../results/run-result.js'
import type { BaselineVerdict } from '../sla/baseline.js'
import { exitOf } from '../sla/exit.js'
import { isUnlimited } from '../sla/unlimited.js'
import type { Verdict } from '../sla/verdict.js'
import { baselineLines } from './baseline.js'
import { headlineWord } from './headline.js'
import { jsonVerdict } from './json.js'
import { withMaskedUrls } from './mask-urls.js'
import { painted, wrap } from './summary.js'
import { checkSentence, checkWord, labels, placeOf, sampleSentence } from './words.js'

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
  const head = `${headlineWord(result, verdict)}  ${result.profileName} run ${result.id}`
  const wordChars = Math.max(7, ...verdict.checks.map((check) => checkWord(check).length))
  return [
    ...wrap([head, reasonsOf(result, verdict)].filter((part) => part !== '').join(': '), { first: '', next: '  ' }),
    ...verdict.checks.flatMap((check) => {
      const word = `${checkWord(check).padEnd(wordChars)}  `
      return wrap(`${checkSentence(check)}  (${placeOf(check, result)})`, {
        first: word,
        next: ' '.repeat(word.length),
      })
    }),
    ...[sampleSentence(result, verdict), ...labels(result, verdict)].flatMap((text) =>
      wrap(text, { first: '', next: '  ' }),
    ),
    ...(against === undefined ? [] : baselineLines(against)),
    `exit ${exitOf(exits)}`,
  ]
}

/** Why there is no verdict; what the checks say by themselves is not said twice. */
function reasonsOf(result: RunResult, verdict: Verdict): string {
  if (isUnlimited(result, verdict)) return 'the run sets no limit, so there is nothing to judge'
  return verdict.status === 'invalid' || verdict.checks.length === 0 ? verdict.reasons.join('; ') : ''
}
