import type { RunResult } from '../results/run-result.js'
import type { Verdict } from '../sla/verdict.js'

// What `--json` prints. Each has a versioned `schema`, which a change of meaning raises.

const reportSchemaId = 'nautilus.report/1'
const verdictSchemaId = 'nautilus.verdict/1'

/** The run and its verdict. */
export function jsonReport(result: RunResult, verdict: Verdict): string {
  return jsonText({ schema: reportSchemaId, verdict, result })
}

/** The verdict alone. */
export function jsonVerdict(result: RunResult, verdict: Verdict): string {
  const { id, profileName, startedAt } = result
  return jsonText({ schema: verdictSchemaId, run: id, profileName, startedAt, ...verdict })
}

/** Any value as `--json` prints it. */
export const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`
