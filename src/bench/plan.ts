import type { DurationNs } from '../core/units.js'
import type { BusAddress } from '../platform/bus/config.js'
import type { Addresses, ServiceStatus } from '../supervisor/spec.js'
import type { LoadConfig } from './config.js'

/** A named set of stages whose queue + processing (edges: transit) is one sample per tick. From `sla.budget`. */
export type ComponentPlan = {
  readonly name: string
  /** Engine names, `driver`, or `edges` for every transit between stages. */
  readonly of: readonly string[]
  /** Limits whose exceedances are counted exactly. */
  readonly limitsNs: readonly DurationNs[]
}

export type BenchPlan = {
  readonly runId: string
  readonly profileName: string
  /** The command of a load without a profile, such as `nautilus load http://127.0.0.1:3000/`; null of a profile's. */
  readonly quickCommand: string | null
  readonly load: LoadConfig
  /** Folder against which `load.source.file` is resolved. */
  readonly baseFolder: string
  readonly components: readonly ComponentPlan[]
  readonly endToEndLimitsNs: readonly DurationNs[]
  /** Engines of the profile in pipeline order, with what they write; the driver awaits their `flushed`. */
  readonly engines: readonly { readonly name: string; readonly replicas: number; readonly writes: readonly string[] }[]
  /** Deliberate faults, engine -> faults; non-empty marks the run. */
  readonly faults: Readonly<Record<string, readonly string[]>>
}

/** Where the system under test is. Plain data: it crosses into worker threads. */
export type SystemAccess = {
  readonly systemId: string
  readonly bus: BusAddress
  readonly storeUrl: string | null
  readonly services: readonly ServiceStatus[]
  /** Of the services, by name: with their secrets. */
  readonly addresses: Addresses
  /** Engines with their processes: pid for sampling /proc, url of the HTTP port where there is one. */
  readonly engines: readonly {
    readonly name: string
    readonly instance: number
    readonly pid: number | null
    readonly url: string | null
  }[]
}
