import type { MessagePort } from 'node:worker_threads'
import { topics } from '../engines/model/messages.js'
import type { Envelope, Transport } from '../platform/bus/envelope.js'
import { controlWords } from './ledger.js'

/** Where the sender puts ticks. Nothing here waits for the system: what it cannot take is dropped and counted. */
export type Outlet = {
  /** Takes a tick for the next `flush`. */
  put(envelope: Envelope): void
  /** Hands over what was put, in one go. */
  flush(): void
  /** Ticks that were handed over and that the medium, or the other thread, has not taken yet. */
  unfinished(): number
  /** Nothing is put after this. */
  close(): Promise<void>
}

/** Ticks under way to the medium beyond which new ones are dropped. */
export const unfinishedMax = 10_000

/** Publishes on the bus from the sender's own thread: the write is issued within `flush`. */
export class BusOutlet implements Outlet {
  readonly #transport: Transport
  readonly #onFailure: (error: unknown) => void
  #put = 0
  #unfinished = 0

  constructor(transport: Transport, onFailure: (error: unknown) => void) {
    this.#transport = transport
    this.#onFailure = onFailure
  }

  put(envelope: Envelope): void {
    this.#transport.publish(topics.marketEvent, [envelope])
    this.#put += 1
  }

  flush(): void {
    const count = this.#put
    if (count === 0) return
    this.#put = 0
    this.#unfinished += count
    this.#transport.flush().then(() => {
      this.#unfinished -= count
    }, this.#onFailure)
  }

  unfinished(): number {
    return this.#unfinished
  }

  close(): Promise<void> {
    return this.#transport.close()
  }
}

/** Hands ticks to the collector's thread, where the in-process engines or the HTTP connections live. */
export class PortOutlet implements Outlet {
  readonly #port: MessagePort
  readonly #control: Int32Array
  #put: Envelope[] = []
  #handedOver = 0

  constructor(port: MessagePort, control: Int32Array) {
    this.#port = port
    this.#control = control
  }

  put(envelope: Envelope): void {
    this.#put.push(envelope)
  }

  flush(): void {
    if (this.#put.length === 0) return
    this.#handedOver += this.#put.length
    this.#port.postMessage(this.#put)
    this.#put = []
  }

  unfinished(): number {
    return this.#handedOver - Atomics.load(this.#control, controlWords.finished)
  }

  async close(): Promise<void> {
    this.#port.close()
  }
}
