import { assert, present } from '../core/assert.js'
import { NautilusError } from '../core/errors.js'
import { type DurationNs, nsPerMs } from '../core/units.js'
import { catalog } from '../engines/catalog.js'
import type { Profile } from './load.js'
import { type Located, type Problem, plain } from './located.js'
import { applyOverrides } from './overrides.js'
import { parseProfile } from './parse.js'

// The same profile at another rate, for another time: what a search for the highest rate measures.

type Asked = {
  /** Requests a second as the profile spaces them, or a closed loop. */
  readonly load: { readonly ratePerSec: number } | { readonly users: number }
  readonly warmupNs: DurationNs
  readonly durationNs: DurationNs
  /** Without limits over windows, which are longer than what is measured. */
  readonly short: boolean
}

/** A limit on the rate itself would be broken by every lower one, so it is left out. */
export function profileAt(profile: Profile, { load, warmupNs, durationNs, short }: Asked): Profile {
  const problems: Problem[] = []
  const settings = [
    ...('users' in load
      ? ['load.arrivals=', 'load.arrivals.kind=closed', `load.arrivals.users=${load.users}`]
      : [`load.arrivals.rate=${load.ratePerSec}/s`]),
    `load.warmup=${millisecondsOf(warmupNs)}`,
    `load.duration=${millisecondsOf(durationNs)}`,
    ...(short ? ['sla.windows='] : []),
  ]
  const chosen = applyOverrides(withoutRateLimits(profile.tree), settings, problems)
  const { tree, config, problems: found } = parseProfile(chosen, catalog)
  assert(problems.length === 0 && found.length === 0, 'another rate leaves a checked profile whole')
  const input = plain(tree)
  assert(typeof input === 'object' && input !== null, 'a profile is a map')
  return { ...profile, tree, config: present(config, 'it was parsed'), input: { ...input } }
}

/** The rate from which a search may start; a load of many rates, or of none, has none that could be raised. */
export function searchableRate({ config }: Profile): number {
  const { load, sla } = config
  const { arrivals } = load
  if (load.scenario === 'component' || (arrivals.kind !== 'constant' && arrivals.kind !== 'poisson')) {
    throw new NautilusError('USAGE', '--find-max-rate needs a load of one rate', {
      hint: 'Set load.arrivals to constant or poisson with a rate.',
    })
  }
  const limited = [sla.endToEnd, ...Object.values(sla.budget)].some(
    (group) => group.p50 ?? group.p95 ?? group.p99 ?? group['p99.9'] ?? group.max,
  )
  if (limited || sla.checks.some(({ metric, max }) => metric !== 'throughput' && max !== undefined)) {
    return arrivals.rate
  }
  throw new NautilusError('USAGE', '--find-max-rate needs a limit that a rate could break', {
    hint: "Set sla.endToEnd.p95, or add --limit 'p95<20ms' to load.",
  })
}

const millisecondsOf = (spanNs: DurationNs): string => `${Math.round(spanNs / nsPerMs)}ms`

function withoutRateLimits(tree: Located): Located {
  const kept = (node: Located): boolean =>
    !(node.kind === 'map' && plainOf(node.entries.get('metric')?.value) === 'throughput')
  return changed(tree, ['sla', 'checks'], (node) =>
    node.kind === 'list' ? { ...node, items: node.items.filter(kept) } : node,
  )
}

const plainOf = (node: Located | undefined): unknown => (node === undefined ? undefined : plain(node))

function changed(tree: Located, path: readonly string[], change: (node: Located) => Located): Located {
  const [key, ...rest] = path
  if (key === undefined) return change(tree)
  if (tree.kind !== 'map') return tree
  const entry = tree.entries.get(key)
  if (entry === undefined) return tree
  const entries = new Map(tree.entries)
  entries.set(key, { ...entry, value: changed(entry.value, rest, change) })
  return { ...tree, entries }
}
