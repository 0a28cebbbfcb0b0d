import { type DurationNs, durationNs, nsPerMs, nsPerSec } from '../core/units.js'
import type { Accounting, RunResult, Series } from '../results/run-result.js'
import { decideEarly, looksOf, type SoFar } from '../sla/early.js'
import type { EarlierRuns } from '../sla/latency-check.js'
import { phasesOf } from './arrivals.js'
import type { BenchPlan } from './plan.js'
import { canBeLonger } from './schedule-extension.js'

// `--until-decided`: at few fixed looks the run so far is judged, and ends where all is decided, or goes on beyond its end where that
// would decide it. Between the looks nobody looks: who looks often and stops when it pleases is wrong too often.

export type UntilDecided = {
  /** How long the window may become. */
  readonly windowNsMax: DurationNs
  readonly history: EarlierRuns | null
}

/** What was measured of a run that still goes on: all intervals whose requests have ended. */
export type MeasuredSoFar = {
  readonly endToEnd: Series
  readonly components: readonly Series[]
  /** Of requests that have ended: what is under way is neither answered nor given up yet. */
  readonly counts: Partial<Readonly<Record<Counted, number>>>
  /** What the throughput counts, and the part of the window in which it was due. */
  readonly answeredCount: number
  readonly countedNs: number
}

const endings = ['completed', 'traded', 'noTrade', 'rejected', 'failed', 'timedOut', 'dropped', 'lost'] as const
type Counted = (typeof endings)[number] | 'duplicates'

/** The word about the end must reach those who send before it comes: the last look is this much earlier. */
const leadNs = 400 * nsPerMs
/** Longer than who sends is deaf to such a word, and than the first judgement of a process takes. */
const stopNs = 150 * nsPerMs

export class Decision {
  readonly #plan: BenchPlan
  readonly #profile: Readonly<Record<string, unknown>>
  readonly #until: UntilDecided
  readonly #looksNs: number[]
  #windowNs: number
  #kind: 'early' | 'extended' | null = null
  #reason = ''

  constructor(plan: BenchPlan, profile: Readonly<Record<string, unknown>>, until: UntilDecided) {
    this.#plan = plan
    this.#profile = profile
    this.#until = { ...until, windowNsMax: windowNsMaxOf(plan, until) }
    this.#windowNs = plan.load.duration
    this.#looksNs = [...looksOf(plan.load.duration), plan.load.duration]
  }

  /** When the window ends, as it stands. */
  get windowNs(): DurationNs {
    return durationNs(this.#windowNs)
  }

  /** When the window ends now, since its start, where that was decided just now; else null. To be called as time goes on. */
  see(elapsedNs: number, soFar: (elapsedNs: number) => MeasuredSoFar): DurationNs | null {
    const [lookNs] = this.#looksNs
    const { duration } = this.#plan.load
    if (lookNs === undefined || elapsedNs < Math.min(lookNs, duration - leadNs)) return null
    this.#looksNs.shift()
    const decided = decideEarly(this.#soFar(lookNs, soFar(elapsedNs)), this.#until.history)
    if (decided.decision === 'decided' && lookNs < duration) {
      this.#looksNs.length = 0
      this.#change('early', decided.reason, Math.min(elapsedNs + stopNs, duration))
    } else if (decided.decision === 'extend') {
      this.#change('extended', decided.reason, duration + decided.byNs)
    } else if (lookNs < duration) {
      return null
    }
    return this.windowNs
  }

  /** By how much the window was changed in the end; an interruption may have come first. */
  outcome(windowNs: number): RunResult['decided'] {
    const changedNs = this.#kind === 'early' ? this.#plan.load.duration - windowNs : windowNs - this.#plan.load.duration
    return this.#kind === null || changedNs <= 0 ? null : { kind: this.#kind, reason: this.#reason, changedNs }
  }

  #change(kind: 'early' | 'extended', reason: string, windowNs: number): void {
    this.#kind = kind
    this.#reason = reason
    this.#windowNs = Math.round(windowNs)
  }

  /** As of a look; the counters are those of a moment before or after it. */
  #soFar(lookNs: number, { endToEnd, components, counts, answeredCount, countedNs }: MeasuredSoFar): SoFar {
    const { load, runId } = this.#plan
    return {
      id: runId,
      profile: { ...this.#profile },
      endToEnd,
      components: [...components],
      accounting: accountingOf(counts),
      phases: phasesOf(load.arrivals, load.duration, load.duration),
      load: { achievedRatePerSec: countedNs <= 0 ? 0 : (answeredCount * nsPerSec) / countedNs },
      ...{ elapsedNs: lookNs, plannedNs: load.duration, windowNsMax: this.#until.windowNsMax },
    }
  }
}

/** As if no more had been planned than has ended. */
function accountingOf(counts: MeasuredSoFar['counts']): Accounting {
  const count = (name: Counted): number => counts[name] ?? 0
  const planned = endings.reduce((sum, ending) => sum + count(ending), 0)
  return {
    ...{ planned, sent: planned - count('dropped'), completed: count('completed') },
    ...{ traded: count('traded'), noTrade: count('noTrade'), rejected: count('rejected') },
    ...{ failed: count('failed'), timedOut: count('timedOut'), dropped: count('dropped'), lost: count('lost') },
    ...{ duplicates: count('duplicates'), late: 0, reasons: {} },
  }
}

export const windowNsMaxOf = ({ load }: BenchPlan, { windowNsMax }: UntilDecided): DurationNs =>
  canBeLonger(load.arrivals) ? durationNs(Math.max(load.duration, windowNsMax)) : load.duration
