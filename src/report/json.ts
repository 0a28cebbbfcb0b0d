import type { RunResult } from '../results/run-result.js'
import type { Verdict } from '../sla/verdict.js'

// What `--json` prints. Each has a versioned `schema`, which a change of meaning raises.

const reportSchemaId = 'nautilus.report/1'
const verdictSchemaId = 'nautilus.verdict/1'
export const runsSchemaId = 'nautilus.runs/1'

/** The run and its verdict. */
export function jsonReport(result: RunResult, verdict: Verdict): string {
  return text({ schema: reportSchemaId, verdict, result })
}

/** The verdict alone. */
export function jsonVerdict(result: RunResult, verdict: Verdict): string {
  const { id, profileName, startedAt } = result
  return text({ schema: verdictSchemaId, run: id, profileName, startedAt, ...verdict })
}

const text = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`
