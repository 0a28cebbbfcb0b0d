import type { StoreSink } from '../../platform/store/sink.js'
import type { Engine, EngineContext } from './define.js'
import { RunState } from './run-state.js'

/** Orders by HTTP that belong to no run of a bench. */
export const liveRun = 'live'
const runsRemembered = 64

type RunHooks = {
  readonly create: (context: EngineContext) => Engine
  readonly contextOf: (state: RunState) => EngineContext
  /** Called for a run that a newer one has ended. */
  readonly ended: (state: RunState) => void
}

/** One engine per run: a new run of a bench ends the one before; orders outside of any run live beside it. */
export class Runs {
  readonly #hooks: RunHooks
  readonly #store: StoreSink
  readonly #states = new Map<string, RunState>()
  readonly #ended = new Set<string>()
  #current: RunState | null = null

  constructor(store: StoreSink, hooks: RunHooks) {
    this.#store = store
    this.#hooks = hooks
  }

  get current(): RunState | null {
    return this.#current
  }

  all(): Iterable<RunState> {
    return this.#states.values()
  }

  find(run: string): RunState | null {
    return this.#current?.run === run ? this.#current : (this.#states.get(run) ?? null)
  }

  /** The state of a run, made when the run is first heard of; null for a run that has ended. */
  obtain(run: string): RunState | null {
    return this.find(run) ?? (this.#ended.has(run) ? null : this.#open(run))
  }

  end(): void {
    for (const state of [...this.#states.values()]) this.#end(state)
  }

  #open(run: string): RunState {
    if (run !== liveRun) {
      for (const old of [...this.#states.values()]) if (old.run !== liveRun) this.#end(old)
    }
    const state = new RunState(run, { ...this.#store.counters })
    this.#states.set(run, state)
    if (run !== liveRun || this.#current === null) this.#current = state
    state.start(this.#hooks.create, this.#hooks.contextOf(state))
    return state
  }

  #end(state: RunState): void {
    state.end()
    this.#ended.add(state.run)
    for (const run of this.#ended) {
      if (this.#ended.size <= runsRemembered) break
      this.#ended.delete(run)
    }
    this.#hooks.ended(state)
    this.#states.delete(state.run)
    if (this.#current === state) this.#current = null
  }
}
