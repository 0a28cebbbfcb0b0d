import type { RunResult } from '../results/run-result.js'
import { annotationsReport } from './annotations.js'
import { badgeReport } from './badge.js'
import { bencherReport } from './bencher.js'
import { benchmarkJsonReport } from './benchmark-json.js'
import { componentReport } from './component-summary.js'
import { hgrmReport, hlogReport } from './hdr.js'
import { htmlReport } from './html/page.js'
import { jsonReport } from './json.js'
import { junitReport } from './junit.js'
import { markdownReport } from './markdown.js'
import { withMaskedUrls } from './mask-urls.js'
import { openMetricsReport } from './openmetrics.js'
import { terminalReport } from './summary.js'
import type { Shown } from './words.js'

type Renderer = (result: RunResult, shown: Shown) => string

const renderers = {
  terminal: (result, shown) =>
    result.load.scenario === 'component' ? componentReport(result, shown) : terminalReport(result, shown),
  markdown: markdownReport,
  html: htmlReport,
  junit: (result, { verdict }) => junitReport(result, verdict),
  json: (result, { verdict }) => jsonReport(result, verdict),
  hlog: hlogReport,
  hgrm: hgrmReport,
  openmetrics: openMetricsReport,
  bencher: bencherReport,
  'benchmark-json': benchmarkJsonReport,
  badge: badgeReport,
  annotations: annotationsReport,
} as const satisfies Record<string, Renderer>

export type ReportFormat = keyof typeof renderers
export const reportFormats = Object.keys(renderers) as readonly ReportFormat[]

/**
 * One run in one format. What a result holds was masked when it was written; URLs are masked once more on the way out, and
 * before a format escapes them, which would hide them from the mask.
 */
export function renderReport(format: ReportFormat, result: RunResult, shown: Shown): string {
  const render: Renderer = renderers[format]
  return render(withMaskedUrls(result), maskedShown(shown))
}

/** The files that stand beside result.json in the folder of a run. */
export function reportFiles(result: RunResult, shown: Omit<Shown, 'color'>): Record<string, string> {
  // Masked once for all: a result of ten minutes has a hundred thousand figures.
  const masked = withMaskedUrls(result)
  const maskedWords = maskedShown({ ...shown, color: false })
  return {
    'report.md': renderers.markdown(masked, maskedWords),
    'report.html': renderers.html(masked, maskedWords),
    'junit.xml': renderers.junit(masked, maskedWords),
  }
}

const maskedShown = (shown: Shown): Shown => ({ ...shown, verdict: withMaskedUrls(shown.verdict) })
