import { Command } from 'commander'
import { NautilusError } from '../core/errors.js'
import type { Exit, Io } from '../core/io.js'
import type { Capacity } from '../results/capacity.js'
import type { Comparison } from '../results/comparison.js'

type ReportOptions = {
  readonly format?: string
  readonly out?: string
  readonly json?: true
  readonly open?: true
}
type Rendered = { readonly text: string; readonly folder: string }

/** `nautilus report`: what is kept in one of the formats, from its files alone. */
export const reportCommand = (io: Io, exit: Exit): Command =>
  new Command('report')
    .description(
      'Shows a kept run, set of runs, comparison or search: the summary again, or a file for a CI server or a script.',
    )
    .argument('<run>', 'an id or its beginning (7f3c, s-12ab, c-3f2a, m-7610), `last`, `last~1`, or a path')
    .option(
      '--format <format>',
      'terminal, markdown, html, junit, json, hlog, hgrm, openmetrics, bencher, benchmark-json, badge or annotations (default: what the name of --out tells, else terminal)',
    )
    .option('--json', 'the same as --format json')
    .option('--out <file>', 'write to a file: .html .md .xml .json .hlog .hgrm .prom .txt tell the format')
    .option('--open', 'open the HTML report in the browser')
    .addHelpText('after', afterHelp)
    .action(async (reference: string, options: ReportOptions) => {
      await report(io, reference, options)
      exit(0)
    })

const afterHelp = `
Examples:
  nautilus report last
  nautilus report 7f3c --format markdown >> "$GITHUB_STEP_SUMMARY"
  nautilus report last --open
  nautilus report last --out run.hlog
  nautilus report last --format annotations

Formats:
  html            one page without network: percentiles, timeline, where the time went, slowest requests
  hlog, hgrm      HdrHistogram's log and percentile table
  openmetrics     for the text collector of Prometheus
  bencher         Bencher Metric Format
  benchmark-json  customSmallerIsBetter of github-action-benchmark
  badge           an endpoint of shields.io
  annotations     workflow commands of GitHub: a note beside the line of the profile that sets the limit

Exit codes: 0 shown whatever the verdict (\`nautilus gate\` judges), 2 no such run or format, 4 unreadable result,
6 no space to write.
`

async function report(io: Io, reference: string, options: ReportOptions): Promise<void> {
  const { refuseUnwritable } = await import('../results/store.js')
  if (options.out !== undefined) await refuseUnwritable(io.cwd, [options.out])
  const { text, folder } = await rendered(io, reference, options)
  const { join, relative } = await import('node:path')
  const file = options.out ?? (options.open === true ? relative(io.cwd, join(folder, 'report.html')) : null)
  if (file === null) io.out(text)
  else await write(io, file, text)
  if (options.open === true && file !== null) await open(io, file)
}

async function open(io: Io, file: string): Promise<void> {
  const { resolve } = await import('node:path')
  const { openInBrowser } = await import('../ui/browser.js')
  if (!(await openInBrowser(resolve(io.cwd, file), io.env))) io.err(`there is no browser to open it in; open ${file}\n`)
}

/** What is asked for by name, else by the extension of the file. */
async function formatName({ json, format, out, open }: ReportOptions): Promise<string> {
  const name = json === true ? 'json' : format
  if (open === true && (name ?? 'html') !== 'html') {
    throw new NautilusError('USAGE', `--open shows the HTML report, and ${name} was asked for`, {
      hint: 'Leave one of the two out.',
    })
  }
  if (name !== undefined) return name
  if (open === true) return 'html'
  if (out === undefined) return 'terminal'
  const { formatsOfFiles } = await import('../report/file-format.js')
  return formatsOfFiles([out])[0]?.format ?? 'terminal'
}

async function rendered(io: Io, reference: string, options: ReportOptions): Promise<Rendered> {
  const { reportFormats, renderReport } = await import('../report/render.js')
  const { resolveKept } = await import('../results/references.js')
  const { previousRun, runsFolderOf } = await import('../results/store.js')
  const { judgeKept } = await import('../sla/set-verdict.js')
  const { wallClockIso } = await import('../core/clock.js')
  const name = await formatName(options)
  const format = reportFormats.find((candidate) => candidate === name)
  if (format === undefined) {
    throw new NautilusError('USAGE', `"${name}" is not a format`, { hint: `Write one of ${reportFormats.join(', ')}.` })
  }
  const color = io.color && options.out === undefined
  const kept = await resolveKept(io.cwd, reference)
  const { folder } = kept
  if (kept.kind === 'comparison') return { text: await comparisonText(kept.comparison, format, color), folder }
  if (kept.kind === 'capacity') return { text: await capacityText(kept.capacity, format), folder }
  const { historyBefore } = await import('../results/history.js')
  const first = kept.kind === 'run' ? kept.result : kept.results[0]
  const judged = judgeKept(kept, { history: first === undefined ? null : await historyBefore(io.cwd, first) })
  const { result, verdict } = judged
  const context = {
    nowIso: wallClockIso(),
    previous: await previousRun(runsFolderOf(io.cwd), kept.kind === 'set' ? (kept.results[0] ?? result) : result),
    reference,
    folder: await reportFolder(io.cwd, folder),
    profile: null,
    services: null,
  }
  if (kept.kind === 'run') return { text: renderReport(format, result, { verdict, context, color }), folder }
  const { renderSet } = await import('../report/set.js')
  return { text: renderSet(format, kept, { judged, context, color }), folder }
}

async function comparisonText(comparison: Comparison, name: string, color: boolean): Promise<string> {
  const { comparisonFormats, renderComparison } = await import('../report/comparison.js')
  const { judgeComparison } = await import('../sla/comparison.js')
  const format = comparisonFormats.find((candidate) => candidate === name)
  if (format === undefined) {
    throw new NautilusError('USAGE', `a comparison has no ${name} report`, {
      hint: `Write one of ${comparisonFormats.join(', ')}.`,
    })
  }
  return renderComparison(format, comparison, { verdict: judgeComparison(comparison), color })
}

async function capacityText(capacity: Capacity, name: string): Promise<string> {
  const { capacityFormats, renderCapacity } = await import('../report/capacity.js')
  const format = capacityFormats.find((candidate) => candidate === name)
  if (format !== undefined) return renderCapacity(format, capacity)
  const run = capacity.runId === null ? '' : ` \`nautilus report ${capacity.runId}\` has all of its full-length run.`
  throw new NautilusError('USAGE', `a search has no ${name} report`, {
    hint: `Write one of ${capacityFormats.join(', ')}.${run}`,
  })
}

/** The folder as a person would type it, where it holds the written reports. */
async function reportFolder(cwd: string, folder: string): Promise<string | null> {
  const { existsSync } = await import('node:fs')
  const { join, relative } = await import('node:path')
  return existsSync(join(folder, 'report.md')) ? relative(cwd, folder) || '.' : null
}

async function write(io: Io, file: string, text: string): Promise<void> {
  const { writeOutput } = await import('../results/store.js')
  await writeOutput(io.cwd, file, text)
  io.err(`wrote ${file}\n`)
}
