import { relative } from 'node:path'
import { wallClockIso } from '../core/clock.js'
import { NautilusError } from '../core/errors.js'
import { type KeptSet, setFolder, writeSet } from '../results/sets.js'
import { previousRun, runsFolderOf } from '../results/store.js'
import type { JudgedSet } from '../sla/set-verdict.js'
import { jsonText } from './json.js'
import { withMaskedUrls } from './mask-urls.js'
import { type ReportFormat, renderReport, reportFiles } from './render.js'
import { setReportId } from './schema-ids.js'
import { setLines } from './set-lines.js'
import type { ReportContext } from './words.js'

// Runs that were measured together, as a report: that of the run which stands for them, with the verdict across all.

type SetShown = { readonly judged: JudgedSet; readonly context: ReportContext; readonly color: boolean }

export function renderSet(format: ReportFormat, { set, results }: Omit<KeptSet, 'folder'>, shown: SetShown): string {
  const { judged, context, color } = shown
  const { result, verdict } = judged
  if (format === 'json') return jsonText({ schema: setReportId, verdict, set, results: withMaskedUrls(results) })
  const text = renderReport(format, result, { verdict, context, color })
  return format === 'terminal' ? `${text}\n${setLines(set.id, results, verdict).join('\n')}\n` : text
}

/** Writes a set that has just ended; a full disk is returned beside the context with which it can still be shown. */
export async function keepSet(
  cwd: string,
  { set, results }: Omit<KeptSet, 'folder'>,
  { judged, profile }: { readonly judged: JudgedSet; readonly profile: string },
): Promise<{ readonly context: ReportContext; readonly problem: NautilusError | null }> {
  const [first] = results
  const context = {
    nowIso: wallClockIso(),
    previous: first === undefined ? null : await previousRun(runsFolderOf(cwd), first),
    reference: set.id,
    folder: relative(cwd, setFolder(cwd, set.id)),
    profile,
    services: 'stopped',
  } as const
  try {
    await writeSet(cwd, set, reportFiles(judged.result, { verdict: judged.verdict, context }))
    return { context, problem: null }
  } catch (error) {
    if (!(error instanceof NautilusError)) throw error
    return { context: { ...context, folder: null }, problem: error }
  }
}
