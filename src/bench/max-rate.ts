import { setTimeout as sleep } from 'node:timers/promises'
import { NautilusError } from '../core/errors.js'
import { type DurationNs, durationNs, nsPerSec } from '../core/units.js'
import { formatRate } from '../report/format.js'
import type { Probe, Rung } from '../results/capacity.js'
import type { RunResult } from '../results/run-result.js'
import type { SlaConfig } from '../sla/config.js'
import { declaredLimits } from '../sla/declared.js'
import {
  afterAnswer,
  afterNoRecovery,
  beginSearch,
  nextStep,
  rungsLeft,
  type SearchState,
  type SearchStep,
} from '../sla/rate-search.js'
import { rungOf } from '../sla/rung.js'

// Finds the highest rate at which the limits hold: measures what the search asks for, lets the system come to rest in between, and
// tells how far it is. It starts nothing itself.

export type RateAsked = { readonly ratePerSec: number; readonly warmupNs: DurationNs; readonly durationNs: DurationNs }
type Purpose = 'rung' | 'confirmation' | 'settling'

type MaxRateHooks = {
  readonly stop: AbortSignal
  readonly measure: (asked: RateAsked, purpose: Purpose) => Promise<RunResult>
  readonly note: (text: string) => void
}

type MaxRateAsked = {
  readonly sla: SlaConfig
  readonly startPerSec: number
  readonly ratePerSecMax: number
  /** Throughput of closed loops; empty where there is none. */
  readonly probes: readonly Probe[]
  /** Of the run that confirms. */
  readonly warmupNs: DurationNs
  readonly durationNs: DurationNs
}

type Ended = Extract<SearchStep, { kind: 'end' }>['status'] | 'interrupted'

export type MaxRate = {
  readonly status: Ended
  readonly rungs: readonly Rung[]
  readonly state: SearchState
  /** The last full-length run; null where none was made. */
  readonly confirmation: RunResult | null
}

export const precision = 0.05
/** How far below its start a search goes before it says that nothing holds. */
const startShareMin = 1 / 1024

export async function findMaxRate(asked: MaxRateAsked, hooks: MaxRateHooks): Promise<MaxRate> {
  const reached = asked.probes.flatMap(({ completedPerSec }) => (completedPerSec ? [completedPerSec] : []))
  const ceilingPerSec = reached.length === 0 ? null : Math.max(...reached)
  const startPerSec = ceilingPerSec === null ? asked.startPerSec : ceilingPerSec / 2
  const bounds = { ratePerSecMin: startPerSec * startShareMin, ratePerSecMax: asked.ratePerSecMax }
  let state = beginSearch({ startPerSec, ceilingPerSec, precision, ...bounds })
  const rungs: Rung[] = []
  let confirmation: RunResult | null = null
  const told = (status: Ended): MaxRate => ({ status, rungs, state, confirmation })
  for (;;) {
    const step = nextStep(state)
    if (step.kind === 'end') return told(step.status)
    if (hooks.stop.aborted) return told('interrupted')
    const purpose = step.kind === 'confirm' ? 'confirmation' : 'rung'
    const rate = rateAsked(asked, step, rungs)
    hooks.note(progressText(state, step, asked))
    const result = await hooks.measure(rate, purpose)
    if (hooks.stop.aborted) return told('interrupted')
    const { rung, said } = rungOf(result, asked.durationNs)
    // As it was asked: a target rate that is counted differs from it by less than one request.
    rungs.push({ ...rung, purpose, ratePerSec: step.ratePerSec })
    if (purpose === 'confirmation') confirmation = result
    state = afterAnswer(state, said)
    const isOver = nextStep(state).kind === 'end'
    if (!isOver && (result.interrupted !== null || (said.answer !== 'holds' && !(await settled(asked, rate, hooks))))) {
      state = hooks.stop.aborted ? state : afterNoRecovery(state)
    }
    if (hooks.stop.aborted) return told('interrupted')
  }
}

