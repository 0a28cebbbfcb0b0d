import { messageOf, NautilusError } from '../core/errors.js'
import type { DurationNs } from '../core/units.js'
import { isDiskFull } from './disk-failure.js'
import type { RunningService, ServiceContext } from './services/context.js'
import type { Addresses, ServiceSpec, ServiceStatus } from './spec.js'

export type StartService = (spec: ServiceSpec, context: ServiceContext) => Promise<RunningService>

type ServiceGroupOptions = {
  readonly specs: readonly ServiceSpec[]
  readonly start: StartService
  readonly context: (spec: ServiceSpec, stop: AbortSignal) => ServiceContext
  readonly onStarted: (service: ServiceStatus) => void
  /** A service that had been started is gone, and nobody had asked for it. */
  readonly onDied: (name: string, reason: string) => void
}

/** The services of a system: started side by side, all or none; stopped side by side. */
export class ServiceGroup {
  readonly #options: ServiceGroupOptions
  readonly #running = new Map<string, RunningService>()
  readonly #cancel = new AbortController()
  #starting: Promise<unknown> = Promise.resolve()
  #stopping = false

  constructor(options: ServiceGroupOptions) {
    this.#options = options
  }

  get addresses(): Addresses {
    return Object.fromEntries([...this.#running].map(([name, service]) => [name, service.address]))
  }

  status(): ServiceStatus[] {
    return this.#options.specs.flatMap((spec) => {
      const running = this.#running.get(spec.name)
      if (running !== undefined) return [running.status()]
      return this.#stopping ? [] : [notYet(spec)]
    })
  }

  /** Rejects with the first failure, after all the others have started or given up. */
  async start(): Promise<void> {
    const starts = this.#options.specs.map((spec) => this.#startOne(spec))
    const all = Promise.allSettled(starts)
    this.#starting = all
    const failed = (await all).find((result) => result.status === 'rejected')
    if (failed !== undefined) throw this.#firstFailure
  }

  /** Waits for starts under way, which give up, then stops what runs; a second call with `now` cuts the first short. */
  async stop(options: { readonly graceNs: DurationNs; readonly now: boolean }): Promise<void> {
    this.#stopping = true
    this.#cancel.abort()
    await this.#starting
    const stops = await Promise.allSettled([...this.#running.values()].map((service) => service.stop(options)))
    const failed = stops.find((result) => result.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  #firstFailure: unknown

  async #startOne(spec: ServiceSpec): Promise<void> {
    try {
      const service = await this.#options.start(spec, this.#options.context(spec, this.#cancel.signal))
      this.#running.set(spec.name, service)
      this.#options.onStarted(service.status())
      service.exited.then(
        ({ reason }) => this.#died(spec.name, reason),
        (error: unknown) => this.#died(spec.name, String(error)),
      )
    } catch (error) {
      this.#firstFailure ??= asServiceError(spec, error)
      this.#cancel.abort()
      throw error
    }
  }

  #died(name: string, reason: string): void {
    if (!this.#stopping) this.#options.onDied(name, reason)
  }
}

function asServiceError(spec: ServiceSpec, error: unknown): NautilusError {
  if (error instanceof NautilusError) return error
  const code = isDiskFull(error) ? 'DISK_FULL' : 'SERVICE_UNAVAILABLE'
  return new NautilusError(code, `${spec.config.kind} ${spec.name} cannot be started: ${messageOf(error)}`, {
    cause: error,
  })
}

const notYet = ({ name, config }: ServiceSpec): ServiceStatus => ({
  name,
  kind: config.kind,
  version: '',
  origin: config.url === undefined ? 'path' : 'url',
  url: '',
  pid: null,
  state: 'starting',
})
