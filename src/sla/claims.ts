import { assert } from '../core/assert.js'
import { quantileNs } from '../results/quantile.js'
import type { RunResult } from '../results/run-result.js'
import { type VariantRatio, variantRatio } from '../results/variant-ratio.js'
import { type ClaimedSpan, parseClaimed } from './claimed.js'
import type { ClaimConfig } from './component-config.js'
import { claimsIn, seriesNameOf } from './component-limits.js'

// A claim is a figure that somebody wrote down. It is shown beside what was measured, and decides nothing: only budgets do.

/**
 * `exceeded`: it takes longer than claimed. `notReproduced`: it takes no longer, but the claimed gain over the first variant is not
 * there. `undecided`: the claimed gain lies within the error of the measured one.
 */
type ClaimStatus = 'held' | 'exceeded' | 'notReproduced' | 'undecided' | 'noData'

export type ClaimOutcome = {
  readonly id: string
  readonly at: ClaimConfig['at']
  readonly status: ClaimStatus
  /** As it was written down. */
  readonly claimed: { readonly before: string | null; readonly after: string }
  /** Smallest and largest gain that the claimed figures make; null without a first variant. */
  readonly claimedGain: { readonly low: number; readonly high: number | null } | null
  readonly before: { readonly name: string; readonly ns: number | null } | null
  readonly after: { readonly name: string; readonly ns: number | null }
  /** How many times as fast the second variant is as the first. */
  readonly gain: VariantRatio | null
}

/** Claims in the order of the profile. */
export const claimsOf = (result: RunResult): ClaimOutcome[] => claimsIn(result).map((claim) => outcomeOf(result, claim))

function outcomeOf(result: RunResult, { id, at, compare, claimed }: ClaimConfig): ClaimOutcome {
  const names = compare.map((name) => seriesNameOf(result, name))
  const [first = '', second] = names
  const measured = (name: string) => ({ name, ns: figureOf(result, name, at) })
  const after = measured(second ?? first)
  const before = second === undefined ? null : measured(first)
  const gain = second === undefined ? null : variantRatio(result, { of: first, to: second, at })
  const claimedGain =
    claimed.before === undefined || second === undefined ? null : gainOf(claimed.before, claimed.after)
  return {
    ...{ id, at, before, after, gain, claimedGain },
    claimed: { before: claimed.before ?? null, after: claimed.after },
    status: statusOf(after.ns, spanOf(claimed.after), { claimedGain, gain }),
  }
}

function statusOf(
  afterNs: number | null,
  claimed: ClaimedSpan,
  { claimedGain, gain }: Pick<ClaimOutcome, 'claimedGain' | 'gain'>,
): ClaimStatus {
  if (afterNs === null) return 'noData'
  if (afterNs > claimed.highNs) return 'exceeded'
  if (claimedGain === null) return 'held'
  if (gain === null) return 'noData'
  if (gain.lower !== null && gain.lower >= claimedGain.low) return 'held'
  if (gain.upper !== null && gain.upper < claimedGain.low) return 'notReproduced'
  return 'undecided'
}

function gainOf(before: string, after: string): ClaimOutcome['claimedGain'] {
  const [from, to] = [spanOf(before), spanOf(after)]
  return { low: from.lowNs / to.highNs, high: to.lowNs === 0 ? null : from.highNs / to.lowNs }
}

function spanOf(text: string): ClaimedSpan {
  const parsed = parseClaimed(text)
  assert('value' in parsed, 'the schema has read the claimed figure before')
  return parsed.value
}

function figureOf(result: RunResult, name: string, at: ClaimConfig['at']): number | null {
  const series = result.components.find((component) => component.name === name)
  return series === undefined || series.summary.count === 0 ? null : quantileNs(series, at)
}
