import { planComponents } from '../bench/components/plan.js'
import type { ProfileConfig } from './schema.js'

/** What of a profile says which figures its runs have. */
type Followed = {
  readonly config: Pick<ProfileConfig, 'sla' | 'components' | 'load'> & {
    readonly engines: Readonly<Record<string, unknown>>
  }
}

/** Whether anything is sent; a profile of `components` alone only times functions. */
export const isLoaded = ({ config }: Followed): boolean => config.load.scenario !== 'component'

/** Names of the functions that a profile times by themselves, each of their variants. */
export const timedNames = ({ config }: Followed): string[] =>
  planComponents({ components: config.components, claims: [] }).groups.flatMap(({ variants }) =>
    variants.map(({ name }) => name),
  )

/** Figures that runs of a profile may have, by the names that are followed; whether one has samples is known after a run. */
export function followedNames(profile: Followed): string[] {
  const { sla, engines } = profile.config
  const quantiles = (name: string): string[] => ['p50', 'p95', 'p99'].map((quantile) => `${name}.${quantile}`)
  const timed = timedNames(profile).flatMap(quantiles)
  if (!isLoaded(profile)) return [...timed, 'errors.rate']
  return [
    ...['endToEnd', ...Object.keys(sla.budget)].flatMap(quantiles),
    ...['throughput', 'errors.rate'],
    ...Object.keys(engines).map((engine) => `cpu.${engine}`),
    ...timed,
  ]
}
