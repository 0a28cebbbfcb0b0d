import { join, relative } from 'node:path'
import { wallClockIso } from '../core/clock.js'
import { NautilusError } from '../core/errors.js'
import { appendHistory, historyBefore } from '../results/history.js'
import type { RunResult } from '../results/run-result.js'
import { previousRun, resultFileName, runsFolderOf, writeRunFiles } from '../results/store.js'
import { judge, type OnInconclusive, type Verdict } from '../sla/verdict.js'
import { withMaskedUrls, withMaskedWords } from './mask-urls.js'
import { reportFiles } from './render.js'
import type { ReportContext } from './words.js'

type Ended = {
  /** What must not be seen in what others have said. */
  readonly secrets: readonly string[]
  readonly profile: ReportContext['profile']
  readonly services: ReportContext['services']
  readonly inconclusive?: OnInconclusive
}
type KeptRun = { readonly context: ReportContext; readonly problem: NautilusError | null }

/** Masks, judges and keeps a run that has just ended: what every command that measures does with each of its runs. */
export async function judgeAndKeep(
  cwd: string,
  found: RunResult,
  { secrets, inconclusive = 'fail', ...named }: Ended,
): Promise<KeptRun & { readonly result: RunResult; readonly verdict: Verdict }> {
  const result = withMaskedWords(found, secrets)
  const verdict = judge(result, { inconclusive, history: await historyBefore(cwd, result) })
  return { result, verdict, ...(await keepRun(cwd, { result, verdict, ...named })) }
}

type Concluded = {
  readonly result: RunResult
  readonly verdict: Verdict
  readonly profile: ReportContext['profile']
  readonly services: ReportContext['services']
}

/**
 * Writes a run that has just ended into its folder. A full disk is no reason to lose what was measured: then the problem
 * is returned beside the context with which the run can still be shown.
 */
async function keepRun(cwd: string, { result, verdict, profile, services }: Concluded): Promise<KeptRun> {
  const folder = join(runsFolderOf(cwd), result.id)
  const previous = await previousRun(runsFolderOf(cwd), result)
  const named = { reference: result.id, folder: relative(cwd, folder), profile }
  const context = { nowIso: wallClockIso(), previous, ...named, services }
  try {
    const files = reportFiles(result, { verdict, context })
    await writeRunFiles(folder, { [resultFileName]: `${JSON.stringify(withMaskedUrls(result))}\n`, ...files })
  } catch (error) {
    if (!(error instanceof NautilusError)) throw error
    return { context: { ...context, folder: null }, problem: error }
  }
  return { context, problem: await historyProblem(cwd, withMaskedUrls(result)) }
}

async function historyProblem(cwd: string, result: RunResult): Promise<NautilusError | null> {
  try {
    await appendHistory(cwd, result)
    return null
  } catch (error) {
    if (error instanceof NautilusError) return error
    throw error
  }
}
