import { assertNever } from '../core/assert.js'
import type { DurationNs, InstantNs } from '../core/units.js'
import { durationNs, elapsed, later, nsPerMs, nsPerSec } from '../core/units.js'
import { type BackoffLimits, backoff } from '../platform/flow/backoff.js'
import type { ProcessState, RestartPolicy } from './spec.js'

// The life of one supervised process as a pure function. Every start has a generation: an event that carries an older
// one is ignored, so a late exit never harms the process that took its place. Every exit has an intent: what the
// supervisor had decided before it came. A wish to stop is final: nothing starts after it.

type Intent = 'none' | 'stop' | 'restart' | 'notReady'

export type LifeState = {
  readonly phase: ProcessState
  readonly generation: number
  readonly intent: Intent
  /** Set by a stop: no later event starts the process again. */
  readonly stopped: boolean
  readonly everReady: boolean
  readonly startedAt: InstantNs | null
  readonly readyAt: InstantNs | null
  /** Instants of the restarts that the policy made; those outside its window no longer count. */
  readonly restarts: readonly InstantNs[]
  readonly restartCount: number
  /** When it ended by itself; null once it is ready again. */
  readonly diedAt: InstantNs | null
  /** Longest time from such an end until it was ready again. */
  readonly recoveryNsMax: DurationNs | null
  /** When it last ceased to be ready, whoever wished it; null while it is, and before it first was. */
  readonly notReadySince: InstantNs | null
  /** Sum of all times from then until it was ready again. */
  readonly notReadyNs: DurationNs
  /** Failures in a row, for the delay; 30 s of health forget them. */
  readonly failureStreak: number
  readonly retryAt: InstantNs | null
  /** Code or signal of the last exit. */
  readonly lastExit: string | null
  /** Why it ended for good, where it did not do so as wished. */
  readonly reason: string | null
}

export type LifeEvent =
  | { readonly kind: 'start'; readonly at: InstantNs }
  | { readonly kind: 'ready'; readonly at: InstantNs; readonly generation: number }
  | { readonly kind: 'timeout'; readonly at: InstantNs; readonly generation: number }
  | {
      readonly kind: 'exit'
      readonly at: InstantNs
      readonly generation: number
      readonly exit: string
      /** Before `at` by what it took to end what it had left. */
      readonly endedAt?: InstantNs
      /** A draw in [0, 1) for the jitter of the delay. */
      readonly draw: number
    }
  /** It cannot be started, and trying again would not help: program not found, port taken. */
  | { readonly kind: 'unstartable'; readonly at: InstantNs; readonly generation: number; readonly reason: string }
  | { readonly kind: 'retry'; readonly at: InstantNs; readonly generation: number }
  | { readonly kind: 'restart'; readonly at: InstantNs }
  | { readonly kind: 'stop'; readonly at: InstantNs }

export type LifeRules = {
  readonly restart: RestartPolicy
  /** `oneShot` is done when it exits with 0; `probed` must become ready before it may exit; `loose` is ready when started. */
  readonly kind: 'oneShot' | 'probed' | 'loose'
}

export const firstState: LifeState = {
  phase: 'waiting',
  generation: 0,
  intent: 'none',
  stopped: false,
  everReady: false,
  startedAt: null,
  readyAt: null,
  restarts: [],
  restartCount: 0,
  diedAt: null,
  recoveryNsMax: null,
  notReadySince: null,
  notReadyNs: durationNs(0),
  failureStreak: 0,
  retryAt: null,
  lastExit: null,
  reason: null,
}

const healthyAfterNs = 30 * nsPerSec

export const restartLimits: BackoffLimits = {
  first: durationNs(200 * nsPerMs),
  longest: durationNs(10 * nsPerSec),
  jitterShare: 0.2,
}

/** In all since it was first ready, an absence that lasts included. */
export const notReadyNsAt = ({ notReadySince, notReadyNs }: LifeState, at: InstantNs): DurationNs =>
  notReadySince === null ? notReadyNs : durationNs(notReadyNs + elapsed(notReadySince, at))

export const lifeCycle =
  (rules: LifeRules) =>
  (before: LifeState, event: LifeEvent): LifeState => {
    const after = next(rules)(before, event)
    if (before.phase !== 'ready' || after.phase === 'ready') return after
    const endedAt = event.kind === 'exit' ? event.endedAt : undefined
    return { ...after, notReadySince: endedAt ?? event.at }
  }

