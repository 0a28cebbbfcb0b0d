import { present } from '../../core/assert.js'
import { type DurationNs, type InstantNs, later, nsPerMs } from '../../core/units.js'
import type { StoreCounters } from '../../platform/store/sink.js'
import type { Engine, EngineContext } from './define.js'
import type { Entry } from './entry.js'

/** One engine instance and what belongs to its run: nothing of it reaches the next. */
export class RunState {
  readonly run: string
  /** What the store had counted when the run began. */
  readonly storeBefore: StoreCounters
  readonly counters: Record<string, number> = {}
  /** Inputs that outlived the call that brought them: held by the engine, delayed, or hung. */
  readonly unsettled = new Set<Entry>()
  readonly #timers = new Set<NodeJS.Timeout>()
  #engine: Engine | null = null
  #ended = false

  constructor(run: string, storeBefore: StoreCounters) {
    this.run = run
    this.storeBefore = storeBefore
  }

  get engine(): Engine {
    return present(this.#engine, 'an engine is used after it was created')
  }

  start(create: (context: EngineContext) => Engine, context: EngineContext): void {
    this.#engine = create(context)
  }

  count(name: string, by: number): void {
    this.counters[name] = (this.counters[name] ?? 0) + by
  }

  /** A timer of this run: fires once, never early, and never after the run has ended. */
  after(now: () => InstantNs, delayNs: DurationNs, callback: () => void): () => void {
    const dueAt = later(now(), delayNs)
    let timer: NodeJS.Timeout
    const fire = (): void => {
      this.#timers.delete(timer)
      if (this.#ended) return
      const remainingNs = dueAt - now()
      if (remainingNs > 0) arm(remainingNs)
      else callback()
    }
    const arm = (waitNs: number): void => {
      timer = setTimeout(fire, Math.ceil(waitNs / nsPerMs))
      this.#timers.add(timer)
    }
    arm(delayNs)
    return () => {
      clearTimeout(timer)
      this.#timers.delete(timer)
    }
  }

  end(): void {
    this.#ended = true
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }
}
