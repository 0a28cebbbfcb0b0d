import type { RunResult } from '../results/run-result.js'
import type { ExitCode } from './exit.js'
import type { Verdict } from './verdict.js'

/** Whether a run was made to see figures and not to judge them: a load of one URL, and functions by name, need no limit. */
export const isUnlimited = ({ load }: RunResult, { checks, status }: Verdict): boolean =>
  (load.target !== null || load.scenario === 'component') && checks.length === 0 && status === 'noData'

/** A load that nobody asked to judge has done its work as soon as something completed. */
export const exitOfLoad = (result: RunResult, verdict: Verdict): ExitCode =>
  isUnlimited(result, verdict) && result.accounting.completed > 0 ? 0 : verdict.exit