const next =
  (rules: LifeRules) =>
  (state: LifeState, event: LifeEvent): LifeState => {
    if ('generation' in event && event.generation !== state.generation) return state
    switch (event.kind) {
      case 'start':
        return state.phase === 'waiting' && !state.stopped ? started(state, event.at) : state
      case 'ready':
        return state.phase === 'starting' ? nowReady(state, event.at) : state
      case 'timeout':
        return state.phase === 'starting' ? { ...state, phase: 'stopping', intent: 'notReady' } : state
      case 'unstartable':
        return state.phase === 'starting' || state.phase === 'stopping' ? unstartable(state, event.reason) : state
      case 'exit':
        return isRunning(state) ? exited(rules, state, event) : state
      case 'retry':
        return state.phase === 'backoff' && !state.stopped ? started(state, event.at) : state
      case 'restart':
        return restarted(state, event.at)
      case 'stop':
        return stopped(state)
      default:
        return assertNever(event)
    }
  }

const isRunning = (state: LifeState): boolean =>
  state.phase === 'starting' || state.phase === 'ready' || state.phase === 'stopping'

function nowReady(state: LifeState, at: InstantNs): LifeState {
  const { diedAt, recoveryNsMax } = state
  return {
    ...state,
    phase: 'ready',
    readyAt: at,
    everReady: true,
    reason: null,
    diedAt: null,
    recoveryNsMax: diedAt === null ? recoveryNsMax : durationNs(Math.max(elapsed(diedAt, at), recoveryNsMax ?? 0)),
    notReadySince: null,
    notReadyNs: notReadyNsAt(state, at),
  }
}

function started(state: LifeState, at: InstantNs): LifeState {
  return {
    ...state,
    phase: 'starting',
    generation: state.generation + 1,
    intent: 'none',
    startedAt: at,
    readyAt: null,
    retryAt: null,
    reason: null,
  }
}

function unstartable(state: LifeState, reason: string): LifeState {
  return state.stopped ? { ...state, phase: 'exited' } : { ...state, phase: 'failed', reason }
}

function stopped(state: LifeState): LifeState {
  if (isRunning(state)) return { ...state, phase: 'stopping', intent: 'stop', stopped: true }
  const phase = state.phase === 'failed' ? 'failed' : 'exited'
  return { ...state, phase, stopped: true, retryAt: null }
}

/** A restart that a person asked for: at once, and with a clean record. */
function restarted(state: LifeState, at: InstantNs): LifeState {
  if (state.stopped || state.phase === 'waiting') return state
  const forgiven = { ...state, restarts: [], failureStreak: 0, restartCount: state.restartCount + 1 }
  return isRunning(state) ? { ...forgiven, phase: 'stopping', intent: 'restart' } : started(forgiven, at)
}

function exited(rules: LifeRules, before: LifeState, event: LifeEvent & { kind: 'exit' }): LifeState {
  const state = { ...before, lastExit: event.exit }
  if (state.stopped) return { ...state, phase: 'exited' }
  if (state.intent === 'restart') return started(state, event.at)
  if (state.intent === 'notReady') return failedStart(rules, state, event)
  const mayExit = rules.kind !== 'probed' || before.phase === 'ready'
  const succeeded = event.exit === '0' && mayExit
  if (succeeded && (rules.kind === 'oneShot' || rules.restart.policy !== 'always')) return { ...state, phase: 'exited' }
  const when = before.phase === 'ready' ? '' : ' before it was ready'
  return tryAgain(rules, state, { ...event, reason: `ended with ${exitWords(event.exit)}${when}` })
}

function failedStart(rules: LifeRules, state: LifeState, event: LifeEvent & { kind: 'exit' }): LifeState {
  const reason = 'was not ready in time'
  return state.everReady ? tryAgain(rules, state, { ...event, reason }) : { ...state, phase: 'failed', reason }
}

function tryAgain(
  rules: LifeRules,
  state: LifeState,
  event: {
    readonly at: InstantNs
    readonly endedAt?: InstantNs
    readonly draw: number
    readonly reason: string
  },
): LifeState {
  const { policy, restartsMax, windowNs } = rules.restart
  const diedAt = state.diedAt ?? event.endedAt ?? event.at
  if (policy === 'never') return { ...state, phase: 'failed', diedAt, reason: event.reason }
  const restarts = state.restarts.filter((at) => event.at - at < windowNs)
  if (restarts.length >= restartsMax) {
    const seconds = Math.round(windowNs / nsPerSec)
    const again = restartsMax === 0 ? '' : `, after ${restartsMax} restarts within ${seconds} s`
    return { ...state, phase: 'failed', restarts, diedAt, reason: `${event.reason}${again}` }
  }
  const wasHealthy = state.readyAt !== null && event.at - state.readyAt >= healthyAfterNs
  const failureStreak = wasHealthy ? 0 : state.failureStreak
  return {
    ...state,
    phase: 'backoff',
    reason: event.reason,
    restarts: [...restarts, event.at],
    restartCount: state.restartCount + 1,
    diedAt,
    failureStreak: failureStreak + 1,
    retryAt: later(event.at, backoff(failureStreak, restartLimits, event.draw)),
  }
}

const exitWords = (exit: string): string => (/^\d+$/.test(exit) ? `exit code ${exit}` : exit)