/** A sixth of the full length, and as many samples as its strictest limit needs; twice and four times that where it was undecided. */
function rateAsked(asked: MaxRateAsked, step: Exclude<SearchStep, { kind: 'end' }>, rungs: readonly Rung[]): RateAsked {
  const { ratePerSec } = step
  if (step.kind === 'confirm') return { ratePerSec, warmupNs: asked.warmupNs, durationNs: asked.durationNs }
  const samplesNs = (samplesNeeded(asked.sla) * nsPerSec) / ratePerSec
  const once = Math.max(rungNsMin, asked.durationNs / 6, samplesNs)
  const rungNs = durationNs(Math.round(Math.min(asked.durationNs, once * 2 ** step.repeatCount)))
  // What was compiled in the first rung stays so.
  const warmupNs = rungs.length === 0 ? asked.warmupNs : durationNs(Math.min(asked.warmupNs, warmupNsMax))
  return { ratePerSec, warmupNs, durationNs: rungNs }
}

const rungNsMin = 2 * nsPerSec
const warmupNsMax = nsPerSec

/** Twice what a PASS needs at least: latencies that follow each other are alike. */
function samplesNeeded(sla: SlaConfig): number {
  const needed = { p50: 20, p95: 180, p99: 800, 'p99.9': 6_000, max: 100 }
  return Math.max(100, ...declaredLimits(sla).map(({ quantile }) => needed[quantile]))
}

const settlingMax = 10
const settlingRestMs = 500
const settlingCount = 10
const settlingNsMin = nsPerSec / 2

/**
 * Whether the system has come to rest after a rate that was too high: a few requests at a tenth of it are all answered, and most within the
 * limit. What was queued is worked off meanwhile.
 */
async function settled(asked: MaxRateAsked, { ratePerSec }: RateAsked, hooks: MaxRateHooks): Promise<boolean> {
  const lowPerSec = Number((ratePerSec / 10).toPrecision(3))
  const spanNs = durationNs(Math.round(Math.max(settlingNsMin, (settlingCount * nsPerSec) / lowPerSec)))
  const limits = declaredLimits(asked.sla).flatMap(({ name, limitNs }) => (name === 'endToEnd' ? [limitNs] : []))
  const limitNs = Math.max(...limits, 0) || Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < settlingMax && !hooks.stop.aborted; attempt += 1) {
    // A stop ends the wait; the measurement that follows sees it too.
    if (attempt > 0) await sleep(settlingRestMs * attempt, null, { signal: hooks.stop }).catch(() => null)
    try {
      const result = await hooks.measure(
        { ratePerSec: lowPerSec, warmupNs: durationNs(0), durationNs: spanNs },
        'settling',
      )
      if (result.interrupted !== null) return false
      const { failed, timedOut, dropped, lost } = result.accounting
      if (failed + timedOut + dropped + lost === 0 && result.endToEnd.summary.p50Ns <= limitNs) return true
    } catch (error) {
      // Nobody answers yet.
      if (!(error instanceof NautilusError)) throw error
    }
    if (attempt === 0) hooks.note('waiting for the queue to be empty')
  }
  return false
}

const overheadNs = 3 * nsPerSec

function progressText(state: SearchState, step: Exclude<SearchStep, { kind: 'end' }>, asked: MaxRateAsked): string {
  const rungNs = Math.max(rungNsMin, asked.durationNs / 6) + warmupNsMax + overheadNs
  const leftNs = rungsLeft(state) * rungNs + asked.warmupNs + asked.durationNs + overheadNs
  const { holdsPerSec, breaksPerSec } = state
  const known = `${holdsPerSec === null ? 'none yet' : formatRate(holdsPerSec)} holds, ${breaksPerSec === null ? 'none yet' : formatRate(breaksPerSec)} does not`
  const what =
    step.kind === 'confirm'
      ? `confirming ${formatRate(step.ratePerSec)} at full length`
      : `rung ${state.rungCount + 1} at ${formatRate(step.ratePerSec)}${step.repeatCount > 0 ? ', again and longer' : ''}`
  return `${what}; ${known}; about ${Math.ceil(leftNs / nsPerSec)} s left`
}
