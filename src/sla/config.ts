import { z } from 'zod'
import { duration } from '../core/fields.js'

// `sla` in YAML: what the system must achieve. It is parsed again from `RunResult.profile`, so that a gate works from the file.

const quantileLimits = z
  .strictObject({
    p50: duration.optional().describe('Limit of the median.'),
    p95: duration.optional().describe('Limit that 95 % of the samples must hold.'),
    p99: duration.optional().describe('Limit that 99 % of the samples must hold.'),
    'p99.9': duration.optional().describe('Limit that 99.9 % of the samples must hold.'),
    max: duration.optional().describe('Limit that every sample must hold.'),
  })
  .describe('Latency limits by quantile.')

const budgetGroup = quantileLimits.extend({
  of: z.array(z.string()).min(1).describe('Stages that share the budget: engine names, `edges`, `driver`.'),
})

const check = z.strictObject({
  metric: z
    .enum(['errors.rate', 'throughput', 'dropped.count', 'lost.count', 'timedOut.count', 'duplicates.count'])
    .describe('Counter of the run that is checked.'),
  max: z.union([z.string(), z.number()]).optional().describe('Highest value that passes, such as 0.01% or 1000/s.'),
  min: z.union([z.string(), z.number()]).optional().describe('Lowest value that passes.'),
})

export const slaConfig = z.strictObject({
  endToEnd: quantileLimits.describe('Limits of the response time, from the intended instant to the outcome.'),
  budget: z
    .record(z.string(), budgetGroup)
    .default({})
    .describe('Disjoint groups of stages; they cover every stage and their p95 sum to the end-to-end p95.'),
  checks: z.array(check).default([]).describe('Counters that must stay within bounds.'),
})
export type SlaConfig = z.output<typeof slaConfig>
export type QuantileName = 'p50' | 'p95' | 'p99' | 'p99.9' | 'max'

/** Share of the samples that may exceed a limit set on this quantile. */
export const allowedShare: Readonly<Record<QuantileName, number>> = {
  p50: 0.5,
  p95: 0.05,
  p99: 0.01,
  'p99.9': 0.001,
  max: 0,
}
