import { NautilusError } from '../../../core/errors.js'
import { BoundedQueue } from '../../flow/bounded-queue.js'
import type { Region } from './region.js'
import { RingWriter } from './ring.js'

type Waiting = { readonly payload: Buffer; readonly tag: number }

/** The way from a participant to one inbox: a ring, and a bounded queue of what found it full. */
export class Outlet {
  readonly inbox: number
  readonly ring: number
  /** Written to since the last flush. */
  dirty = false
  readonly #region: Region
  readonly #writer: RingWriter
  readonly #waiting: BoundedQueue<Waiting>

  constructor(region: Region, to: { readonly inbox: number; readonly ring: number; readonly backlogMax: number }) {
    this.inbox = to.inbox
    this.ring = to.ring
    this.#region = region
    this.#writer = new RingWriter(region.placeOf(to.ring))
    this.#waiting = new BoundedQueue(to.backlogMax)
  }

  get waitingCount(): number {
    return this.#waiting.length
  }

  /** Hot path: one call per message and inbox. False where an older message had to make room. */
  put(payload: Buffer, tag: number): boolean {
    if (payload.length > this.#writer.payloadBytesMax) throw tooLarge(payload.length, this.#writer.payloadBytesMax)
    if (this.#waiting.length === 0 && this.#writer.write(payload, tag)) return true
    const message = { payload, tag }
    if (this.#waiting.push(message)) return true
    this.#waiting.shift()
    this.#waiting.push(message)
    return false
  }

  /** Makes visible what was put and fits; true where there was anything. Asks the consumer to tell of room for the rest. */
  commit(): boolean {
    if (this.#waiting.length > 0) {
      this.#moveIn()
      if (this.#waiting.length > 0) {
        // Asked first, then looked again: the room may have come between.
        this.#region.wantRoom(this.ring)
        this.#moveIn()
      }
    }
    return this.#writer.commit()
  }

  #moveIn(): void {
    for (;;) {
      const message = this.#waiting.peek()
      if (message === undefined || !this.#writer.write(message.payload, message.tag)) return
      this.#waiting.shift()
    }
  }
}

const tooLarge = (bytes: number, bytesMax: number): NautilusError =>
  new NautilusError('USAGE', `a message of ${bytes} bytes is larger than the ${bytesMax} that the bus can carry`, {
    hint: 'Set bus.region to a larger power of two: a message may have a 256th of that.',
  })
