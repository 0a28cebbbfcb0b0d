import { z } from 'zod'
import { machine } from './run-result.js'

// Paired rounds of A and B: what `compare` and the runs of claims write, and what judges and reports read.

export const comparisonSchemaId = 'nautilus.comparison/1'

const count = z.int().min(0)

const variant = z.strictObject({
  label: z.string().describe('How a person called it: a profile, `git:main`, `load.arrivals.rate=500/s`.'),
  profileName: z.string(),
  git: z.strictObject({ commit: z.string(), dirty: z.boolean() }).nullable(),
  faults: z
    .record(z.string(), z.array(z.string()))
    .default({})
    .describe('Faults injected on purpose, by engine: the change is known then.'),
})

const pair = z.strictObject({
  a: z.number(),
  b: z.number(),
  unit: z.enum(['ns', 'perSec', 'share', 'bytes']),
  better: z.enum(['lower', 'higher']),
})

const roundRun = z.strictObject({
  runId: z.string(),
  startedAt: z.string(),
  fidelity: z.enum(['valid', 'degraded', 'invalid']),
  failure: z
    .string()
    .nullable()
    .describe('Why this run has no figures: invalid, or ended early; null for a whole one.'),
  cause: z
    .enum(['instrument', 'environment', 'system', 'stopped'])
    .nullable()
    .default(null)
    .describe('Whose failure that was: only one of the system under test says something about it.'),
})

const round = z.strictObject({
  index: count,
  order: z.enum(['AB', 'BA']),
  seed: z.int().default(0).describe('Of schedule and source, the same in both runs of the round.'),
  a: roundRun,
  b: roundRun,
  metrics: z
    .record(z.string(), pair)
    .describe('By the names of results/metrics.ts; empty where one side has no figures.'),
})

export const comparison = z.strictObject({
  schema: z.literal(comparisonSchemaId),
  id: z.string(),
  nautilusVersion: z.string(),
  startedAt: z.string(),
  interrupted: z.string().nullable(),
  kind: z.enum(['ab', 'aa']).describe('`aa` runs A against itself: every difference is noise.'),
  a: variant,
  b: variant,
  marginShare: z.number().min(0).describe('Change that is still OK, such as 0.05.'),
  deciding: z
    .array(z.string())
    .default([])
    .describe('Metrics that must all be decided; rounds are added until they are.'),
  watched: z
    .array(z.string())
    .default([])
    .describe(
      'Metrics that can regress but hold nothing up: judged together, at a confidence divided by their number.',
    ),
  roundsMax: count.default(20).describe('Whole rounds after which the comparison ends, decided or not.'),
  controls: z.array(z.string()).describe('Metrics that must not move; where one does, the environment did.'),
  seed: z.int(),
  rounds: z.array(round),
  machine,
})

export type Comparison = z.output<typeof comparison>
export type ComparisonRound = Comparison['rounds'][number]
