import { z } from 'zod'
import { comparison } from '../results/comparison.js'
import { runResult } from '../results/run-result.js'
import { runSet } from '../results/sets.js'
import { studyComparison, studyHeader, studyRun } from '../results/study.js'
import type { BaselineVerdict } from '../sla/baseline.js'
import type { ClaimOutcome } from '../sla/claims.js'
import type { ComparisonVerdict } from '../sla/comparison.js'
import { checkMetric } from '../sla/config.js'
import { type ExitCode, exitCodes } from '../sla/exit.js'
import { comparisonReportId, reportId, setReportId, studyReportId, tunableId, verdictId } from './schema-ids.js'
import { type StudyFound, studyStatuses } from './study.js'
import type { Tunable } from './tunable.js'

// What `--json` prints, as schemas for those who read it: `docs/*.schema.json` are made from them. That they agree with what
// the code gives is checked by a test on what is printed, and by the compiler where no figure is branded.

const count = z.int().min(0)
const ns = z.number()
const share = z.number()
const exit = z
  .literal(Object.keys(exitCodes).map(Number) as ExitCode[])
  .describe('Exit code of the verdict, by docs/exit-codes.md.')

const checkBase = {
  name: z.string().describe('The same in every run: `risk.p95`, `throughput`, `store.agrees`.'),
  component: z.string().describe('A budget group, `end to end`, `load` or `store`.'),
  path: z.string().describe('Where the limit stands in the profile, such as `sla.budget.risk.p95`.'),
  status: z
    .enum(['pass', 'fail', 'inconclusive', 'noData', 'notJudged'])
    .describe('`notJudged`: the measurement is invalid, or a server of the system died.'),
  headroom: share.nullable().describe('Share of the limit that is left; negative where it is exceeded.'),
  critical: z.boolean().describe('Whether it decides the verdict; one that does not only warns.'),
}

const check = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('latency'),
    ...checkBase,
    quantile: z.enum(['p50', 'p95', 'p99', 'p99.9', 'max']),
    observedNs: ns.nullable(),
    limitNs: ns,
    count,
    overCount: count.describe('Samples above the limit.'),
    allowedShare: share.describe('Share of the samples that may be above it.'),
    nEffective: z.number().nullable().describe('Size of an independent sample that would know as much.'),
    lowerNs: ns.nullable().describe('Bound of the quantile; null where the data cannot give it.'),
    upperNs: ns.nullable(),
    confidence: share.describe('One-sided, of each bound.'),
    moreSeconds: z
      .number()
      .nullable()
      .describe('How much longer a run must be to decide this; null where no run could.'),
    basis: z.enum(['single-run', 'across-runs']),
    runCount: count,
  }),
  z.strictObject({
    kind: z.literal('metric'),
    ...checkBase,
    metric: checkMetric,
    observed: z.number().nullable(),
    bound: z.enum(['max', 'min']),
    limit: z.number(),
    lower: z.number().nullable().describe('Bounds of a rate of errors at 95 %; null for what is exact.'),
    upper: z.number().nullable(),
  }),
  z.strictObject({
    kind: z.literal('window'),
    ...checkBase,
    quantile: z.enum(['p50', 'p95', 'p99', 'p99.9']),
    limitNs: ns,
    spanNs: ns,
    phase: z.string().nullable(),
    beganNs: ns.nullable().describe('Since the start of the measured window; null where it held.'),
    lastedNs: ns.nullable(),
    worstShare: share.nullable().describe('Highest share of samples above the limit in a span of this length.'),
    allowedShare: share,
  }),
  z.strictObject({ kind: z.literal('store'), ...checkBase, problem: z.string().nullable() }),
])

const verdict = z.strictObject({
  status: z.enum(['pass', 'fail', 'inconclusive', 'noData', 'invalid', 'interrupted']),
  exit,
  checks: z.array(check).describe('Worst first.'),
  reasons: z.array(z.string()).describe('Why there is no verdict, or what is to be known beside it.'),
  degraded: z.boolean().describe('Whether the instrument was disturbed; the verdict stands.'),
  suspect: z
    .array(z.string())
    .describe('Checks whose figure is below half of what earlier runs had: work that was not done is fast.'),
  runCount: count.describe('Runs that were judged together.'),
})

const metricBase = {
  name: z.string().describe('Such as `endToEnd.p95`, `risk.p95`, `throughput`, `errors.rate`, `cpu.risk`.'),
  unit: z.enum(['ns', 'perSec', 'share', 'bytes']),
  better: z.enum(['lower', 'higher']),
}

const baselineVerdict = z.strictObject({
  name: z.string(),
  status: z.enum(['ok', 'regressed', 'inconclusive', 'noData', 'missing', 'unfit']),
  exit,
  metrics: z
    .array(
      z.strictObject({
        ...metricBase,
        role: z.enum(['deciding', 'watched']),
        status: z.enum(['ok', 'regressed', 'improved', 'inconclusive', 'noData']),
        value: z.number().nullable(),
        centre: z.number().nullable(),
        lower: z.number().nullable().describe('Where the next run was expected, at the least.'),
        upper: z.number().nullable(),
        occasionCount: count.describe('Earlier runs with this figure.'),
      }),
    )
    .describe('Worst first.'),
  reason: z.string().nullable().describe('Why nothing was compared, or what is to be known beside it.'),
}) satisfies z.ZodType<BaselineVerdict, unknown>

