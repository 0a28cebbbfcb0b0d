import { z } from 'zod'

// A search for better settings, as `nautilus tune` writes it: one JSON value a line, the study first, then each run and each
// comparison when it is over. Lines are only ever added.

export const studySchemaId = 'nautilus.study/1'

const count = z.int().min(0)
const settings = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
  .describe('By path; numbers in base units. Settings that do not count here are left out.')
const written = z.array(z.string()).describe('As `--set` takes it: `path=value`.')

export const studyHeader = z.strictObject({
  kind: z.literal('study'),
  schema: z.literal(studySchemaId),
  id: z.string(),
  nautilusVersion: z.string(),
  startedAt: z.string(),
  profile: z.string().describe('As it was named.'),
  set: written.describe('Settings of all runs.'),
  profileName: z.string(),
  input: z.record(z.string(), z.unknown()).describe('The profile with these settings, secrets masked.'),
  machineClass: z.string(),
  goal: z.string().describe('`minimise endToEnd.p95`'),
  seed: z.int(),
  runsMax: count.describe('Runs that were asked for when it began.'),
  space: z.record(z.string(), z.unknown()).describe('Parameters with their ranges, and forbidden combinations.'),
  current: settings.describe('Settings of the profile.'),
  currentSet: written,
})
export type StudyHeader = z.output<typeof studyHeader>

const limited = z.strictObject({ observed: z.number(), limit: z.number(), bound: z.enum(['max', 'min']) })

export const studyRun = z.strictObject({
  kind: z.literal('run'),
  index: count,
  purpose: z
    .enum(['current', 'cover', 'model', 'again'])
    .describe('The profile as it is, an even cover of the space, what the model asked for, or the best so far again.'),
  settings,
  set: written,
  expectedGainShare: z.number().nullable().describe('By how much the model expected it to be better than the best.'),
  feasibility: z.number().nullable().describe('Probability of running and of meeting all limits, by the model.'),
  runId: z.string(),
  startedAt: z.string(),
  seed: z.int(),
  elapsedNs: z.number().min(0),
  outcome: z
    .strictObject({
      value: z.number().describe('Of the metric of the goal.'),
      limits: z.record(z.string(), limited).describe('Limits of `sla`, with what was observed.'),
    })
    .nullable(),
  failure: z.string().nullable().describe('Why there is no outcome.'),
})
export type StudyRun = z.output<typeof studyRun>

const figure = z.number().nullable()

export const studyComparison = z.strictObject({
  kind: z.literal('comparison'),
  id: z.string().describe('Of the kept comparison.'),
  a: written.describe('What A has besides the settings of all runs.'),
  b: written,
  status: z.enum(['regressed', 'improved', 'ok', 'inconclusive', 'noData', 'interrupted']),
  goal: z
    .strictObject({
      name: z.string(),
      role: z.enum(['deciding', 'watched', 'control']),
      status: z.enum(['regressed', 'improved', 'ok', 'inconclusive', 'noData']),
      scale: z.enum(['ratio', 'difference']),
      margin: z.number(),
      change: figure.describe('Positive where B is worse, whichever way the metric improves.'),
      lower: figure,
      upper: figure,
      a: figure,
      b: figure,
      unit: z.enum(['ns', 'perSec', 'share', 'bytes']),
      better: z.enum(['lower', 'higher']),
      roundCount: count,
      decidedAt: count.nullable(),
      detectable: figure,
      reason: z.string().nullable(),
    })
    .nullable()
    .describe('The verdict on the metric of the goal; null where it had no figures.'),
  brokenByA: z.array(z.string()).describe('Limits of `sla` that the runs of A, taken together, exceed.'),
  brokenByB: z.array(z.string()),
  reasons: z.array(z.string()),
})
export type StudyComparison = z.output<typeof studyComparison>

export const studyLine = z.discriminatedUnion('kind', [studyHeader, studyRun, studyComparison])
type StudyLine = z.output<typeof studyLine>

export type Study = {
  readonly header: StudyHeader
  readonly runs: readonly StudyRun[]
  /** Those after the last run: earlier ones were of a best that has been searched beyond. */
  readonly comparisons: readonly StudyComparison[]
}

/** Puts lines together; a text is what is wrong with the line of that index. */
export function studyOf(lines: readonly StudyLine[]): Study | { readonly index: number; readonly problem: string } {
  const [header, ...others] = lines
  if (header?.kind !== 'study') return { index: 0, problem: 'the first line is not that of a study' }
  const runs: StudyRun[] = []
  let comparisons: StudyComparison[] = []
  for (const [index, line] of others.entries()) {
    if (line.kind === 'study') return { index: index + 1, problem: 'a second study begins here' }
    if (line.kind === 'comparison') {
      comparisons.push(line)
      continue
    }
    if (line.index !== runs.length) {
      return { index: index + 1, problem: `run ${line.index} stands here, must be run ${runs.length}` }
    }
    runs.push(line)
    comparisons = []
  }
  return { header, runs, comparisons }
}
