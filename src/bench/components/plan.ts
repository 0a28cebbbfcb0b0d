import { type ListedCase, variantName } from '../../core/component-case.js'
import { type DurationNs, durationNs } from '../../core/units.js'
import type { ClaimConfig } from '../../sla/component-config.js'
import { listedCases } from './catalog.js'
import { type ComponentsConfig, durationDefaultNs } from './config.js'

export type PlannedVariant = {
  /** As profiles and reports call it: `risk.check.cached`. */
  readonly name: string
  readonly caseName: string
  readonly variant: string
  /** Limits whose exceedances are counted exactly. */
  readonly limitsNs: readonly number[]
}

/** Variants that are measured in turns. */
export type PlannedGroup = { readonly variants: readonly PlannedVariant[]; readonly durationNs: DurationNs }
export type ComponentsPlan = { readonly groups: readonly PlannedGroup[] }

/** Every name by which a case or a variant can be called. */
export const componentNames = (cases: readonly ListedCase[] = listedCases): string[] =>
  cases.flatMap(({ name, variants }) => [
    name,
    ...variants.filter(Boolean).map((variant) => variantName(name, variant)),
  ])

/** The variants that a name means: all of a case, or the one that it names. Empty for an unknown name. */
export function variantsNamed(name: string, cases: readonly ListedCase[] = listedCases): PlannedVariant[] {
  return cases.flatMap(({ name: caseName, variants }) =>
    variants
      .map((variant) => ({ name: variantName(caseName, variant), caseName, variant, limitsNs: [] }))
      .filter((planned) => name === caseName || name === planned.name),
  )
}

type Entry = Exclude<ComponentsConfig[number], string>
type Draft = { variants: PlannedVariant[]; durationNs: DurationNs }

/** A group a named case; what claims compare is measured in turns too, so it is in one group. */
export function planComponents(
  { components, claims }: { readonly components: ComponentsConfig; readonly claims: readonly ClaimConfig[] },
  cases: readonly ListedCase[] = listedCases,
): ComponentsPlan {
  const entries = components.map((entry): Entry => entryOf(entry))
  const groups = entries.reduce(
    (drafts: Draft[], entry) =>
      joined(drafts, { variants: variantsNamed(entry.case, cases), durationNs: entry.duration }),
    [],
  )
  const all = claims.reduce((drafts, { compare }) => {
    // A case stands for its first variant, as in a limit.
    const variants = compare.flatMap((name) => variantsNamed(name, cases).slice(0, 1))
    return joined(drafts, { variants, durationNs: durationNs(0) })
  }, groups)
  return {
    groups: all
      .filter(({ variants }) => variants.length > 0)
      .map(({ variants, durationNs: spanNs }) => ({
        // A claim asks for no time of its own.
        durationNs: spanNs === 0 ? durationDefaultNs : spanNs,
        variants: variants.map((variant) => ({ ...variant, limitsNs: limitsOf(variant.name, entries, cases) })),
      })),
  }
}

const entryOf = (entry: ComponentsConfig[number]): Entry =>
  typeof entry === 'string' ? { case: entry, duration: durationDefaultNs } : entry

/** Adds a group; it takes in those with which it shares a variant, so that none is measured twice. */
function joined(groups: readonly Draft[], added: Draft): Draft[] {
  const names = new Set(added.variants.map(({ name }) => name))
  const shares = (group: Draft): boolean => group.variants.some(({ name }) => names.has(name))
  const met = groups.filter(shares)
  const [first] = met
  if (first === undefined) return [...groups, added]
  const variants = new Map([...met, added].flatMap((group) => group.variants.map((each) => [each.name, each] as const)))
  const spanNs = durationNs(Math.max(...[...met, added].map((group) => group.durationNs)))
  const whole = { variants: [...variants.values()], durationNs: spanNs }
  return groups.flatMap((group) => (group === first ? [whole] : shares(group) ? [] : [group]))
}

/** Each limit once, smallest first. A limit on a case is one on its first variant. */
function limitsOf(name: string, entries: readonly Entry[], cases: readonly ListedCase[]): number[] {
  const given = entries
    .filter((entry) => variantsNamed(entry.case, cases)[0]?.name === name)
    .flatMap(({ p50, p95, p99, 'p99.9': p999, max }) => [p50, p95, p99, p999, max])
    .filter((limit) => limit !== undefined)
  return [...new Set(given)].sort((a, b) => a - b)
}
