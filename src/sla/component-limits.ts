import { z } from 'zod'
import { NautilusError } from '../core/errors.js'
import type { RunResult } from '../results/run-result.js'
import { type ClaimConfig, claimConfig, componentLimits } from './component-config.js'
import type { QuantileName } from './quantile.js'

// The limits and claims on functions in the profile that a result carries.

type ComponentLimits = {
  /** The series of the variant that the limits are on. */
  readonly name: string
  readonly limits: Readonly<Partial<Record<QuantileName, number | undefined>>>
  readonly path: string
}

/** How long a function is measured is not for whoever judges it. */
const limited = z.object(componentLimits.shape)

export function componentLimitsOf(result: RunResult): ComponentLimits[] {
  const entries = sectionOf(result, 'components', z.array(z.union([z.string(), limited])))
  return entries.flatMap((entry, index) => {
    if (typeof entry === 'string') return []
    const { case: named, ...limits } = entry
    return [{ name: seriesNameOf(result, named), limits, path: `components[${index}]` }]
  })
}

export const claimsIn = (result: RunResult): ClaimConfig[] => sectionOf(result, 'claims', z.array(claimConfig))

/** A case stands for its first variant. */
export const seriesNameOf = ({ cases }: RunResult, named: string): string =>
  cases.find(({ name }) => name === named)?.name ?? cases.find((each) => each.of === named)?.name ?? named

function sectionOf<Section>(result: RunResult, section: string, schema: z.ZodType<Section>): Section {
  const parsed = schema.safeParse(result.profile[section] ?? [])
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const where = ['profile', section, ...(issue?.path ?? [])].join('.')
  throw new NautilusError('RESULT_INVALID', `result of run ${result.id}: ${where}: ${issue?.message ?? 'not readable'}`)
}
