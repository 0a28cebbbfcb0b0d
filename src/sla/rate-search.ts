import { assert, assertNever } from '../core/assert.js'
import type { RungAnswer } from '../results/capacity.js'
import { type ExitCode, exitOfInterruption } from './exit.js'

// The search for the highest rate at which the limits hold: pure, answers in, the next rate out. Rates are compared by their ratio, so the
// steps are even on a log scale. First up or down by factors of two until one rate holds and one does not, then bisection until the
// two are within the precision, then a run of full length at the one that held: of several noisy rungs the best was partly lucky,
// so what a short rung said is never the result.

export type SearchPlan = {
  readonly startPerSec: number
  /** What a closed loop reached. Only a hint where to look: it may have been held back by its few connections. */
  readonly ceilingPerSec: number | null
  /** Share by which the ends of the bracket may differ at last. */
  readonly precision: number
  readonly ratePerSecMin: number
  readonly ratePerSecMax: number
}

/** Why no more rates are tried. */
type Cause = 'bracketed' | 'instrument' | 'rate-max' | 'rate-min' | 'rungs-max' | 'unrecovered'

export type SearchState = {
  readonly plan: SearchPlan
  /** Highest rate that held, lowest that did not; null while there is none. */
  readonly holdsPerSec: number | null
  readonly breaksPerSec: number | null
  readonly rungCount: number
  /** How often the current rate has been asked again. */
  readonly repeatCount: number
  readonly confirmCount: number
  readonly cause: Cause | null
  readonly confirmed: boolean | null
}

export type SearchStep =
  | { readonly kind: 'rung'; readonly ratePerSec: number; readonly repeatCount: number }
  | { readonly kind: 'confirm'; readonly ratePerSec: number }
  | {
      readonly kind: 'end'
      readonly status: 'found' | 'unconfirmed' | 'none' | 'generator' | 'unbounded' | 'unrecovered'
    }

export type SearchAnswer = {
  readonly answer: RungAnswer
  /** Whether a longer run may tell what this one could not. */
  readonly worthLonger: boolean
}

/** What is undecided is asked again, longer, so often; an instrument that gave out gets one second chance. */
const repeatsMax = { undecided: 2, instrument: 1 } as const
const confirmsMax = 3
export const rungsMax = 24

export const beginSearch = (plan: SearchPlan): SearchState => {
  assert(plan.precision > 0 && plan.ratePerSecMin > 0, 'a search has a precision and a lowest rate')
  return {
    ...{ plan, holdsPerSec: null, breaksPerSec: null, cause: null, confirmed: null },
    ...{ rungCount: 0, repeatCount: 0, confirmCount: 0 },
  }
}

/** What to measure next, or what the search has come to. */
export function nextStep(state: SearchState): SearchStep {
  const { holdsPerSec, confirmed, cause } = state
  if (cause === 'unrecovered') return { kind: 'end', status: 'unrecovered' }
  if (cause === null) return { kind: 'rung', ratePerSec: nextRate(state), repeatCount: state.repeatCount }
  if (confirmed === false) return { kind: 'end', status: cause === 'instrument' ? 'generator' : 'unconfirmed' }
  if (holdsPerSec === null) return { kind: 'end', status: cause === 'instrument' ? 'generator' : 'none' }
  if (confirmed === null) return { kind: 'confirm', ratePerSec: holdsPerSec }
  if (state.breaksPerSec !== null && cause !== 'instrument') return { kind: 'end', status: 'found' }
  return { kind: 'end', status: cause === 'instrument' ? 'generator' : 'unbounded' }
}

/** The state after the answer to the step that `nextStep` gave. */
export function afterAnswer(state: SearchState, given: SearchAnswer): SearchState {
  const step = nextStep(state)
  switch (step.kind) {
    case 'rung':
      return afterRung(state, step.ratePerSec, given)
    case 'confirm':
      return afterConfirmation(state, step.ratePerSec, given)
    case 'end':
      return state
    default:
      return assertNever(step)
  }
}

/** The system does not answer any more, also at a low rate: no further rate can be tried. */
export const afterNoRecovery = (state: SearchState): SearchState => ({ ...state, cause: 'unrecovered' })

/** Rungs that are to come at least, for a guess at the time that is left. */
export function rungsLeft(state: SearchState): number {
  const { plan, holdsPerSec, breaksPerSec, cause } = state
  if (cause !== null) return 0
  const high = breaksPerSec ?? plan.ceilingPerSec ?? (holdsPerSec ?? plan.startPerSec) * 4
  const low = holdsPerSec ?? high / 4
  return Math.max(1, Math.ceil(Math.log2(Math.max(1, Math.log(high / low) / Math.log1p(plan.precision)))))
}

