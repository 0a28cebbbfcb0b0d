import type { RunResult } from './run-result.js'

/** Whether a run says something of its profile: it was measured to its end by an instrument that can be trusted. */
export const isWholeRun = ({ interrupted, fidelity }: Pick<RunResult, 'interrupted' | 'fidelity'>): boolean =>
  interrupted === null && fidelity.status !== 'invalid'
