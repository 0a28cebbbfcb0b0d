import { stringify } from 'yaml'
import type { RunResult } from '../../results/run-result.js'
import { claimsOf } from '../../sla/claims.js'
import type { Verdict } from '../../sla/verdict.js'
import { caseRows } from '../case-table.js'
import { claimedFigures, claimedGain, claimOutcome, measuredFigures, measuredGain } from '../claim-words.js'
import { componentRows } from '../component-table.js'
import { engineRows, engineTitles } from '../engine-rows.js'
import { formatCount, formatWholeShare, noFigure } from '../format.js'
import { instrumentFacts, systemFacts } from '../run-facts.js'
import { accountingHolds, accountingTerms, type ReportContext } from '../words.js'
import { html, type Markup } from './markup.js'
import { facts, table } from './table.js'

// What stands behind the figures: components, accounting, instrument, machine, profile.

const reasonsShown = 50

export function componentsSection(result: RunResult, verdict: Verdict): Markup | null {
  const rows = componentRows(result, verdict)
  if (rows.length === 0) return null
  return table({
    caption:
      'Components in the order of the profile. Percentiles of components do not add up; their shares of the p95..p99 band do.',
    head: ['component', 'n', 'p50', 'p95', 'p99', 'budget', 'verdict', 'share of p95..p99'],
    words: [0, 6],
    rows: rows.map((row) => ({
      cells: [
        row.name,
        formatCount(row.count),
        row.p50,
        row.p95,
        row.p99,
        row.budget,
        row.verdict,
        row.share === null ? noFigure : formatWholeShare(row.share),
      ],
    })),
  })
}

/** Functions that the run has timed, where it has any. */
export function casesSection(result: RunResult, verdict: Verdict): Markup | null {
  const rows = caseRows(result, verdict)
  if (rows.length === 0) return null
  return table({
    caption: 'Functions timed by themselves; variants were measured in turns',
    head: [
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
    ],
    words: [0, 1, 9],
    rows: rows.map(({ caseName, variant, count, calls, p50, p95, p99, ratio, budget, verdict: word }) => ({
      cells: [caseName, variant, formatCount(count), calls, p50, p95, p99, ratio, budget, word],
    })),
  })
}

/** Figures of others beside those of this run, where the profile has any. */
export function claimsSection(result: RunResult): Markup | null {
  const claims = claimsOf(result)
  if (claims.length === 0) return null
  return table({
    caption: 'Claimed figures beside measured ones; they decide nothing',
    head: ['claim', 'at', 'claimed', 'measured', 'claimed gain', 'measured gain', 'outcome'],
    words: [0, 1, 6],
    rows: claims.map((claim) => ({
      cells: [
        ...[claim.id, claim.at, claimedFigures(claim), measuredFigures(claim), claimedGain(claim), measuredGain(claim)],
        claimOutcome(claim),
      ],
    })),
  })
}

export function accountingSection(result: RunResult): Markup {
  const { accounting } = result
  const terms = accountingTerms(result).map(({ count, word }) => `${formatCount(count)} ${word}`)
  const reasons = Object.entries(accounting.reasons).toSorted(([, a], [, b]) => b - a)
  return html`<p>${formatCount(accounting.planned)} planned = ${terms.join(' + ')}</p>
${accountingHolds(result) ? null : html`<p class="finding">The terms do not sum to what was planned.</p>`}
<p>Beside it: ${formatCount(accounting.duplicates)} repeated, ${formatCount(accounting.late)} late.</p>
${
  reasons.length === 0
    ? null
    : table({
        caption:
          reasons.length > reasonsShown ? `The ${reasonsShown} most frequent reasons of ${reasons.length}` : 'Reasons',
        head: ['reason', 'count'],
        rows: reasons.slice(0, reasonsShown).map(([reason, count]) => ({ cells: [reason, formatCount(count)] })),
      })
}`
}

export function instrumentSection(result: RunResult): Markup {
  const { status, reasons } = result.fidelity
  return facts(
    `The instrument was ${status}${reasons.length === 0 ? '' : `: ${reasons.join('; ')}`}`,
    instrumentFacts(result),
  )
}

export const systemSection = (result: RunResult, { previous }: ReportContext): Markup =>
  html`${facts('Machine and software', systemFacts(result, previous))}${enginesTable(result)}`

function enginesTable(result: RunResult): Markup | null {
  if (result.engines.length === 0) return null
  return table({
    caption: 'Engines over the run; CPU, memory and run queue over the window',
    head: [...engineTitles],
    rows: engineRows(result).map((cells) => ({ cells })),
  })
}

export const profileSection = ({ profile }: RunResult): Markup =>
  html`<details><summary>The profile as it was resolved, secrets masked</summary><pre tabindex="0"><code>${stringify(profile)}</code></pre></details>`

/** Links to files beside the report; a name is a path below its folder, never a scheme. */
export function cpuProfilesSection({ cpuProfiles }: RunResult): Markup | null {
  if (cpuProfiles.length === 0) return null
  return html`<ul>${cpuProfiles.map(
    ({ process, file }) =>
      html`<li>${process}: <a href="./${file.split('/').map(encodeURIComponent).join('/')}" download>${file}</a></li>`,
  )}</ul><p>Open them in the performance panel of Chromium's developer tools, or in speedscope.</p>`
}
