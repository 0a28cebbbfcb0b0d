import type { DurationNs } from '../../core/units.js'
import type { ServiceOrigin, ServiceStatus } from '../spec.js'

export type SpawnEntry = { readonly pid: number; readonly stopSignal: 'TERM' | 'INT'; readonly name: string }

/** What a service is given to start in. */
export type ServiceContext = {
  /** Prefix of what this system leaves in a server that runs elsewhere. */
  readonly systemId: string
  /** Private temporary folder of the system, which the supervisor removes: data and sockets live below it. */
  readonly folder: string
  readonly logFolder: string
  /** Never download. */
  readonly offline: boolean
  readonly stop: AbortSignal
  /** One line of progress, for what takes longer than a moment; it is shown after the name of the service. */
  readonly progress: (text: string) => void
  /** Called right after each spawn, so that the guardian knows the process also when nautilus is killed. */
  readonly onSpawn: (entry: SpawnEntry) => void
}

export type StopOptions = { readonly graceNs: DurationNs; readonly now: boolean }

export type RunningService = {
  status(): ServiceStatus
  /** For clients, secrets included: `unix:/path`, `redis://...`, `postgres://...`. */
  readonly address: string
  /** Resolves when the server has ended, for whatever reason; one that runs elsewhere, when it answers no more. */
  readonly exited: Promise<{ readonly reason: string }>
  stop(options: StopOptions): Promise<void>
}

/** A server program that was found and answers `--version` as the user that will run it. */
export type ServerProgram = {
  readonly program: string
  readonly origin: ServiceOrigin
  readonly environment: Readonly<Record<string, string>>
}
