import { NautilusError } from '../core/errors.js'
import type { RunResult } from '../results/run-result.js'
import { type SlaConfig, slaConfig } from './config.js'
import type { DeclaredLimit } from './latency-check.js'
import type { QuantileName } from './quantile.js'

// The limits that stand in the profile of a result.

/** The `sla` part of the profile that a result carries. */
export function slaOf(result: Pick<RunResult, 'id' | 'profile'>): SlaConfig {
  const parsed = slaConfig.safeParse(result.profile['sla'] ?? { endToEnd: {} })
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const where = ['profile', 'sla', ...(issue?.path ?? [])].join('.')
  throw new NautilusError('RESULT_INVALID', `result of run ${result.id}: ${where}: ${issue?.message ?? 'not readable'}`)
}

/** Every limit on a quantile: end to end, then by group of the budget. */
export const declaredLimits = ({ endToEnd, budget }: SlaConfig): DeclaredLimit[] => [
  ...limitsIn({ name: 'endToEnd', limits: endToEnd, critical: true, path: 'sla.endToEnd' }),
  ...Object.entries(budget).flatMap(([name, { of: _, critical, ...limits }]) =>
    limitsIn({ name, limits, critical, path: `sla.budget.${name}` }),
  ),
]

const quantiles: readonly QuantileName[] = ['p95', 'p99', 'p99.9', 'p50', 'max']

export function limitsIn({
  limits,
  ...place
}: Pick<DeclaredLimit, 'name' | 'critical' | 'path'> & {
  readonly limits: Readonly<Partial<Record<QuantileName, number | undefined>>>
}): DeclaredLimit[] {
  return quantiles.flatMap((quantile) => {
    const limitNs = limits[quantile]
    return limitNs === undefined ? [] : [{ ...place, quantile, limitNs }]
  })
}