function afterRung(state: SearchState, ratePerSec: number, { answer, worthLonger }: SearchAnswer): SearchState {
  const again = { ...state, rungCount: state.rungCount + 1, repeatCount: state.repeatCount + 1 }
  const next = { ...again, repeatCount: 0 }
  switch (answer) {
    case 'holds':
      return settled({ ...next, holdsPerSec: ratePerSec })
    case 'breaks':
      return settled({ ...next, breaksPerSec: ratePerSec })
    case 'undecided':
      if (worthLonger && state.repeatCount < repeatsMax.undecided) return again
      // What does not hold with confidence is the upper end of what does.
      return settled({ ...next, breaksPerSec: ratePerSec })
    case 'instrument':
      return state.repeatCount < repeatsMax.instrument ? again : { ...next, cause: 'instrument' }
    default:
      return assertNever(answer)
  }
}

/** Of a full-length run. One that does not pass makes its rate the upper end; the next is as much lower as the precision. */
function afterConfirmation(state: SearchState, ratePerSec: number, { answer }: SearchAnswer): SearchState {
  const next = { ...state, confirmCount: state.confirmCount + 1 }
  if (answer === 'holds') return { ...next, confirmed: true }
  const lower = Number((ratePerSec / (1 + state.plan.precision)).toPrecision(4))
  const isLast = next.confirmCount >= confirmsMax || lower < state.plan.ratePerSecMin
  if (answer === 'instrument') return isLast ? { ...next, cause: 'instrument', confirmed: false } : next
  const bracket = { ...next, breaksPerSec: ratePerSec, holdsPerSec: lower }
  return isLast ? { ...bracket, confirmed: false, holdsPerSec: null } : bracket
}

/** Says where there is nothing more to try. */
function settled(state: SearchState): SearchState {
  const { plan, holdsPerSec, breaksPerSec, rungCount } = state
  const { precision, ratePerSecMin, ratePerSecMax } = plan
  const end = (cause: Cause): SearchState => ({ ...state, cause })
  if (holdsPerSec !== null && breaksPerSec !== null && breaksPerSec / holdsPerSec <= (1 + precision) * (1 + 1e-9)) {
    return end('bracketed')
  }
  if (holdsPerSec !== null && holdsPerSec >= ratePerSecMax) return end('rate-max')
  if (breaksPerSec !== null && breaksPerSec <= ratePerSecMin) return end('rate-min')
  return rungCount >= rungsMax ? end('rungs-max') : state
}

function nextRate({ plan, holdsPerSec, breaksPerSec }: SearchState): number {
  const { startPerSec, ratePerSecMin, ratePerSecMax } = plan
  // Four digits, as a person would write it.
  const within = (ratePerSec: number): number =>
    Number(Math.min(ratePerSecMax, Math.max(ratePerSecMin, ratePerSec)).toPrecision(4))
  if (holdsPerSec === null) return within(breaksPerSec === null ? startPerSec : breaksPerSec / 2)
  return within(breaksPerSec === null ? upwards(plan, holdsPerSec) : Math.sqrt(holdsPerSec * breaksPerSec))
}

/** Below the ceiling of the closed loop by halves of what is left, about it by a quarter, beyond by two. */
function upwards({ ceilingPerSec, precision }: SearchPlan, holdsPerSec: number): number {
  if (ceilingPerSec === null || holdsPerSec >= ceilingPerSec * 1.5) return holdsPerSec * 2
  if (holdsPerSec * (1 + precision) >= ceilingPerSec) return holdsPerSec * 1.25
  return Math.sqrt(holdsPerSec * ceilingPerSec)
}

type SearchStatus = Extract<SearchStep, { kind: 'end' }>['status'] | 'interrupted'

/** A search that has an answer has done its work, whatever the answer is worth to who asked. */
export function exitOfSearch(status: SearchStatus, interrupted: string | null): ExitCode {
  switch (status) {
    case 'found':
    case 'unbounded':
      return 0
    case 'none':
    case 'unrecovered':
      return 1
    case 'unconfirmed':
      return 3
    case 'generator':
      return 4
    case 'interrupted':
      return exitOfInterruption(interrupted ?? 'stopped')
    default:
      return assertNever(status)
  }
}
