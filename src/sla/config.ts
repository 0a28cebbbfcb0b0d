import { z } from 'zod'
import { duration } from '../core/fields.js'
import { parseWindow, type WindowLimit } from './window.js'

// `sla` in YAML: what the system must achieve. It is parsed again from `RunResult.profile`, so that a gate works from the file.

export const quantileLimits = z
  .strictObject({
    p50: duration.optional().describe('Limit of the median.'),
    p95: duration.optional().describe('Limit that 95 % of the samples must hold.'),
    p99: duration.optional().describe('Limit that 99 % of the samples must hold.'),
    'p99.9': duration.optional().describe('Limit that 99.9 % of the samples must hold.'),
    max: duration.optional().describe('Limit that every sample must hold.'),
  })
  .describe('Latency limits by quantile.')

const critical = z.boolean().default(true).describe('Whether it decides the verdict; with `false` it only warns.')

const budgetGroup = quantileLimits.extend({
  of: z
    .array(z.string())
    .min(1)
    .describe(
      'Stages that share the budget: engine names, `edges`, `driver`; of a plain target `server` (by its Server-Timing), `connection`, `edges`, `driver`.',
    ),
  critical,
})

export const checkMetric = z.enum([
  'errors.rate',
  'throughput',
  'dropped.count',
  'lost.count',
  'timedOut.count',
  'duplicates.count',
  'processing.mean',
  'ready.share',
])

const check = z.strictObject({
  metric: checkMetric.describe(
    'Counter of the run that is checked; `processing.mean` is the highest of all engines, `ready.share` the lowest share of the run in which one was ready.',
  ),
  max: z
    .union([z.string(), z.number()])
    .optional()
    .describe('Highest value that passes, such as 0.01%, 1000/s or 120us.'),
  min: z.union([z.string(), z.number()]).optional().describe('Lowest value that passes.'),
  critical,
})

const windowLimit = z
  .string()
  .transform((text, context): WindowLimit => {
    const parsed = parseWindow(text)
    if ('value' in parsed) return parsed.value
    context.issues.push({ code: 'custom', message: parsed.problem, input: text })
    return z.NEVER
  })
  .meta({ examples: ['endToEnd p95 > 150ms for 5m'] })

export const slaConfig = z.strictObject({
  endToEnd: quantileLimits.describe('Limits of the response time, from the intended instant to the outcome.'),
  budget: z
    .record(z.string(), budgetGroup)
    .default({})
    .describe('Disjoint groups of stages; they cover every stage and their p95 sum to the end-to-end p95.'),
  checks: z.array(check).default([]).describe('Counters that must stay within bounds.'),
  windows: z
    .array(windowLimit)
    .default([])
    .describe(
      'Each fails where some span of the given length had its quantile above the limit: `COMPONENT QUANTILE > LIMIT for SPAN [in PHASE]`.',
    ),
})
export type SlaConfig = z.output<typeof slaConfig>
