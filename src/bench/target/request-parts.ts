import { driverStage, type Part } from '../attribution.js'
import type { ComponentPlan } from '../plan.js'

// Where the time of a request to a plain target went, by the instants that the generator saw and by the server's own word.

/** In the order of the way; the index is the id. */
export const requestParts: readonly Part[] = [
  { stage: driverStage, kind: 'processing' },
  { stage: 'connection', kind: 'queue' },
  { stage: 'server', kind: 'processing' },
  { stage: 'wire', kind: 'transit' },
  { stage: 'body', kind: 'transit' },
]

const wireId = 3

export type RequestTimes = {
  readonly intendedAt: number
  /** Handed to the client. */
  readonly issuedAt: number
  /** Written; zero where the client does not tell. */
  readonly sentAt: number
  /** Zero where the client does not tell. */
  readonly firstByteAt: number
  readonly doneAt: number
  /** -1 where the server did not tell. */
  readonly serverNs: number
}

/** Splits response times. After `split`, `ids[i]` and `values[i]` for i < `count` are the parts of that request. */
export class RequestSplitter {
  readonly parts = requestParts
  readonly ids = new Int32Array(requestParts.length)
  readonly values = new Float64Array(requestParts.length)
  count = 0
  /** Instants of the generator that lie before the one that they follow. */
  negativeDifferences = 0
  /** Servers that say to have taken longer than was waited for them: the word of a server, no instant of ours. */
  serverOverruns = 0
  sumMismatches = 0

  /** Hot path: once a completed request. False where the parts do not sum to the response time. */
  split(times: RequestTimes): boolean {
    const sentAt = times.sentAt === 0 ? times.issuedAt : times.sentAt
    const firstByteAt = times.firstByteAt === 0 ? times.doneAt : times.firstByteAt
    const serverNs = Math.max(0, times.serverNs)
    const waitedNs = firstByteAt - sentAt
    const isOverrun = waitedNs >= 0 && serverNs > waitedNs
    if (isOverrun) this.serverOverruns += 1
    this.count = 0
    this.#add(0, times.issuedAt - times.intendedAt)
    this.#add(1, sentAt - times.issuedAt)
    if (times.serverNs >= 0) this.#add(2, serverNs)
    this.#add(wireId, waitedNs - serverNs)
    this.#add(4, times.doneAt - firstByteAt)
    let sum = 0
    for (let index = 0; index < this.count; index += 1) {
      const value = this.values[index] ?? 0
      if (value < 0 && !(isOverrun && this.ids[index] === wireId)) this.negativeDifferences += 1
      sum += value
    }
    if (sum === times.doneAt - times.intendedAt) return true
    this.sumMismatches += 1
    return false
  }

  #add(id: number, value: number): void {
    this.ids[this.count] = id
    this.values[this.count] = value
    this.count += 1
  }
}

/** The budget group of a part; `edges` means every transit. */
export function groupOf(part: Part, components: readonly ComponentPlan[]): string | null {
  const named = components.find(
    ({ of }) => of.includes(part.stage) || (part.kind === 'transit' && of.includes('edges')),
  )
  return named?.name ?? null
}
