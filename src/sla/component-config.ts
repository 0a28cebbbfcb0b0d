import { z } from 'zod'
import { parseClaimed } from './claimed.js'
import { quantileLimits } from './config.js'

// What `components` and `claims` in YAML say of limits and of claimed figures. Like `sla` they are parsed again from
// `RunResult.profile`, so that a gate works from the file.

export const componentLimits = quantileLimits.extend({
  case: z
    .string()
    .describe('Name of a case, such as `risk.check`, or of one of its variants, such as `risk.check.cached`.'),
})

const claimed = z
  .string()
  .superRefine((text, context) => {
    const parsed = parseClaimed(text)
    if ('problem' in parsed) context.addIssue({ code: 'custom', message: parsed.problem })
  })
  .meta({ examples: ['2-5ms'] })

export const claimConfig = z.strictObject({
  id: z.string().min(1).describe('Name of the claim in reports, such as `AL6.check`.'),
  compare: z
    .array(z.string())
    .min(1)
    .max(2)
    .describe('Variants before and after, measured in turns; or one alone, where the claim has no before.'),
  at: z
    .enum(['p50', 'p95', 'p99', 'max'])
    .default('p50')
    .describe('Figure of the distribution that the claim speaks of.'),
  claimed: z
    .strictObject({
      before: claimed.optional().describe('What was claimed of the first variant: `2-5ms`, `50us`, `<1ms`.'),
      after: claimed.describe('What was claimed of the second variant, or of the only one.'),
    })
    .describe('The figures as they were written down; the ratio of the two is the claimed gain.'),
})
export type ClaimConfig = z.output<typeof claimConfig>
