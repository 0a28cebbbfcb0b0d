import type { Clock } from '../core/clock.js'
import type { InstantNs } from '../core/units.js'

/** Why and when a run ended before its time. */
export type Interrupted = { readonly reason: string; readonly at: InstantNs }

/** The first of everything that can end a run early: a signal, an engine, a service, the bus. Later ones do not count. */
export class Interruption {
  readonly #clock: Clock
  #first: Interrupted | null = null
  #tell: (interrupted: Interrupted) => void = () => undefined
  /** Never resolves in a run that ends by itself; never rejects. */
  readonly happened: Promise<Interrupted>

  constructor(clock: Clock) {
    this.#clock = clock
    this.happened = new Promise((resolve) => {
      this.#tell = resolve
    })
  }

  get first(): Interrupted | null {
    return this.#first
  }

  raise(reason: string): void {
    if (this.#first !== null) return
    this.#first = { reason, at: this.#clock.now() }
    this.#tell(this.#first)
  }

  /** Returns a function that no longer listens. */
  listen(stop: AbortSignal, systemFailed: Promise<{ readonly name: string; readonly reason: string }>): () => void {
    const onAbort = (): void => this.raise(stop.reason instanceof Error ? 'stopped' : String(stop.reason ?? 'stopped'))
    if (stop.aborted) onAbort()
    stop.addEventListener('abort', onAbort, { once: true })
    void systemFailed.then(({ name, reason }) => this.raise(`${name} ${reason}`))
    return () => stop.removeEventListener('abort', onAbort)
  }
}
