import type { SlowRequest } from '../results/run-result.js'
import type { Part } from './attribution.js'
import type { Split } from './band.js'

/** Slowest requests that a run keeps. */
export const slowestMax = 20

/** What is kept of one request; its arrays are used again by the next that takes its place. */
type Kept = {
  seq: number
  offsetNs: number
  responseNs: number
  ending: string
  partCount: number
  readonly ids: Int32Array
  readonly values: Float64Array
}

/** The slowest requests of a run with the parts of their time. Memory is bounded, and nearly every request costs one comparison. */
export class Slowest {
  readonly #kept: Kept[] = []
  /** A request must be slower than this; the fastest of those kept, once there are enough of them. */
  #floorNs = -1
  #fastest = 0

  /** Hot path: once a measured request. `splitter` holds its parts, or is null where they do not explain `responseNs`. */
  offer(
    seq: number,
    request: { readonly offsetNs: number; readonly responseNs: number; readonly ending: string },
    splitter: Split | null,
  ): void {
    if (request.responseNs <= this.#floorNs) return
    const kept = this.#place(splitter)
    kept.seq = seq
    kept.offsetNs = request.offsetNs
    kept.responseNs = request.responseNs
    kept.ending = request.ending
    kept.partCount = splitter?.count ?? 0
    if (splitter !== null) {
      for (let index = 0; index < splitter.count; index += 1) {
        kept.ids[index] = splitter.ids[index] ?? 0
        kept.values[index] = splitter.values[index] ?? 0
      }
    }
    if (this.#kept.length === slowestMax) this.#findFastest()
  }

  /** Slowest first; of two that took equally long the earlier first. */
  toRequests(parts: readonly Part[]): SlowRequest[] {
    return this.#kept
      .toSorted((a, b) => b.responseNs - a.responseNs || a.seq - b.seq)
      .map(({ seq, offsetNs, responseNs, ending, partCount, ids, values }) => ({
        seq,
        intendedNs: offsetNs,
        responseNs,
        ending,
        parts: Array.from({ length: partCount }, (_, index) => {
          const part = parts[ids[index] ?? 0]
          return { stage: part?.stage ?? '', kind: part?.kind ?? 'processing', ns: values[index] ?? 0 }
        }),
      }))
  }

  #place(splitter: Split | null): Kept {
    if (this.#kept.length === slowestMax) {
      const place = this.#kept[this.#fastest]
      if (place !== undefined && place.ids.length >= (splitter?.count ?? 0)) return place
    }
    const partsMax = splitter?.ids.length ?? 0
    const made = {
      ...{ seq: 0, offsetNs: 0, responseNs: 0, ending: '', partCount: 0 },
      ...{ ids: new Int32Array(partsMax), values: new Float64Array(partsMax) },
    }
    if (this.#kept.length < slowestMax) this.#kept.push(made)
    else this.#kept[this.#fastest] = made
    return made
  }

  #findFastest(): void {
    this.#fastest = 0
    for (let index = 1; index < this.#kept.length; index += 1) {
      if ((this.#kept[index]?.responseNs ?? 0) < (this.#kept[this.#fastest]?.responseNs ?? 0)) this.#fastest = index
    }
    this.#floorNs = this.#kept[this.#fastest]?.responseNs ?? -1
  }
}