const claim = z.strictObject({
  id: z.string(),
  at: z.enum(['p50', 'p95', 'p99', 'max']),
  status: z.enum(['held', 'exceeded', 'notReproduced', 'undecided', 'noData']),
  claimed: z.strictObject({ before: z.string().nullable(), after: z.string() }).describe('As it was written down.'),
  claimedGain: z.strictObject({ low: z.number(), high: z.number().nullable() }).nullable(),
  before: z.strictObject({ name: z.string(), ns: ns.nullable() }).nullable(),
  after: z.strictObject({ name: z.string(), ns: ns.nullable() }),
  gain: z
    .strictObject({ value: z.number(), lower: z.number().nullable(), upper: z.number().nullable() })
    .nullable()
    .describe('How many times as fast the second variant is as the first.'),
}) satisfies z.ZodType<ClaimOutcome, unknown>

const comparisonVerdict = z.strictObject({
  status: z.enum(['regressed', 'improved', 'ok', 'inconclusive', 'noData', 'interrupted']),
  exit,
  metrics: z
    .array(
      z.strictObject({
        ...metricBase,
        role: z.enum(['deciding', 'watched', 'control']),
        status: z.enum(['regressed', 'improved', 'ok', 'inconclusive', 'noData']),
        scale: z
          .enum(['ratio', 'difference'])
          .describe('`ratio`: change, bounds and margin are shares of A; `difference`: shares of all requests.'),
        margin: share,
        change: share.nullable().describe('Positive where B is worse, whichever way the metric improves.'),
        lower: share.nullable(),
        upper: share.nullable(),
        a: z.number().nullable().describe('Median over the rounds.'),
        b: z.number().nullable(),
        roundCount: count,
        decidedAt: count.nullable().describe('Rounds at which it was decided.'),
        detectable: share.nullable().describe('Least change that all rounds would find, at the noise that was seen.'),
        reason: z.string().nullable(),
      }),
    )
    .describe('Worst first.'),
  culprit: z
    .strictObject({ component: z.string(), metric: z.string(), componentNs: ns, endToEndNs: ns })
    .nullable()
    .describe('The component that moved most with the end-to-end time: a finger that points, not an account.'),
  roundCount: count,
  repeatedCount: count.describe('Rounds without figures, each of which was repeated.'),
  reasons: z.array(z.string()),
}) satisfies z.ZodType<ComparisonVerdict, unknown>

/** `nautilus gate RUN --json`. */
export const verdictReport = z.strictObject({
  schema: z.literal(verdictId),
  run: z.string(),
  profileName: z.string(),
  startedAt: z.string(),
  ...verdict.shape,
  baseline: baselineVerdict.optional().describe('Where `--baseline` was asked; `exit` is then that of both.'),
})

/** `bench --json`, `load --json`, and `report RUN --json`. */
export const runReport = z.strictObject({
  schema: z.literal(reportId),
  verdict,
  claims: z.array(claim).optional().describe('Of a profile with claims only.'),
  result: runResult,
})

/** `bench --runs N --json`, and `report` of a set. */
export const setReport = z.strictObject({
  schema: z.literal(setReportId),
  verdict: verdict.describe('Across all runs.'),
  set: runSet.omit({ schema: true }),
  results: z.array(runResult),
})

/** `compare --json`, and `report` and `gate` of a comparison. */
export const comparisonReport = z.strictObject({
  schema: z.literal(comparisonReportId),
  verdict: comparisonVerdict,
  comparison,
})

const tunable = z.strictObject({
  path: z.string(),
  value: z.string().describe('What the profile has now.'),
  range: z.string().describe('`100us to 50ms`, or the choices.'),
  scale: z.enum(['linear', 'log', 'choice']),
  named: z.boolean().describe('Whether `tune` of the profile names it, so that a search may change it.'),
}) satisfies z.ZodType<Tunable, unknown>

/** `tune --list --json`. */
export const tunableReport = z.strictObject({
  schema: z.literal(tunableId),
  profile: z.string(),
  settings: z.array(tunable),
})

const change = z.strictObject({ path: z.string(), from: z.string(), to: z.string() })

const studyFound = z.strictObject({
  status: z.enum(studyStatuses),
  exit: z.int().describe('Exit code, by docs/exit-codes.md.'),
  best: z
    .strictObject({ set: z.array(z.string()), value: z.number(), isCurrent: z.boolean() })
    .nullable()
    .describe('What the search takes the best to be: no claim.'),
  comparison: studyComparison.nullable().describe('The comparison that decided.'),
  changes: z.array(change).describe('What the patch changes.'),
  dropped: z.array(change).describe('What the search had changed, and a comparison found not to matter.'),
  undecided: z
    .array(z.string())
    .describe('Paths of changes of which no comparison could tell whether they are needed.'),
  patch: z.string().nullable().describe('File of a profile that extends the one that was tuned.'),
  applied: z.boolean().describe('Whether the settings were written into the profile itself.'),
  advice: z.string(),
}) satisfies z.ZodType<StudyFound, unknown>

/** `tune --json`. */
export const studyReport = z.strictObject({
  schema: z.literal(studyReportId),
  ...studyFound.shape,
  study: studyHeader,
  runs: z.array(studyRun),
  comparisons: z.array(studyComparison),
})
