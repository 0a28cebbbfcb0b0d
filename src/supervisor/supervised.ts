import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { assert, present } from '../core/assert.js'
import type { Clock } from '../core/clock.js'
import { NautilusError } from '../core/errors.js'
import type { Random } from '../core/random.js'
import { durationNs, elapsed, type InstantNs, later, nsPerMs, nsPerSec } from '../core/units.js'
import { asDiskFailure } from './disk-failure.js'
import { type Family, remember, signalGroup, sweep } from './family.js'
import { launch } from './launch.js'
import { firstState, type LifeEvent, type LifeRules, type LifeState, lifeCycle, notReadyNsAt } from './life-cycle.js'
import { plainLine } from './lines.js'
import { lastLines, logSize } from './log-file.js'
import { assertPortFree, freePort } from './ports.js'
import { identify } from './process-table.js'
import { untilReady } from './readiness.js'
import type { RegistryEntry } from './registry.js'
import type { Addresses, ProcessSpec, ProcessStatus, SystemEvent } from './spec.js'

type SupervisedContext = {
  readonly systemId: string
  readonly logFolder: string
  readonly clock: Clock
  readonly random: Random
  readonly addresses: () => Addresses
  readonly registry: () => { add(entry: RegistryEntry): void; remove(pid: number): void }
  readonly mask: (text: string) => string
  readonly onEvent: (source: string, text: string, level: SystemEvent['level']) => void
  readonly onChange: () => void
}

/** One start of the process: what is alive of it, and what is known of its end. */
type Run = {
  readonly generation: number
  readonly child: ChildProcess
  readonly family: Family
  readonly ended: AbortController
  readonly readyTimer: NodeJS.Timeout
  killAt: InstantNs | null
  asked: boolean
}

/** Time for what a crashed leader left behind, before the next start. */
const leftoverGraceNs = durationNs(nsPerSec)
const errorLinesMax = 10
const killDeadlineMs = 5_000

/** One process of a system: carries out what its life cycle decides, and tells it what happened. */
export class SupervisedProcess {
  readonly spec: ProcessSpec
  readonly rules: LifeRules
  readonly logFile: string
  readonly #context: SupervisedContext
  readonly #advance: (state: LifeState, event: LifeEvent) => LifeState
  #state = firstState
  #run: Run | null = null
  #port: number | null
  #cause: NautilusError | null = null
  #logFrom = 0
  #retryTimer: NodeJS.Timeout | undefined

  constructor(spec: ProcessSpec, context: SupervisedContext) {
    this.spec = spec
    this.#context = context
    this.#port = spec.port === 0 ? null : spec.port
    this.logFile = join(context.logFolder, `${spec.name}.log`)
    const kinds = {
      exit: 'oneShot',
      none: 'loose',
      notify: 'probed',
      http: 'probed',
      tcp: 'probed',
      log: 'probed',
    } as const
    this.rules = { restart: spec.restart, kind: kinds[spec.ready.kind] }
    this.#advance = lifeCycle(this.rules)
  }

  get state(): LifeState {
    return this.#state
  }

