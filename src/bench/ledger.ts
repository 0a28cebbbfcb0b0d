import type { Schedule } from './arrivals.js'

/**
 * What the sender writes and the collector reads without a message between them: memory shared by the threads of the driver.
 * A seq belongs to the sender until its byte in `sendStates` is set, and the byte is set before the tick leaves.
 */
export type Ledger = {
  /** Intended instants since the start of the warm-up, by seq. */
  readonly offsetsNs: Float64Array<SharedArrayBuffer>
  /** Instants of sending, by seq. */
  readonly sentAt: Float64Array<SharedArrayBuffer>
  /** `sendStates` of settlement.ts, by seq. */
  readonly sendStates: Uint8Array<SharedArrayBuffer>
  readonly control: Int32Array<SharedArrayBuffer>
  /** One figure: where the window ends, since the start of the warm-up. What is due from there on is not sent. */
  readonly windowEndNs: Float64Array<SharedArrayBuffer>
}

/** Words of `control`. */
export const controlWords = {
  /** Set and notified: the sender stops at once. */
  stop: 0,
  /** Ticks that the sender has handed over. */
  sent: 1,
  /** Of those handed to another thread of the driver: how many that has finished with. */
  finished: 2,
} as const

export const createControl = (): Int32Array<SharedArrayBuffer> => new Int32Array(new SharedArrayBuffer(4 * 8))

export function createLedger(schedule: Schedule, control: Int32Array<SharedArrayBuffer>): Ledger {
  const { offsetsNs, warmupNs, windowNs } = schedule
  const windowEndNs = new Float64Array(new SharedArrayBuffer(8))
  windowEndNs[0] = warmupNs + windowNs
  return {
    offsetsNs,
    sentAt: new Float64Array(new SharedArrayBuffer(offsetsNs.length * 8)),
    sendStates: new Uint8Array(new SharedArrayBuffer(offsetsNs.length)),
    control,
    windowEndNs,
  }
}

export const endOfWindow = ({ windowEndNs }: Ledger): number => windowEndNs[0] ?? 0
