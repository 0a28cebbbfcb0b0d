import { Command } from 'commander'
import { NautilusError } from '../core/errors.js'
import type { Exit, Io } from '../core/io.js'

type ReportOptions = { readonly format: string; readonly out?: string; readonly json?: true }

/** `nautilus report`: a kept run in one of the formats, from its file alone. */
export const reportCommand = (io: Io, exit: Exit): Command =>
  new Command('report')
    .description('Shows a kept run: the closing summary again, or a file for a CI server or a script.')
    .argument('<run>', 'an id or its beginning, `last`, `last~1`, or a path to a run folder or result.json')
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
  const { previousRun, resolveRun, runsFolderOf } = await import('../results/store.js')
  const { judge } = await import('../sla/verdict.js')
  const { wallClockIso } = await import('../core/clock.js')
  const name = options.json === true ? 'json' : options.format
  const format = reportFormats.find((candidate) => candidate === name)
  if (format === undefined) {
    throw new NautilusError('USAGE', `"${name}" is not a format`, { hint: `Write one of ${reportFormats.join(', ')}.` })
  }
  const run = await resolveRun(io.cwd, reference)
  const context = {
    nowIso: wallClockIso(),
    previous: await previousRun(runsFolderOf(io.cwd), run.result),
    reference,
    folder: await reportFolder(io.cwd, run.folder),
    profile: null,
    services: null,
  }
  const color = io.color && options.out === undefined
  return renderReport(format, run.result, { verdict: judge(run.result), context, color })
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
