import { intervalNs } from '../results/run-result.js'
import { endOfWindow, type Ledger } from './ledger.js'
import type { Recorder } from './recorder.js'
import { type Ending, type Settlement, sendStates } from './settlement.js'
import type { ClosedInterval } from './target/series-recording.js'

// A run that is looked at while it goes on is judged by those intervals whose ticks have all ended: of a later one the fast
// answers would be there, and the slow ones not yet. They are told one by one, as they end, since to summarise all of them at
// the moment of the look would keep the collector from its answers for many milliseconds.

/** An interval of the window whose ticks have all ended, or will count as unanswered whatever comes. */
export type EndedInterval = {
  readonly interval: number
  /** End to end, then the components. */
  readonly series: readonly ClosedInterval[]
  readonly counts: Readonly<Record<Ending, number>>
}

type EndingFacts = {
  readonly ledger: Ledger
  readonly warmupCount: number
  readonly warmupNs: number
  readonly timeoutNs: number
}

/** Told at once at most: after a tick without an answer has held up many intervals, they follow in several parts. */
const toldMax = 4

export class EndingIntervals {
  readonly #facts: EndingFacts
  readonly #settlement: Settlement
  readonly #recorder: Recorder
  #interval = 0
  /** The first measured tick that may still end. */
  #seq: number
  #counts = noCounts()
  #missedCount = 0

  constructor(facts: EndingFacts, settlement: Settlement, recorder: Recorder) {
    this.#facts = facts
    this.#settlement = settlement
    this.#recorder = recorder
    this.#seq = facts.warmupCount
  }

  /** Those that have ended since it was asked last. `elapsedNs` since the start of the warm-up. */
  take(elapsedNs: number): EndedInterval[] {
    const ended: EndedInterval[] = []
    const reachedNs = Math.min(elapsedNs, endOfWindow(this.#facts.ledger))
    while (ended.length < toldMax) {
      const endNs = this.#facts.warmupNs + (this.#interval + 1) * intervalNs
      if (endNs > reachedNs || !this.#pass(endNs, elapsedNs)) break
      const series = this.#recorder.closed(this.#interval, this.#missedCount)
      ended.push({ interval: this.#interval, series, counts: this.#counts })
      this.#interval += 1
      this.#counts = noCounts()
      this.#missedCount = 0
    }
    return ended
  }

  /** Passes the ticks that have ended; true where none that was due before `endNs` is left. */
  #pass(endNs: number, elapsedNs: number): boolean {
    const { offsetsNs } = this.#facts.ledger
    for (;;) {
      const dueNs = offsetsNs[this.#seq]
      if (dueNs === undefined || dueNs >= endNs) return true
      const ending = this.#settlement.endingOf(this.#seq)
      const told = ending ?? this.#missed(elapsedNs - dueNs)
      if (told === null) return false
      this.#counts[told] += 1
      if (ending === null) this.#missedCount += 1
      this.#seq += 1
    }
  }

  /** How a tick without an outcome counts: one whose time is over is lost, or is answered too late. */
  #missed(sinceNs: number): 'dropped' | 'lost' | null {
    if (this.#facts.ledger.sendStates[this.#seq] === sendStates.dropped) return 'dropped'
    return sinceNs > this.#facts.timeoutNs ? 'lost' : null
  }
}

const noCounts = (): Record<Ending, number> => {
  return { traded: 0, noTrade: 0, rejected: 0, failed: 0, timedOut: 0, dropped: 0, lost: 0 }
}
