import type { RunResult } from '../results/run-result.js'
import type { LatencyCheck } from '../sla/checks.js'
import { endToEndName } from '../sla/series.js'
import type { Verdict, VerdictStatus } from '../sla/verdict.js'
import { formatDuration, formatLimit } from './format.js'
import { measuredSentence } from './headline.js'
import { jsonText } from './json.js'
import { verdictWord } from './words.js'

// What shields.io fetches for an endpoint badge: the verdict in a word with the figure that decides it, for a README.

const colors: Readonly<Record<VerdictStatus, string>> = {
  pass: 'brightgreen',
  fail: 'red',
  inconclusive: 'yellow',
  noData: 'lightgrey',
  invalid: 'lightgrey',
  interrupted: 'lightgrey',
}

export function badgeReport(result: RunResult, { verdict }: { readonly verdict: Verdict }): string {
  const measured = measuredSentence(result, verdict)
  if (measured !== null) {
    return jsonText({ schemaVersion: 1, label: result.profileName, message: measured, color: 'blue', isError: false })
  }
  const figure = figureOf(verdict)
  return jsonText({
    schemaVersion: 1,
    label: result.profileName,
    message: `${verdictWord[verdict.status].toLowerCase()}${figure === null ? '' : `, ${figure}`}`,
    color: colors[verdict.status],
    // A badge that a visitor colours anew must not look like a pass.
    isError: verdict.status !== 'pass',
  })
}

/** The worst check of a failed run, the end-to-end limit of a passed one; none where nothing was judged. */
function figureOf({ status, checks }: Verdict): string | null {
  const latencies = checks.filter((check): check is LatencyCheck => check.kind === 'latency')
  const shown =
    status === 'pass' ? (latencies.find(({ component }) => component === endToEndName) ?? latencies[0]) : latencies[0]
  const isJudged = status === 'pass' || status === 'fail' || status === 'inconclusive'
  if (!isJudged || shown === undefined || shown.observedNs === null) return null
  return `${shown.component} ${shown.quantile} ${formatDuration(shown.observedNs)} of ${formatLimit(shown.limitNs)}`
}
