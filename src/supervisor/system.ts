import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { present } from '../core/assert.js'
import { runVariable } from '../core/child-variables.js'
import { type Clock, monotonicClock } from '../core/clock.js'
import { NautilusError } from '../core/errors.js'
import { nearNameHint } from '../core/near-name.js'
import { Random } from '../core/random.js'
import { maskSecrets } from '../core/secrets.js'
import { type DurationNs, durationNs, elapsed, type InstantNs, nsPerSec } from '../core/units.js'
import { asDiskFailure } from './disk-failure.js'
import { Guardian } from './guardian.js'
import { rotate } from './log-file.js'
import { assertOrder, dependentsOf } from './order.js'
import { assertPortFree } from './ports.js'
import { ServiceGroup, type StartService } from './service-group.js'
import type { Addresses, RunningSystem, ServiceSpec, SystemEvent, SystemSpec, SystemStatus } from './spec.js'
import { SupervisedProcess } from './supervised.js'

export type StartHooks = {
  /** Gives up starting: everything is stopped and `startSystem` rejects with the reason of the signal. */
  readonly stop: AbortSignal
  /** Resolve only when every process is ready, or has done its one task; reject as soon as one has failed for good. */
  readonly untilReady: boolean
  /** Called at once with the system, so that it can be shown, asked and stopped while it starts. */
  readonly onCreated?: (system: RunningSystem) => void
  readonly onEvent?: (event: SystemEvent) => void
  /** Called when the guardian runs and nothing else does: the moment to take what must be removed should nautilus die. */
  readonly claim?: (guard: { readonly removeAtDeath: (path: string) => void }) => Promise<void>
  /** Masked in events and in the lines of logs that errors show. */
  readonly secrets?: readonly string[]
  readonly startService?: StartService
  readonly clock?: Clock
  /** When the user asked for the system, from which the time until all is ready counts; the call where none is given. */
  readonly askedAt?: InstantNs
  /** Of the jitter of restarts. */
  readonly seed?: number
}

/**
 * Starts services, then processes, each as soon as what it depends on allows. Rejects with ENGINE_NOT_READY,
 * ENGINE_FAILED, SERVICE_UNAVAILABLE or PORT_BUSY after stopping everything that was started.
 */
export async function startSystem(spec: SystemSpec, hooks: StartHooks): Promise<RunningSystem> {
  const system = new System(spec, hooks)
  hooks.onCreated?.(system)
  await system.start()
  return system
}

const rotateEveryMs = 5_000
const serviceGraceNs = durationNs(10 * nsPerSec)
const waitingFirstMs = 1_000
const waitingEveryMs = 5_000

type Failure = { readonly name: string; readonly reason: string }

class System implements RunningSystem {
  readonly systemId: string
  readonly failed: Promise<Failure>
  readonly #spec: SystemSpec
  readonly #hooks: StartHooks
  readonly #clock: Clock
  readonly #listeners = new Set<(event: SystemEvent) => void>()
  readonly #services: ServiceGroup
  readonly #processes: readonly SupervisedProcess[]
  readonly #cancel = new AbortController()
  readonly #watchers = new Set<() => void>()
  #resolveFailed: (failure: Failure) => void = () => undefined
  #guardian: Guardian | null = null
  #rotation: NodeJS.Timeout | undefined
  #begun = false
  readonly #askedAt: InstantNs
  #readyAfterNs: DurationNs | null = null
  #stopped: Promise<void> | null = null
  #killed = false

  constructor(spec: SystemSpec, hooks: StartHooks) {
    this.systemId = spec.systemId
    this.#spec = spec
    this.#hooks = hooks
    this.#clock = hooks.clock ?? monotonicClock
    this.#askedAt = hooks.askedAt ?? this.#clock.now()
    if (hooks.onEvent !== undefined) this.#listeners.add(hooks.onEvent)
    this.failed = new Promise((resolve) => {
      this.#resolveFailed = resolve
    })
    this.#services = this.#makeServices()
    this.#processes = this.#makeProcesses()
  }

  get addresses(): Addresses {
    return this.#services.addresses
  }

  status(): SystemStatus {
    return {
      systemId: this.systemId,
      profileName: this.#spec.profileName,
      pid: process.pid,
      readyAfterNs: this.#readyAfterNs,
      services: this.#services.status(),
      processes: this.#processes.map((each) => each.status()),
    }
  }

  onEvent(listener: (event: SystemEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async start(): Promise<void> {
    const { stop } = this.#hooks
    const giveUp = () => this.#cancel.abort(stop.reason)
    stop.addEventListener('abort', giveUp, { once: true })
    try {
      stop.throwIfAborted()
      await this.#prepare()
      this.#begun = true
      this.#startWhatMay()
      await this.#cancellable(this.#services.start())
      this.#changed()
      if (this.#hooks.untilReady) await this.#cancellable(this.#untilSatisfied())
    } catch (error) {
      await this.stop()
      throw stop.aborted ? stop.reason : asDiskFailure(error, 'the system cannot be started')
    } finally {
      stop.removeEventListener('abort', giveUp)
    }
  }

  async restart(name: string): Promise<void> {
    const target = this.#process(name)
    const { generation, phase } = target.state
    if (phase === 'waiting') throw new NautilusError('USAGE', `${name} still waits for what it depends on`)
    target.restart()
    await this.#cancellable(
      this.#until(() => {
        if (target.state.phase === 'failed') throw target.failure()
        return target.state.generation > generation && target.satisfied
      }),
    )
  }

