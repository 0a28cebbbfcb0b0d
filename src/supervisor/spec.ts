import type { DurationNs } from '../core/units.js'
import type { ServiceConfig } from './config.js'

// What the supervisor is given (specs) and what it tells (a running system). It knows nothing of profiles or engines.

export type Readiness =
  | { readonly kind: 'notify' }
  | { readonly kind: 'http'; readonly path: string }
  | { readonly kind: 'tcp' }
  | { readonly kind: 'log'; readonly text: string }
  | { readonly kind: 'exit' }
  | { readonly kind: 'none' }

export type RestartPolicy = {
  readonly policy: 'never' | 'on-failure' | 'always'
  readonly restartsMax: number
  readonly windowNs: DurationNs
}

/** Addresses that exist only once services run: service name -> url (`unix:/path`, `redis://...`, `postgres://...`). */
export type Addresses = Readonly<Record<string, string>>

export type ProcessSpec = {
  readonly name: string
  readonly command: readonly string[]
  readonly cwd: string
  /** Called at each start with the addresses of the services and this process's port. */
  readonly env: (addresses: Addresses, port: number) => Readonly<Record<string, string>>
  /** Fixed port, 0 for a free one chosen by the process itself and told by `READY=1 port=N`, or none. */
  readonly port: number | null
  readonly dependsOn: Readonly<Record<string, 'started' | 'ready' | 'exited'>>
  readonly ready: Readiness
  readonly readyTimeoutNs: DurationNs
  readonly restart: RestartPolicy
  readonly stopGraceNs: DurationNs
  readonly cpus: readonly number[] | null
}

export type ServiceSpec = { readonly name: string; readonly config: ServiceConfig }

export type SystemSpec = {
  /** Prefix of every key, group and channel: new at each start, so that an orphan of an earlier run can never answer. */
  readonly systemId: string
  readonly profileName: string
  readonly services: readonly ServiceSpec[]
  readonly processes: readonly ProcessSpec[]
  /** Folder for logs and the control socket: `<cwd>/.nautilus`. */
  readonly stateFolder: string
  readonly logFolder: string
  readonly offline: boolean
}

/** Where a server came from: the `url:` of the profile, npm, PATH, the cache (just provisioned or earlier), or a container. */
export type ServiceOrigin = 'url' | 'npm' | 'path' | 'cache' | 'container'

export type ServiceStatus = {
  readonly name: string
  readonly kind: 'redis' | 'postgres'
  readonly version: string
  readonly origin: ServiceOrigin
  /** With secrets masked where shown. */
  readonly url: string
  readonly pid: number | null
  readonly state: 'starting' | 'ready' | 'stopped' | 'failed'
}

export type ProcessState = 'waiting' | 'starting' | 'ready' | 'backoff' | 'stopping' | 'exited' | 'failed'

export type ProcessStatus = {
  readonly name: string
  readonly state: ProcessState
  readonly pid: number | null
  /** Number of the start, from 1; late events of an older one are ignored. */
  readonly generation: number
  readonly restartCount: number
  /** Longest time from its end by itself until it was ready again; null where it never came back. */
  readonly recoveryNsMax: DurationNs | null
  /** In all since it was first ready, whoever had it end: from then until it was ready again, or until now. */
  readonly notReadyNs: DurationNs
  readonly port: number | null
  /** Exit code or signal of the last exit. */
  readonly lastExit: string | null
  readonly readyAfterNs: DurationNs | null
  readonly logFile: string
}

export type SystemStatus = {
  readonly systemId: string
  readonly profileName: string
  readonly pid: number
  /** From when the user asked for it until everything was ready for the first time; null before. */
  readonly readyAfterNs: DurationNs | null
  readonly services: readonly ServiceStatus[]
  readonly processes: readonly ProcessStatus[]
}

/** One line for people and for the event list of the dashboard. */
export type SystemEvent = {
  readonly atNs: number
  readonly source: string
  readonly text: string
  readonly level: 'info' | 'warn' | 'error'
}

export type RunningSystem = {
  readonly systemId: string
  readonly addresses: Addresses
  status(): SystemStatus
  /** Resolves when anything that must run has failed for good, an engine by its name, a service as `service NAME`; never rejects. */
  readonly failed: Promise<{ readonly name: string; readonly reason: string }>
  onEvent(listener: (event: SystemEvent) => void): () => void
  restart(name: string): Promise<void>
  /** Reverse dependency order, TERM, grace, KILL; leaves nothing. Safe to call twice; `now` skips the grace. */
  stop(options?: { readonly now?: boolean }): Promise<void>
}
