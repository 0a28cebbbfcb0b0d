import type { RunResult } from '../results/run-result.js'
import type { BaselineVerdict } from '../sla/baseline.js'
import { claimsOf } from '../sla/claims.js'
import { exitOf } from '../sla/exit.js'
import type { Verdict } from '../sla/verdict.js'
import { reportId, verdictId } from './schema-ids.js'

// What `--json` prints; `json-schemas.ts` says the same as schemas.

/** The run and its verdict, and what became of the claims of its profile where it has any. */
export function jsonReport(result: RunResult, verdict: Verdict): string {
  const claims = claimsOf(result)
  return jsonText({ schema: reportId, verdict, ...(claims.length > 0 && { claims }), result })
}

/** The verdict alone, and what a baseline says where one was asked. */
export function jsonVerdict(result: RunResult, verdict: Verdict, baseline?: BaselineVerdict): string {
  const { id, profileName, startedAt } = result
  return jsonText({
    schema: verdictId,
    run: id,
    profileName,
    startedAt,
    ...verdict,
    ...(baseline && { baseline, exit: exitOf([verdict.exit, baseline.exit]) }),
  })
}

/** Any value as `--json` prints it. Pairs of numbers, as buckets with their counts, take one line instead of four. */
export const jsonText = (value: unknown): string =>
  `${JSON.stringify(value, null, 2).replaceAll(/\[\n\s+(-?[\d.e+-]+),\n\s+(-?[\d.e+-]+)\n\s+\]/g, '[$1, $2]')}\n`
