import { BoundedQueue } from '../../flow/bounded-queue.js'
import { partTag } from './parts.js'
import type { Region } from './region.js'
import { RingWriter } from './ring.js'

type Waiting = { readonly payload: Buffer; readonly topic: number; writtenBytes: number }

/** The way from a participant to one inbox: a ring, and a bounded queue of what found it full. */
export class Outlet {
  /** Another where an heir reads the ring. */
  inbox: number
  readonly ring: number
  /** Written to since the last flush. */
  dirty = false
  /** Records of what waited, or was too large for one. */
  movedCount = 0
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
  put(payload: Buffer, topic: number): boolean {
    const isLarge = payload.length > this.#region.payloadBytesMax
    if (this.#waiting.length === 0 && !isLarge && this.#writer.write(payload, topic)) return true
    const message = { payload, topic, writtenBytes: 0 }
    if (this.#waiting.length === 0 && isLarge && this.#writeParts(message)) return true
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
      if (message === undefined || !this.#writeParts(message)) return
      this.#waiting.shift()
    }
  }

  /** As much of a message as there is room for; true where that is the rest of it. */
  #writeParts(message: Waiting): boolean {
    const { payload, topic } = message
    const bytesMax = this.#region.payloadBytesMax
    do {
      const from = message.writtenBytes
      const part = payload.subarray(from, from + bytesMax)
      const left = Math.ceil((payload.length - from - part.length) / bytesMax)
      if (!this.#writer.write(part, partTag(topic, { continues: from > 0, left }))) return false
      message.writtenBytes += part.length
      this.movedCount += 1
    } while (message.writtenBytes < payload.length)
    return true
  }
}
