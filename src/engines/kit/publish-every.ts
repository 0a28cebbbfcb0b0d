import type { DurationNs } from '../../core/units.js'
import type { Topic } from '../model/messages.js'
import type { EngineContext } from './define.js'

type Told<Figures> = {
  readonly topic: Topic
  readonly everyNs: DurationNs
  readonly hasChanged: () => boolean
  /** What changed since it was asked last; null where nothing of it is to be told. */
  readonly takeChanged: () => Figures | null
}

/**
 * Tells what changed once a period. The first change begins the period, so that no timer runs while nothing happens and the
 * changes of one period are one message.
 */
export class PublishEvery<Figures> {
  readonly #context: EngineContext
  readonly #told: Told<Figures>
  #pending = false

  constructor(context: EngineContext, told: Told<Figures>) {
    this.#context = context
    this.#told = told
  }

  /** To be called after each input. Hot path: mostly a period is running already. */
  schedule(): void {
    if (this.#pending || !this.#told.hasChanged()) return
    this.#pending = true
    this.#context.after(this.#told.everyNs, () => {
      this.#pending = false
      this.publish()
    })
  }

  /** Tells at once; at the drain, for one. */
  publish(): void {
    if (!this.#told.hasChanged()) return
    const figures = this.#told.takeChanged()
    if (figures !== null) this.#context.publish(this.#told.topic, figures)
  }
}