  stop(options: { readonly now?: boolean } = {}): Promise<void> {
    if (options.now === true) this.#killAll()
    this.#stopped ??= this.#stopAll()
    return this.#stopped
  }

  /** The folder is claimed first: to a second system in it everything else would look like somebody else's. */
  async #prepare(): Promise<void> {
    assertOrder(this.#spec)
    const guardian = new Guardian({
      systemId: this.systemId,
      onReplaced: () => this.#tell('guardian', 'was ended by somebody; another takes its place', 'warn'),
    })
    this.#guardian = guardian
    // Servers and tools that nautilus starts by itself hand this mark on; processes get it by their own environment.
    process.env[runVariable] = this.systemId
    process.on('exit', this.#killAtExit)
    await this.#hooks.claim?.({ removeAtDeath: (path) => guardian.removeAtDeath(path) })
    for (const { name, port } of this.#spec.processes) {
      if (port !== null && port > 0) await assertPortFree(port, `engines.${name}`)
    }
    for (const { name, config } of this.#spec.services) {
      if (config.url === undefined && config.port !== undefined && config.port > 0) {
        await assertPortFree(config.port, `services.${name}`)
      }
    }
    this.#cancel.signal.throwIfAborted()
    this.#freshLogs()
    this.#rotation = setInterval(() => this.#rotateLogs(), rotateEveryMs)
    this.#rotation.unref()
  }

  /** What an earlier system of the same folder wrote is not this one's. */
  #freshLogs(): void {
    const { logFolder, services, processes } = this.#spec
    mkdirSync(logFolder, { recursive: true })
    for (const { name } of [...services, ...processes]) {
      for (const file of [`${name}.log`, `${name}.log.1`]) rmSync(join(logFolder, file), { force: true })
    }
  }

