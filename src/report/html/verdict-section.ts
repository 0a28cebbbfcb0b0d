import { assertNever } from '../../core/assert.js'
import type { RunResult } from '../../results/run-result.js'
import type { Check, CheckStatus } from '../../sla/checks.js'
import type { ComparisonVerdict } from '../../sla/comparison.js'
import type { Verdict, VerdictStatus } from '../../sla/verdict.js'
import { formatCount, formatDuration, formatLimit, formatShare, formatWholeShare, noFigure } from '../format.js'
import { headlineSentence, headlineWord, measuredSentence } from '../headline.js'
import { advice, checkSentence, checkWord, labels, type ReportContext, sampleSentence, spanSentence } from '../words.js'
import { html, type Markup } from './markup.js'
import { table } from './table.js'

// What a reader came for: the word, the figure and its limit, what is to be known before it is believed, what to do next.

type Known = { readonly result: RunResult; readonly verdict: Verdict; readonly context: ReportContext }

export function verdictSection({ result, verdict, context }: Known): Markup {
  const [found, todo] = advice(result, verdict, context)
  const notes = labels(result, verdict)
  const measured = measuredSentence(result, verdict)
  return html`<section class="verdict ${measured === null ? verdict.status : 'measured'}" aria-labelledby="verdict">
<h1 id="verdict">${measured === null ? signOf(verdict.status) : null}<span class="word">${headlineWord(result, verdict)}</span> <span class="sentence">${headlineSentence(result, verdict)}</span></h1>
<p class="run"><strong>${result.profileName}</strong>, run ${result.id}, ${spanSentence(result)}, ${formatCount(result.accounting.planned)} ${result.load.unit}, instrument ${result.fidelity.status}, started <time datetime="${result.startedAt}">${result.startedAt}</time></p>
<p class="run">${sampleSentence(result, verdict)}</p>
${notes.length === 0 ? null : html`<ul class="notes">${notes.map((note) => html`<li>${note}</li>`)}</ul>`}
${found === null ? null : html`<p>${found}</p>`}
${verdict.status === 'fail' ? null : html`<p>${todo}</p>`}
</section>`
}

export function checksSection(verdict: Verdict): Markup {
  if (verdict.checks.length === 0) return html`<p>The profile sets no limit, so nothing was checked.</p>`
  return table({
    caption:
      'The worst first. Bounds and effective n allow for latencies that follow each other being alike; headroom counts from the upper bound.',
    head: ['check', 'found', 'limit', 'headroom', 'bounds', 'n', 'effective n', 'over limit', 'allowed'],
    words: [0, 1],
    rows: verdict.checks.map((check) => ({
      cells: [
        html`<span class="status ${check.status}">${signOf(check.status)}${checkWord(check)}</span> ${check.name}${check.critical ? null : html` <span class="soft">(warns only)</span>`}<br><code class="soft">${check.path}</code>`,
        ...figureCells(check),
      ],
    })),
  })
}

function figureCells(check: Check): string[] {
  const headroom = check.headroom === null ? noFigure : formatWholeShare(check.headroom)
  if (check.kind !== 'latency') {
    return [
      checkSentence(check).replace(`${check.name} `, ''),
      noFigure,
      headroom,
      ...Array.from({ length: 5 }, () => noFigure),
    ]
  }
  const { observedNs, limitNs, lowerNs, upperNs, count, nEffective, overCount, allowedShare } = check
  return [
    formatDuration(observedNs),
    formatLimit(limitNs),
    headroom,
    lowerNs === null && upperNs === null ? noFigure : `${formatDuration(lowerNs)} to ${formatDuration(upperNs)}`,
    formatCount(count),
    nEffective === null ? noFigure : formatCount(nEffective),
    count === 0 ? noFigure : formatShare(overCount / count),
    formatShare(allowedShare),
  ]
}

type Status = VerdictStatus | CheckStatus | ComparisonVerdict['status']

/** A shape beside the word, so that neither colour nor language is needed to tell verdicts apart. */
export function signOf(status: Status): Markup {
  return html`<svg class="sign" viewBox="0 0 20 20" aria-hidden="true"><path d="${signPath(status)}"/></svg>`
}

function signPath(status: Status): string {
  switch (status) {
    case 'pass':
    case 'ok':
      return 'M3 11l5 5L17 4'
    case 'improved':
      return 'M10 17V4M4 10l6-6l6 6'
    case 'fail':
    case 'regressed':
      return 'M4 4l12 12M16 4L4 16'
    case 'inconclusive':
      return 'M3 8c4-6 10 6 14 0M3 14c4-6 10 6 14 0'
    case 'noData':
    case 'notJudged':
      return 'M3 10h14'
    case 'invalid':
    case 'interrupted':
      return 'M10 2v10M10 16v2'
    default:
      return assertNever(status)
  }
}
