import { assertNever } from '../core/assert.js'
import type { RunResult } from '../results/run-result.js'
import { jsonReport } from './json.js'
import { junitReport } from './junit.js'
import { markdownReport } from './markdown.js'
import { withMaskedUrls } from './mask-urls.js'
import { terminalReport } from './summary.js'
import type { Shown } from './words.js'

export const reportFormats = ['terminal', 'markdown', 'junit', 'json'] as const
type ReportFormat = (typeof reportFormats)[number]

/**
 * One run in one format. What a result holds was masked when it was written; URLs are masked once more on the way out, and
 * before a format escapes them, which would hide them from the mask.
 */
export function renderReport(format: ReportFormat, result: RunResult, shown: Shown): string {
  const masked = withMaskedUrls(result)
  const verdict = withMaskedUrls(shown.verdict)
  switch (format) {
    case 'terminal':
      return terminalReport(masked, { ...shown, verdict })
    case 'markdown':
      return markdownReport(masked, { ...shown, verdict })
    case 'junit':
      return junitReport(masked, verdict)
    case 'json':
      return jsonReport(masked, verdict)
    default:
      return assertNever(format)
  }
}

/** The files that stand beside result.json in the folder of a run. */
export function reportFiles(result: RunResult, shown: Omit<Shown, 'color'>): Record<string, string> {
  return {
    'report.md': renderReport('markdown', result, { ...shown, color: false }),
    'junit.xml': renderReport('junit', result, { ...shown, color: false }),
  }
}