  status(): ProcessStatus {
    const { phase, generation, restartCount, recoveryNsMax, lastExit, startedAt, readyAt } = this.#state
    return {
      name: this.spec.name,
      state: phase,
      pid: this.#run?.child.pid ?? null,
      generation,
      restartCount,
      recoveryNsMax,
      notReadyNs: notReadyNsAt(this.#state, this.#now()),
      port: this.#port,
      lastExit,
      readyAfterNs: startedAt === null || readyAt === null ? null : elapsed(startedAt, readyAt),
      logFile: this.logFile,
    }
  }

  /** True where it does what the profile wants of it: it is ready, or has done its one task. */
  get satisfied(): boolean {
    const { phase, stopped } = this.#state
    return phase === 'ready' || (phase === 'exited' && !stopped)
  }

  /** True where it has ended for good although it must run. */
  get lost(): boolean {
    const { phase, stopped } = this.#state
    return phase === 'failed' || (phase === 'exited' && !stopped && this.rules.kind === 'probed')
  }

  start(): void {
    this.#apply({ kind: 'start', at: this.#now() })
  }

  restart(): void {
    this.#apply({ kind: 'restart', at: this.#now() })
  }

  /** Asks it to stop; it has when `state.phase` is exited or failed. */
  stop(): void {
    this.#apply({ kind: 'stop', at: this.#now() })
  }

  /** Kills what is alive of it at once, without a word; safe in an exit handler. */
  kill(): void {
    if (this.#run === null) return
    this.#run.killAt = this.#now()
    if (!this.#run.ended.signal.aborted) signalGroup(this.#run.family.leader, 'SIGKILL')
  }

  /** The failure as people read it, with the last lines of the log. */
  failure(): NautilusError {
    if (this.#cause !== null) return this.#cause
    const { name } = this.spec
    const lines = lastLines(this.logFile, { count: errorLinesMax, from: this.#logFrom }).map((line) => plainLine(line))
    const tail =
      lines.length === 0
        ? `\n  it wrote nothing to ${this.logFile}`
        : [`\n  last lines of ${this.logFile}:`, ...lines].join('\n    ')
    const late = this.#state.intent === 'notReady'
    const reason = late
      ? `was not ready within ${this.spec.readyTimeoutNs / nsPerSec} s`
      : (this.#state.reason ?? `ended with exit code ${this.#state.lastExit ?? 'unknown'} although it must run`)
    const message = this.#context.mask(`${name} ${reason}${tail}`)
    return new NautilusError(late ? 'ENGINE_NOT_READY' : 'ENGINE_FAILED', message, {
      hint: `See \`nautilus logs ${name}\`.`,
    })
  }

  #now(): InstantNs {
    return this.#context.clock.now()
  }

  #apply(event: LifeEvent): void {
    const before = this.#state
    const after = this.#advance(before, event)
    if (after === before) return
    this.#state = after
    if (after.phase === 'starting' && after.generation !== before.generation) this.#launch(after.generation)
    if (after.phase === 'stopping' && before.phase !== 'stopping') this.#askToEnd()
    if (after.phase === 'backoff') this.#retryLater(after)
    else clearTimeout(this.#retryTimer)
    if (after.phase !== before.phase) this.#tell(before, after)
    this.#context.onChange()
  }

  #launch(generation: number): void {
    this.#cause = null
    this.#start(generation).catch((thrown: unknown) => {
      const error = asDiskFailure(thrown, `${this.spec.name} cannot be started`)
      this.#cause =
        error instanceof NautilusError
          ? error
          : new NautilusError('ENGINE_FAILED', `${this.spec.name} cannot be started: ${String(error)}`, {
              cause: error,
            })
      this.#apply({ kind: 'unstartable', at: this.#now(), generation, reason: this.#cause.message })
    })
  }

  async #start(generation: number): Promise<void> {
    const { systemId, addresses, registry } = this.#context
    const port = await this.#choosePort()
    // A stop may have come while the port was looked at: then nothing is started, and that is its exit.
    if (this.#state.phase !== 'starting') return this.#exited(generation, 'not started')
    this.#logFrom = logSize(this.logFile)
    const child = await launch({
      spec: this.spec,
      systemId,
      addresses: addresses(),
      port,
      logFile: this.logFile,
      onReady: (told) => this.#ready(generation, told),
    })
    registry().add({ pid: child.pid, stopSignal: 'TERM', name: this.spec.name })
    const leader = identify(child.pid) ?? { pid: child.pid, startTicks: -1, bootId: '' }
    const run: Run = {
      generation,
      child,
      family: { leader, systemId, name: this.spec.name, known: new Map() },
      ended: new AbortController(),
      readyTimer: setTimeout(
        () => this.#apply({ kind: 'timeout', at: this.#now(), generation }),
        this.#readyTimeoutMs(),
      ),
      killAt: null,
      asked: false,
    }
    this.#run = run
    this.#port = port === 0 ? null : port
    child.once('exit', (code, signal) => this.#ended(run, signal ?? String(code)))
    this.#context.onEvent(this.spec.name, `started (pid ${child.pid})`, 'info')
    this.#context.onChange()
    if (this.#wantsToEnd()) this.#askToEnd()
    const target = { port, logFile: this.logFile, logFrom: this.#logFrom }
    if (await untilReady(this.spec.ready, target, run.ended.signal)) this.#ready(generation, null)
  }

  #readyTimeoutMs(): number {
    return Math.min(this.spec.readyTimeoutNs / nsPerMs, 2 ** 31 - 1)
  }

  #wantsToEnd(): boolean {
    return this.#state.phase === 'stopping'
  }

  async #choosePort(): Promise<number> {
    const { name, port, ready } = this.spec
    if (port === null) return 0
    if (port > 0) await assertPortFree(port, `engines.${name}`)
    // A program that tells its port chooses it; another must be told one.
    return port > 0 || ready.kind === 'notify' ? port : freePort()
  }

  #ready(generation: number, port: number | null): void {
    if (generation !== this.#state.generation) return
    if (port !== null) this.#port = port
    if (this.#run?.generation === generation) clearTimeout(this.#run.readyTimer)
    this.#apply({ kind: 'ready', at: this.#now(), generation })
  }

  /** `exit`, never `close`: that waits for every grandchild which holds the output. */
  #ended(run: Run, exit: string): void {
    clearTimeout(run.readyTimer)
    run.ended.abort()
    const endedAt = this.#now()
    run.killAt ??= later(endedAt, leftoverGraceNs)
    const options = {
      clock: this.#context.clock,
      killAt: () => present(run.killAt, 'a run that has ended has a time to kill what it left'),
      groupWasAsked: () => run.asked,
    }
    sweep(run.family, options).then(
      (left) => {
        for (const stat of left) this.#context.onEvent(this.spec.name, `pid ${stat.pid} cannot be ended`, 'error')
        this.#context.registry().remove(run.family.leader.pid)
        this.#exited(run.generation, exit, endedAt)
      },
      (error: unknown) => {
        this.#context.onEvent(this.spec.name, `what it left could not be ended: ${String(error)}`, 'error')
        this.#exited(run.generation, exit, endedAt)
      },
    )
  }

  #exited(generation: number, exit: string, endedAt = this.#now()): void {
    if (this.#run?.generation === generation) this.#run = null
    const state = this.#state
    const reason = exitReasons[exit]
    if (reason !== undefined && state.phase === 'starting' && state.generation === generation) {
      this.#state = { ...state, lastExit: exit }
      this.#apply({ kind: 'unstartable', at: this.#now(), generation, reason })
      return
    }
    this.#apply({ kind: 'exit', at: this.#now(), endedAt, generation, exit, draw: this.#context.random.float() })
  }

  /** TERM to the group, which holds the leader, so that it gets the signal once; KILL after the grace. */
  #askToEnd(): void {
    const run = this.#run
    if (run === null || run.asked) return
    assert(run.generation === this.#state.generation, 'only the newest start is alive')
    run.asked = true
    clearTimeout(run.readyTimer)
    if (run.ended.signal.aborted) return
    remember(run.family)
    run.killAt ??= later(this.#now(), this.#state.intent === 'notReady' ? leftoverGraceNs : this.spec.stopGraceNs)
    signalGroup(run.family.leader, 'SIGTERM')
    void this.#killAfterGrace(run)
  }

  async #killAfterGrace(run: Run): Promise<void> {
    const stop = { signal: run.ended.signal }
    const waitMs = Math.max(
      0,
      (present(run.killAt, 'a run that was asked to end has a time to be killed') - this.#now()) / nsPerMs,
    )
    await sleep(waitMs, undefined, stop).catch(() => undefined)
    if (run.ended.signal.aborted) return
    const seconds = Math.round(waitMs / 100) / 10
    this.#context.onEvent(this.spec.name, `did not end within ${seconds} s; it is killed`, 'warn')
    signalGroup(run.family.leader, 'SIGKILL')
    await sleep(killDeadlineMs, undefined, stop).catch(() => undefined)
    // It sleeps in the kernel: nobody can end it, and nobody shall wait for it.
    if (!run.ended.signal.aborted) this.#ended(run, 'not ended by SIGKILL')
  }

  #retryLater(state: LifeState): void {
    const { generation } = state
    const waitNs = present(state.retryAt, 'a process in back-off has a time to start') - this.#now()
    const retry = () => this.#apply({ kind: 'retry', at: this.#now(), generation })
    this.#retryTimer = setTimeout(retry, Math.max(0, waitNs / nsPerMs))
  }

  #tell(before: LifeState, after: LifeState): void {
    const tell = (text: string, level: SystemEvent['level']) => this.#context.onEvent(this.spec.name, text, level)
    const exit =
      after.lastExit === null ? '' : ` (${/^\d+$/.test(after.lastExit) ? 'exit code ' : ''}${after.lastExit})`
    if (after.phase === 'ready') {
      const port = this.#port === null ? '' : ` on port ${this.#port}`
      tell(`ready after ${Math.round((this.status().readyAfterNs ?? 0) / nsPerMs)} ms${port}`, 'info')
    } else if (after.phase === 'backoff') {
      const waitNs = present(after.retryAt, 'a process in back-off has a time to start') - this.#now()
      tell(`${after.reason ?? 'ended'}; starts again in ${(waitNs / nsPerSec).toFixed(2)} s`, 'warn')
    } else if (after.phase === 'stopping' && after.intent === 'notReady')
      tell('not ready in time; it is ended', 'error')
    else if (after.phase === 'failed') tell(`failed: ${after.reason ?? 'unknown reason'}`, 'error')
    else if (after.phase === 'exited' && before.generation > 0 && before.phase !== 'backoff')
      tell(`ended${exit}`, 'info')
  }
}

/** What shells and taskset answer where the program cannot be run: trying again would not help. */
const exitReasons: Readonly<Record<string, string>> = {
  '126': 'ended with exit code 126: its command may not be run',
  '127': 'ended with exit code 127: its command was not found',
}
