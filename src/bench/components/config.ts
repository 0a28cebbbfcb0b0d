import { z } from 'zod'
import { duration } from '../../core/fields.js'
import { durationNs, nsPerSec } from '../../core/units.js'
import { claimConfig, componentLimits } from '../../sla/component-config.js'

// `components` and `claims` in YAML: which functions are timed, for how long, and within which limits.

const measured = componentLimits.extend({
  duration: duration
    .prefault('2s')
    .describe('Time in which each variant is measured, over all its processes; warm-ups come on top.'),
})

export const componentsConfig = z
  .array(z.union([z.string().describe('Name of a case or of a variant, without limits.'), measured]))
  .describe('Functions that are timed by themselves, after the load and without it.')
export type ComponentsConfig = z.output<typeof componentsConfig>

export const claimsConfig = z
  .array(claimConfig)
  .describe('Figures that were claimed, shown beside measured ones; they never decide the verdict.')

/** What a case that is only named is measured for. */
export const durationDefaultNs = durationNs(2 * nsPerSec)
