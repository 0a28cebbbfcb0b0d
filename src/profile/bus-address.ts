import type { BusAddress, RedisAddress } from '../platform/bus/config.js'
import type { Addresses } from '../supervisor/spec.js'
import type { Profile } from './load.js'

/** Where engines and driver meet, once the services run. */
export function busAddress(profile: Profile, systemId: string, addresses: Addresses): BusAddress {
  const { bus } = profile.config
  if (bus.kind === 'in-process') return { kind: 'in-process' }
  const { service, others, topics, lists, claimAfter } = bus
  const latest = Object.entries(topics).flatMap(([topic, { delivery }]) => (delivery === 'latest' ? [topic] : []))
  const names = [service, ...Object.keys(others)]
  const buses = names.map((name): RedisAddress => {
    const { backlogMax, connections } = others[name] ?? bus
    const common = { systemId, lists, latest, claimAfter }
    return { kind: 'redis', url: addresses[name] ?? '', ...common, backlogMax, connections }
  })
  const [only] = buses
  if (only !== undefined && buses.length === 1) return only
  const routes = Object.entries(topics).map(([topic, route]) => [topic, names.indexOf(route.bus ?? service)] as const)
  return { kind: 'routed', buses, routes: Object.fromEntries(routes) }
}
