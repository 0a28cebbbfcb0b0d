import { componentNames, planComponents } from '../bench/components/plan.js'
import { NautilusError } from '../core/errors.js'
import { nearName } from '../core/near-name.js'
import type { Profile } from './load.js'
import { maskedInput } from './origins.js'
import type { ProfileConfig } from './schema.js'

/** Functions to time, and the part of a profile by which they are judged. */
export type ChosenComponents = Pick<ProfileConfig, 'components' | 'claims'> & {
  readonly profileName: string
  /** As written, for the result: durations and limits with their units. */
  readonly input: Readonly<Record<string, unknown>>
}

/** All that a profile times. */
export const componentsOf = (profile: Profile): ChosenComponents => chosen(profile, { entries: null, names: [] })

/**
 * The named cases and variants, with the limits and durations that the profile sets for them, and the claims that they can
 * show. The budgets of others are left out: what nobody asked for is not missing.
 */
export function componentsNamed(names: readonly string[], profile: Profile | null): ChosenComponents {
  const known = componentNames()
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) {
    const near = nearName(unknown, known)
    // All of them are told below.
    throw new NautilusError(
      'USAGE',
      `there is no component "${unknown}"${near === null ? '' : `; did you mean "${near}"?`}`,
      {
        hint: `Known are:\n${known.map((name) => `  ${name}`).join('\n')}`,
      },
    )
  }
  const bare = { version: 1, name: 'components' }
  if (profile === null)
    return { profileName: bare.name, input: { ...bare, components: names }, components: [...names], claims: [] }
  return chosen(profile, { entries: names, names })
}

function chosen(
  profile: Profile,
  { entries: wanted, names }: { entries: readonly string[] | null; names: readonly string[] },
): ChosenComponents {
  const { name: profileName, components, claims } = profile.config
  const written = maskedInput(profile)
  const caseOf = (entry: ProfileConfig['components'][number]): string =>
    typeof entry === 'string' ? entry : entry.case
  const kept = components.flatMap((entry, index) => (wanted === null || wanted.includes(caseOf(entry)) ? [index] : []))
  const added = names.filter((name) => !components.some((entry) => caseOf(entry) === name))
  const config = [...kept.flatMap((index) => components[index] ?? []), ...added]
  const shown = new Set(
    planComponents({ components: config, claims: [] }).groups.flatMap(({ variants }) =>
      variants.map(({ name }) => name),
    ),
  )
  const isShown = ({ compare }: ProfileConfig['claims'][number]): boolean =>
    wanted === null ||
    compare.every((name) => [...shown].some((variant) => variant === name || variant.startsWith(`${name}.`)))
  const keptClaims = claims.flatMap((claim, index) => (isShown(claim) ? [index] : []))
  return {
    profileName,
    components: config,
    claims: keptClaims.flatMap((index) => claims[index] ?? []),
    input: {
      version: 1,
      name: profileName,
      components: [...keptItems(written['components'], kept), ...added],
      claims: keptItems(written['claims'], keptClaims),
    },
  }
}

const keptItems = (list: unknown, indices: readonly number[]): unknown[] =>
  Array.isArray(list) ? indices.map((index): unknown => list[index]) : []
