import type { RunResult } from '../results/run-result.js'
import type { Check } from './checks.js'
import type { Verdict } from './verdict.js'

/** Whether a run was made to see figures and not to judge them: a load of one URL, and functions by name, need no limit. */
export const isUnlimited = ({ load }: RunResult, { checks, status }: Verdict): boolean =>
  (load.target !== null || load.scenario === 'component') && checks.length === 0 && status === 'noData'

/**
 * Whether nobody asked for a judgement, and the run did what it was for: then that nothing was judged is no failure,
 * whoever asks. A profile is there to set limits, so one without any is not excused.
 */
export const isUnasked = (result: RunResult, checks: readonly Check[]): boolean =>
  (result.quickCommand !== null || result.load.scenario === 'component') &&
  checks.length === 0 &&
  result.accounting.completed > 0