  #makeServices(): ServiceGroup {
    const start: StartService =
      this.#hooks.startService ??
      (async (spec, context) => (await import('./services/start.js')).startService(spec, context))
    return new ServiceGroup({
      specs: this.#spec.services,
      start,
      context: (spec: ServiceSpec, stop) => ({
        systemId: this.systemId,
        folder: this.#folder(),
        logFolder: this.#spec.logFolder,
        offline: this.#spec.offline,
        stop,
        progress: (text) => this.#tell(spec.name, text, 'info'),
        onSpawn: (entry) => this.#guardianNow().add(entry),
      }),
      onStarted: ({ name, kind, version, origin }) => {
        this.#tell(name, `ready: ${kind} ${version} (${origin})`, 'info')
        this.#startWhatMay()
      },
      onDied: (name, reason) => {
        this.#tell(name, reason, 'error')
        this.#resolveFailed({ name: `service ${name}`, reason })
      },
    })
  }

  #makeProcesses(): SupervisedProcess[] {
    const random = Random.stream(this.#hooks.seed ?? 1, 'restart')
    return this.#spec.processes.map(
      (spec) =>
        new SupervisedProcess(spec, {
          systemId: this.systemId,
          logFolder: this.#spec.logFolder,
          clock: this.#clock,
          random,
          addresses: () => this.addresses,
          registry: () => this.#guardianNow().registry,
          mask: (text) => this.#mask(text),
          onEvent: (source, text, level) => this.#tell(source, text, level),
          onChange: () => this.#changed(),
        }),
    )
  }

  #changed(): void {
    this.#startWhatMay()
    if (this.#readyAfterNs === null && this.#complete) this.#readyAfterNs = elapsed(this.#askedAt, this.#clock.now())
    for (const each of this.#processes) {
      if (each.lost && this.#stopped === null) {
        const reason = each.state.reason ?? `ended with exit code ${each.state.lastExit ?? 'unknown'}`
        this.#resolveFailed({ name: each.spec.name, reason })
      }
    }
    for (const watcher of this.#watchers) watcher()
  }

  #startWhatMay(): void {
    if (!this.#begun || this.#stopped !== null) return
    for (const each of this.#processes) {
      if (each.state.phase === 'waiting' && this.#mayStart(each)) each.start()
    }
  }

  #mayStart(candidate: SupervisedProcess): boolean {
    return Object.entries(candidate.spec.dependsOn).every(([name, wanted]) => {
      const target = this.#processes.find((each) => each.spec.name === name)
      if (target === undefined) return Object.hasOwn(this.addresses, name)
      if (wanted === 'started') return target.state.startedAt !== null
      return wanted === 'exited' ? target.satisfied && target.state.phase === 'exited' : target.satisfied
    })
  }

  get #complete(): boolean {
    return (
      this.#spec.services.every(({ name }) => Object.hasOwn(this.addresses, name)) &&
      this.#processes.every((each) => each.satisfied)
    )
  }

  #untilSatisfied(): Promise<void> {
    return this.#until(() => {
      const lost = this.#processes.find((each) => each.lost)
      if (lost !== undefined) throw lost.failure()
      return this.#processes.every((each) => each.satisfied)
    })
  }

  /** Resolves when `condition` holds, which is looked at after every change of a process; rejects with what it throws. */
  #until(condition: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        try {
          if (!condition()) return
          resolve()
        } catch (error) {
          reject(error)
        }
        this.#watchers.delete(look)
      }
      this.#watchers.add(look)
      look()
    })
  }

  #cancellable(work: Promise<void>): Promise<void> {
    const { signal } = this.#cancel
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal.reason)
      if (signal.aborted) onAbort()
      signal.addEventListener('abort', onAbort, { once: true })
      work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
    })
  }

  async #stopAll(): Promise<void> {
    this.#cancel.abort(new Error('the system was stopped'))
    const stops = new Map<string, Promise<void>>()
    const stopOne = (each: SupervisedProcess): Promise<void> => {
      const known = stops.get(each.spec.name)
      if (known !== undefined) return known
      const dependents = dependentsOf(each.spec.name, this.#spec.processes).map(({ name }) => this.#process(name))
      const stopped = Promise.all(dependents.map(stopOne)).then(() => this.#stopProcess(each))
      stops.set(each.spec.name, stopped)
      return stopped
    }
    const done = new AbortController()
    const waiting = this.#sayWhoIsWaitedFor(done.signal)
    await Promise.all(this.#processes.map(stopOne))
    await this.#services.stop({ graceNs: serviceGraceNs, now: this.#killed }).catch((error: unknown) => {
      this.#tell('nautilus', `a service could not be stopped in order: ${String(error)}`, 'error')
    })
    // Whatever is left after all that is ended here.
    await this.#guardian?.end()
    done.abort()
    await waiting
    clearInterval(this.#rotation)
    process.off('exit', this.#killAtExit)
    if (process.env[runVariable] === this.systemId) delete process.env[runVariable]
  }

  async #stopProcess(each: SupervisedProcess): Promise<void> {
    each.stop()
    if (this.#killed) each.kill()
    await this.#until(() => each.state.phase === 'exited' || each.state.phase === 'failed')
  }

  #killAll(): void {
    this.#killed = true
    for (const each of this.#processes) {
      each.stop()
      each.kill()
    }
    // A failure is told by the stop that is under way or follows.
    if (this.#stopped !== null) this.#services.stop({ graceNs: durationNs(0), now: true }).catch(() => undefined)
  }

  /** The process ends in the middle of things: engines die with it, the guardian sees to the rest. */
  readonly #killAtExit = (): void => {
    for (const each of this.#processes) each.kill()
  }

  async #sayWhoIsWaitedFor(stop: AbortSignal): Promise<void> {
    let waitMs = waitingFirstMs
    while (!stop.aborted) {
      await sleep(waitMs, undefined, { signal: stop }).catch(() => undefined)
      if (stop.aborted) return
      waitMs = waitingEveryMs
      const { processes, services } = this.status()
      const stopping = processes.filter(({ state }) => state === 'stopping')
      const alive = [...(stopping.length > 0 ? stopping : services)].filter(({ pid }) => pid !== null)
      const names = alive.map(({ name, pid }) => `${name} (pid ${pid})`)
      this.#tell(
        'nautilus',
        `waiting for ${names.length === 0 ? 'the last processes' : names.join(', ')} to end`,
        'info',
      )
    }
  }

  #rotateLogs(): void {
    for (const { logFile } of this.#processes) {
      try {
        if (rotate(logFile)) this.#tell('nautilus', `${logFile} was full and went on as a new file`, 'warn')
      } catch (error) {
        this.#tell('nautilus', `${logFile} cannot be rotated: ${String(error)}`, 'warn')
      }
    }
  }

  #tell(source: string, text: string, level: SystemEvent['level']): void {
    const event = { atNs: this.#clock.now(), source, text: this.#mask(text), level }
    for (const listener of this.#listeners) listener(event)
  }

  #mask(text: string): string {
    return maskSecrets(text, this.#hooks.secrets ?? [])
  }

  #guardianNow(): Guardian {
    return present(this.#guardian, 'the guardian runs before anything that it guards')
  }

  #folder(): string {
    return this.#guardianNow().folder
  }

  #process(name: string): SupervisedProcess {
    const found = this.#processes.find((each) => each.spec.name === name)
    if (found !== undefined) return found
    const names = this.#processes.map((each) => each.spec.name)
    throw new NautilusError('USAGE', `there is no engine "${name}"`, { hint: nearNameHint(name, names) })
  }
}
