import type { SlowRequest } from '../../results/run-result.js'

export const slowestCount = 20

/** The slowest requests seen, slowest first, of bounded number. */
export class Slowest {
  readonly #kept: SlowRequest[] = []

  /** Hot path: whether a request would be kept; what it looks like is made only then. */
  admits(responseNs: number): boolean {
    const last = this.#kept[slowestCount - 1]
    return last === undefined || responseNs > last.responseNs
  }

  add(request: SlowRequest): void {
    const at = this.#kept.findIndex(({ responseNs }) => responseNs < request.responseNs)
    this.#kept.splice(at < 0 ? this.#kept.length : at, 0, request)
    this.#kept.length = Math.min(this.#kept.length, slowestCount)
  }

  get requests(): readonly SlowRequest[] {
    return this.#kept
  }
}
