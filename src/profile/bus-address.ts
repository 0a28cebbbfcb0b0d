import { frameTypes } from '../engines/model/frame-types.js'
import type { BusAddress, RedisAddress } from '../platform/bus/config.js'
import { sharedMemoryProblem } from '../platform/bus/shared-memory/mapping.js'
import type { Addresses } from '../supervisor/spec.js'
import type { Profile } from './load.js'

/** Where engines and driver meet, once the services run. */
export function busAddress(
  profile: Profile,
  systemId: string,
  addresses: Addresses,
  problemOf = sharedMemoryProblem,
): BusAddress {
  const { bus } = profile.config
  if (bus.kind === 'in-process') return { kind: 'in-process' }
  if (bus.kind === 'shared-memory') {
    const { service, region, wait, backlogMax } = bus
    const common = { systemId, backlogMax }
    const problem = problemOf(region)
    if (problem === null) return { kind: 'shared-memory', regionBytes: region, wait, ...common }
    return { kind: 'redis', url: addresses[service] ?? '', lists: {}, insteadBecause: problem, ...common }
  }
  const { service, others, topics, lists, claimAfter: claimAfterNs } = bus
  const latest = Object.entries(topics).flatMap(([topic, { delivery }]) => (delivery === 'latest' ? [topic] : []))
  const urgent = Object.entries(topics).flatMap(([topic, { priority }]) => (priority === 'high' ? [topic] : []))
  const names = [service, ...Object.keys(others)]
  const buses = names.map((name): RedisAddress => {
    const { backlogMax, connections, codec, compressFrom: compressFromBytes, batch } = others[name] ?? bus
    return {
      ...{ kind: 'redis', url: addresses[name] ?? '', systemId, lists, latest, claimAfterNs, backlogMax, connections },
      ...(codec !== 'msgpack' && { codec: { kind: codec, compressFromBytes, types: frameTypes } }),
      ...(batch !== 'off' && { batch: { ...batch, urgent } }),
    }
  })
  const [only] = buses
  if (only !== undefined && buses.length === 1) return only
  const routes = Object.entries(topics).map(([topic, route]) => [topic, names.indexOf(route.bus ?? service)] as const)
  return { kind: 'routed', buses, routes: Object.fromEntries(routes) }
}

/** What a machine does instead where it cannot do what the profile asks for; null where it can. */
export function busNote({ config: { bus } }: Profile, problemOf = sharedMemoryProblem): string | null {
  if (bus.kind !== 'shared-memory') return null
  const problem = problemOf(bus.region)
  return problem === null ? null : `bus: ${problem}; the Redis ${bus.service} carries the topics instead`
}
