import { assertNever } from '../core/assert.js'
import { Reasons } from './reasons.js'

// How each tick of a run ended. The first outcome of a seq wins; every planned tick ends in exactly one way, so that
// planned = traded + noTrade + rejected + failed + timedOut + dropped + lost in every run.

export const endings = ['traded', 'noTrade', 'rejected', 'failed', 'timedOut', 'dropped', 'lost'] as const
export type Ending = (typeof endings)[number]
/** How an answer says that a tick ended; a late one is counted as timed out. */
export type Answer = 'traded' | 'noTrade' | 'rejected' | 'failed'

/** What the sender did with a seq, by value of the shared byte. */
export const sendStates = { unsent: 0, sent: 1, dropped: 2 } as const

export type Verdict = Ending | 'duplicate' | 'late' | 'unknown'

const open = 0

export class Settlement {
  /** 0: no outcome yet, otherwise 1 + index of the ending. */
  readonly #endings: Uint8Array
  readonly #sendStates: Uint8Array
  readonly #warmupCount: number
  readonly #counts = new Map<Ending, number>(endings.map((ending) => [ending, 0]))
  readonly #reasons = new Reasons()
  #settledCount = 0
  #closed = false
  /** Of measured ticks, as the endings are. */
  duplicates = 0
  late = 0
  unknown = 0

  constructor(sharedSendStates: Uint8Array, warmupCount: number) {
    this.#sendStates = sharedSendStates
    this.#endings = new Uint8Array(sharedSendStates.length)
    this.#warmupCount = warmupCount
  }

  /** Ticks with an outcome, warm-up included. */
  get settledCount(): number {
    return this.#settledCount
  }

  /** Sent ticks, warm-up included, that failed, were not answered in time, or have no answer yet. */
  get unansweredCount(): number {
    const failed = 1 + endings.indexOf('failed')
    const timedOut = 1 + endings.indexOf('timedOut')
    let count = 0
    for (const [seq, ending] of this.#endings.entries()) {
      const unanswered = ending === open || ending === failed || ending === timedOut
      if (unanswered && this.#sendStates[seq] === sendStates.sent) count += 1
    }
    return count
  }

  /** How a tick ended; null while it has no outcome. */
  endingOf(seq: number): Ending | null {
    const state = this.#endings[seq] ?? open
    return state === open ? null : (endings[state - 1] ?? null)
  }

  count(ending: Ending): number {
    return this.#counts.get(ending) ?? 0
  }

  counts(): Record<Ending, number> {
    const counts = { traded: 0, noTrade: 0, rejected: 0, failed: 0, timedOut: 0, dropped: 0, lost: 0 }
    for (const ending of endings) counts[ending] = this.count(ending)
    return counts
  }

  reasons(): Record<string, number> {
    return this.#reasons.toRecord()
  }

  measured(seq: number): boolean {
    return seq >= this.#warmupCount
  }

  /** Takes an answer; returns how the tick ended by it, or why it does not count. Hot path: once an outcome. */
  answer(seq: number, answer: Answer, inTime: boolean): Verdict {
    const state = this.#endings[seq]
    if (state === undefined) return this.#countUnknown()
    if (state !== open) {
      if (this.measured(seq)) this.duplicates += 1
      return 'duplicate'
    }
    // A tick that was never sent cannot be answered. The flag is written before the message leaves.
    if (this.#sendStates[seq] === sendStates.unsent) return this.#countUnknown()
    if ((this.#closed || !inTime) && this.measured(seq)) this.late += 1
    if (this.#closed) return 'late'
    const ending = inTime ? answer : 'timedOut'
    this.#end(seq, ending)
    return ending
  }

  /** A tick that failed before it could be answered, such as a request that was cut off at the timeout. */
  end(seq: number, ending: Ending): boolean {
    if (this.#closed || this.#endings[seq] !== open) return false
    this.#end(seq, ending)
    return true
  }

  addReason(reason: string): void {
    this.#reasons.add(reason)
  }

  /** Ends what has no outcome: the first `plannedCount` measured ticks are accounted for after this, and later answers are late. */
  close(plannedCount: number, onEnded: (seq: number, ending: 'dropped' | 'lost') => void): void {
    this.#closed = true
    for (let seq = this.#warmupCount; seq < this.#warmupCount + plannedCount; seq += 1) {
      if (this.#endings[seq] !== open) continue
      const ending = this.#sendStates[seq] === sendStates.sent ? 'lost' : 'dropped'
      this.#end(seq, ending)
      // Open again for the late answer alone: it must not look like a duplicate.
      this.#endings[seq] = open
      onEnded(seq, ending)
    }
  }

  #countUnknown(): 'unknown' {
    this.unknown += 1
    return 'unknown'
  }

  #end(seq: number, ending: Ending): void {
    this.#endings[seq] = 1 + endings.indexOf(ending)
    this.#settledCount += 1
    if (seq >= this.#warmupCount) this.#counts.set(ending, this.count(ending) + 1)
  }
}

/** Whether a tick that ended so belongs to the distribution of the SLA, and whether it counts there as at least the timeout. */
export function slaRule(ending: Ending): 'as-measured' | 'at-least-timeout' | 'apart' {
  switch (ending) {
    case 'traded':
      return 'as-measured'
    case 'failed':
    case 'timedOut':
    case 'dropped':
    case 'lost':
      return 'at-least-timeout'
    case 'noTrade':
    case 'rejected':
      return 'apart'
    default:
      return assertNever(ending)
  }
}
