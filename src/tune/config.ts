import { z } from 'zod'

// `tune` in YAML: what `nautilus tune` may change, and what it is to reach. Names of settings are their paths in the profile.

const value = z.union([z.string(), z.number(), z.boolean()])

const match = z
  .union([
    value,
    z.array(value).min(1),
    z.strictObject({
      min: z.union([z.string(), z.number()]).optional().describe('Lowest value that matches.'),
      max: z.union([z.string(), z.number()]).optional().describe('Highest value that matches.'),
    }),
  ])
  .describe('A value, a list of values, or bounds.')

const condition = z.record(z.string(), match)

const tunedSetting = z.strictObject({
  type: z
    .enum(['int', 'float'])
    .optional()
    .describe('Whole numbers only, or any. Without it, whole ones where both ends are.'),
  min: z.union([z.string(), z.number()]).optional().describe('Lowest value to try, in the unit of the setting.'),
  max: z.union([z.string(), z.number()]).optional().describe('Highest value to try.'),
  scale: z
    .enum(['linear', 'log'])
    .optional()
    .describe('`log` where a step from 1 to 2 means as much as one from 10 to 20.'),
  choices: z.array(value).min(2).optional().describe('The values to choose from, instead of a range.'),
  when: condition.optional().describe('The setting counts only where others have these values.'),
})
export type TunedSetting = z.output<typeof tunedSetting>
export type TunedCondition = z.output<typeof condition>

export const goalForm = /^(minimise|maximise) (\S+)$/

export const tuneConfig = z.strictObject({
  goals: z
    .array(z.string().regex(goalForm, 'must be `minimise METRIC` or `maximise METRIC`, such as minimise endToEnd.p95'))
    .min(1)
    .default(['minimise endToEnd.p95'])
    .describe('What is to get better, one metric; limits of `sla` are kept besides.'),
  settings: z
    .record(z.string(), tunedSetting)
    .describe('Settings that may be changed, by their paths. Without a range, the one that the reference names.'),
  forbidden: z.array(condition).default([]).describe('Combinations that are never tried.'),
  runs: z.int().min(1).max(10_000).default(40).describe('How many runs a search makes at most.'),
})
