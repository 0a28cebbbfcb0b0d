import { Command } from 'commander'
import { NautilusError } from '../core/errors.js'
import type { Exit, Io } from '../core/io.js'
import type { Comparison } from '../results/comparison.js'

type ReportOptions = { readonly format: string; readonly out?: string; readonly json?: true }

/** `nautilus report`: what is kept in one of the formats, from its files alone. */
export const reportCommand = (io: Io, exit: Exit): Command =>
  new Command('report')
    .description(
      'Shows a kept run, set of runs or comparison: the summary again, or a file for a CI server or a script.',
    )
    .argument('<run>', 'an id or its beginning (7f3c, s-12ab, c-3f2a), `last`, `last~1`, or a path')
    .option('--format <format>', 'terminal, markdown, junit or json', 'terminal')
    .option('--json', 'the same as --format json')
    .option('--out <file>', 'write to a file instead of the terminal')
    .addHelpText('after', afterHelp)
    .action(async (reference: string, options: ReportOptions) => {
      const text = await reportText(io, reference, options)
      if (options.out === undefined) io.out(text)
      else await write(io, options.out, text)
      exit(0)
    })

const afterHelp = `
Examples:
  nautilus report last
  nautilus report 7f3c --format markdown >> "$GITHUB_STEP_SUMMARY"
  nautilus report last --format junit --out junit.xml

Exit codes: 0 shown whatever the verdict (\`nautilus gate\` judges), 2 no such run or format, 4 unreadable result,
6 no space to write.
`

async function reportText(io: Io, reference: string, options: ReportOptions): Promise<string> {
  const { reportFormats, renderReport } = await import('../report/render.js')
  const { resolveKept } = await import('../results/references.js')
  const { previousRun, runsFolderOf } = await import('../results/store.js')
  const { judgeKept } = await import('../sla/set-verdict.js')
  const { wallClockIso } = await import('../core/clock.js')
  const name = options.json === true ? 'json' : options.format
  const format = reportFormats.find((candidate) => candidate === name)
  if (format === undefined) {
    throw new NautilusError('USAGE', `"${name}" is not a format`, { hint: `Write one of ${reportFormats.join(', ')}.` })
  }
  const color = io.color && options.out === undefined
  const kept = await resolveKept(io.cwd, reference)
  if (kept.kind === 'comparison') return comparisonText(kept.comparison, format, color)
  const { historyBefore } = await import('../results/history.js')
  const first = kept.kind === 'run' ? kept.result : kept.results[0]
  const judged = judgeKept(kept, { history: first === undefined ? null : await historyBefore(io.cwd, first) })
  const { result, verdict } = judged
  const context = {
    nowIso: wallClockIso(),
    previous: await previousRun(runsFolderOf(io.cwd), kept.kind === 'set' ? (kept.results[0] ?? result) : result),
    reference,
    folder: await reportFolder(io.cwd, kept.folder),
    profile: null,
    services: null,
  }
  if (kept.kind === 'run') return renderReport(format, result, { verdict, context, color })
  const { renderSet } = await import('../report/set.js')
  return renderSet(format, kept, { judged, context, color })
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

/** The folder as a person would type it, where it holds the written reports. */
async function reportFolder(cwd: string, folder: string): Promise<string | null> {
  const { existsSync } = await import('node:fs')
  const { join, relative } = await import('node:path')
  return existsSync(join(folder, 'report.md')) ? relative(cwd, folder) || '.' : null
}

async function write(io: Io, file: string, text: string): Promise<void> {
  const { resolve } = await import('node:path')
  const { writeOutput } = await import('../results/store.js')
  await writeOutput(resolve(io.cwd, file), text)
  io.err(`wrote ${file}\n`)
}
