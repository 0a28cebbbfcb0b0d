import { createHash, randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { SystemAccess } from '../bench/plan.js'
import type { Addresses, SystemStatus } from '../supervisor/spec.js'
import { busAddress } from './bus-address.js'
import type { Profile } from './load.js'
import { instanceName } from './names.js'
import { enginesOf, storeUrl } from './plan.js'

// From a system that runs to what the bench needs to drive it.

/** New at each start, so that nothing of an earlier system can answer. */
export const newSystemId = (): string => randomBytes(3).toString('hex')

export type Running = { readonly systemId: string; readonly addresses: Addresses; readonly status: SystemStatus }

export function systemAccess(profile: Profile, { systemId, addresses, status }: Running): SystemAccess {
  const processOf = new Map(status.processes.map((process) => [process.name, process]))
  const engines = enginesOf(profile.config).flatMap(([name, engine]) =>
    Array.from({ length: engine.replicas }, (_, instance) => {
      const process = processOf.get(instanceName(name, instance))
      const port = process?.port ?? null
      const own = port === null ? null : `http://127.0.0.1:${port}`
      return { name, instance, pid: process?.pid ?? null, url: engine.url ?? own }
    }),
  )
  return {
    systemId,
    bus: busAddress(profile, systemId, addresses),
    storeUrl: storeUrl(profile, addresses),
    services: status.services,
    addresses,
    engines,
  }
}

/** Tells whether a system that is up was started from the same services, bus and engines as a profile asks for. */
export function systemDigest(profile: Profile): string {
  const { services, bus, engines } = profile.input
  return createHash('sha256').update(JSON.stringify({ services, bus, engines })).digest('hex').slice(0, 16)
}

/** What `up` tells a bench that joins, beside the status. */
export type JoinPlan = { readonly systemDigest: string; readonly faults: Readonly<Record<string, readonly string[]>> }
export const joinPlanSchema = z.object({ systemDigest: z.string(), faults: z.record(z.string(), z.array(z.string())) })

export const joinPlan = (profile: Profile, faults: JoinPlan['faults']): JoinPlan => ({
  systemDigest: systemDigest(profile),
  faults,
})
