import type { InstantNs } from '../core/units.js'
import type { Stamp } from '../platform/bus/envelope.js'

// Where the time of one tick went. For each engine: queue = max(0, polledAt - prev.doneAt) + (startedAt - receivedAt), charged
// to the consumer, since a busy engine must not make the bus look guilty; processing = doneAt - startedAt. For each edge:
// transit = receivedAt - max(prev.doneAt, polledAt). The driver is a stage too: its processing is the lateness of the send, its
// queue the way from the arrival of the outcome to its being seen. These parts sum to doneAt - intendedAt, exactly.

type PartKind = 'queue' | 'processing' | 'transit'
export type Part = { readonly stage: string; readonly kind: PartKind }

export const driverStage = 'driver'

/** The driver's own instants of a tick. One object is used again for every tick. */
export type TickTimes = {
  intendedAt: InstantNs
  sentAt: InstantNs
  polledAt: InstantNs
  receivedAt: InstantNs
  doneAt: InstantNs
}

const stampsMax = 64
const nodesMax = 4096

/** One position on a way through the engines; ways that begin alike share their nodes, so no names are joined per tick. */
type Node = {
  readonly engine: string
  readonly transit: number
  readonly queue: number
  readonly processing: number
  /** Edge from here back to the driver. */
  readonly home: number
  readonly next: Map<string, Node>
}

/** Splits ticks into parts. After `split`, `ids[i]` and `values[i]` for i < `count` are the parts of that tick. */
export class Splitter {
  /** Part by id; grows with the ways that ticks take. */
  readonly parts: Part[] = []
  readonly ids = new Int32Array(3 * stampsMax + 3)
  readonly values = new Float64Array(3 * stampsMax + 3)
  count = 0
  /** Differences between instants of two processes that were below zero. */
  negativeDifferences = 0
  /** Ticks whose parts did not sum to their response time. */
  sumMismatches = 0

  readonly #idOf = new Map<string, number>()
  readonly #root: Node
  #nodes = 1

  constructor() {
    const driverQueue = this.#id(driverStage, 'queue')
    const driverProcessing = this.#id(driverStage, 'processing')
    const home = this.#id(`${driverStage}->${driverStage}`, 'transit')
    this.#root = {
      engine: driverStage,
      transit: home,
      queue: driverQueue,
      processing: driverProcessing,
      home,
      next: new Map(),
    }
  }

  /** False where the parts cannot be told: they do not sum, or the stamps are beyond the bounds. Hot path: once a tick. */
  split(stamps: readonly Stamp[], times: TickTimes): boolean {
    this.count = 0
    if (stamps.length > stampsMax) return this.#mismatch()
    let node = this.#root
    let previousDoneAt = times.sentAt
    this.#add(node.processing, times.sentAt - times.intendedAt)
    for (let index = 0; index < stamps.length; index += 1) {
      const stamp = stamps[index]
      if (stamp === undefined) return this.#mismatch()
      node = node.next.get(stamp.engine) ?? this.#grow(node, stamp.engine)
      if (node === this.#root) return this.#mismatch()
      this.#hop(node.transit, node.queue, previousDoneAt, stamp)
      const processing = stamp.doneAt - stamp.startedAt
      if (processing < 0) this.negativeDifferences += 1
      this.#add(node.processing, processing)
      previousDoneAt = stamp.doneAt
    }
    this.#home(node, previousDoneAt, times)
    return this.#sum() === times.doneAt - times.intendedAt ? true : this.#mismatch()
  }

  #home(node: Node, previousDoneAt: InstantNs, times: TickTimes): void {
    const waitedFrom = Math.max(previousDoneAt, times.polledAt)
    const transit = times.receivedAt - waitedFrom
    if (transit < 0) this.negativeDifferences += 1
    this.#add(node.home, transit)
    this.#add(this.#root.queue, waitedFrom - previousDoneAt + (times.doneAt - times.receivedAt))
  }

  #hop(transitId: number, queueId: number, previousDoneAt: InstantNs, stamp: Stamp): void {
    const waitedFrom = Math.max(previousDoneAt, stamp.polledAt)
    const transit = stamp.receivedAt - waitedFrom
    const waited = stamp.startedAt - stamp.receivedAt
    if (transit < 0 || waited < 0) this.negativeDifferences += 1
    this.#add(transitId, transit)
    this.#add(queueId, waitedFrom - previousDoneAt + waited)
  }

  #add(id: number, value: number): void {
    this.ids[this.count] = id
    this.values[this.count] = value
    this.count += 1
  }

  #sum(): number {
    let sum = 0
    for (let index = 0; index < this.count; index += 1) sum += this.values[index] ?? 0
    return sum
  }

  #mismatch(): false {
    this.sumMismatches += 1
    this.count = 0
    return false
  }

  /** A way not taken before; the root where there are too many. */
  #grow(from: Node, engine: string): Node {
    if (this.#nodes >= nodesMax) return this.#root
    this.#nodes += 1
    const node: Node = {
      engine,
      transit: this.#id(`${from.engine}->${engine}`, 'transit'),
      queue: this.#id(engine, 'queue'),
      processing: this.#id(engine, 'processing'),
      home: this.#id(`${engine}->${driverStage}`, 'transit'),
      next: new Map(),
    }
    from.next.set(engine, node)
    return node
  }

  #id(stage: string, kind: PartKind): number {
    const key = `${kind} ${stage}`
    const known = this.#idOf.get(key)
    if (known !== undefined) return known
    this.#idOf.set(key, this.parts.length)
    this.parts.push({ stage, kind })
    return this.parts.length - 1
  }
}
