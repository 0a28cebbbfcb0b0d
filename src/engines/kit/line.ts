import type { Clock } from '../../core/clock.js'
import { type DurationNs, type InstantNs, later, nsPerMs } from '../../core/units.js'
import { BoundedQueue } from '../../platform/flow/bounded-queue.js'
import type { Entry } from './entry.js'

/**
 * Entries that wait the same span from their start, in order, behind one timer. Entries that settled meanwhile are passed
 * over. A timer may fire a millisecond early or late; an entry is never released before its time.
 */
export class Line {
  readonly #clock: Clock
  readonly #spanNs: DurationNs
  readonly #release: (entry: Entry) => void
  readonly #queue: BoundedQueue<Entry>
  #timer: NodeJS.Timeout | null = null

  constructor(clock: Clock, spanNs: DurationNs, entriesMax: number, release: (entry: Entry) => void) {
    this.#clock = clock
    this.#spanNs = spanNs
    this.#release = release
    this.#queue = new BoundedQueue(entriesMax)
  }

  /** False where the line is full. */
  add(entry: Entry): boolean {
    if (!this.#queue.push(entry)) return false
    if (this.#timer === null) this.#arm(this.#clock.now())
    return true
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  readonly #fire = (): void => {
    this.#timer = null
    for (;;) {
      const entry = this.#queue.peek()
      if (entry === undefined) return
      const now = this.#clock.now()
      if (!entry.settled && this.#dueAt(entry) > now) {
        this.#arm(now)
        return
      }
      this.#queue.shift()
      if (!entry.settled) this.#release(entry)
    }
  }

  #arm(now: InstantNs): void {
    const first = this.#queue.peek()
    if (first === undefined) return
    this.#timer = setTimeout(this.#fire, Math.max(0, Math.ceil((this.#dueAt(first) - now) / nsPerMs)))
  }

  #dueAt(entry: Entry): InstantNs {
    return later(entry.startedAt, this.#spanNs)
  }
}
