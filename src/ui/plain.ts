import type { RunSnapshot } from '../bench/snapshot.js'
import type { InstantNs } from '../core/units.js'
import { difference, nsPerSec } from '../core/units.js'
import { formatCount, formatDuration } from '../report/format.js'
import { printable } from './layout.js'
import { progressOf, ratesOf, verdictSoFar } from './run-lines.js'
import { readyOf, type SystemSnapshot } from './system-lines.js'

// What is written where nothing can be redrawn: one line per step and per ten seconds, and each event once.

const beatNs = 10 * nsPerSec

export type PlainState = {
  readonly step: string
  readonly writtenAt: InstantNs | null
  readonly events: readonly string[]
}
export type PlainOutput = { readonly state: PlainState; readonly lines: readonly string[] }

export const emptyPlainState: PlainState = { step: '', writtenAt: null, events: [] }

export function plainRun(state: PlainState, snapshot: RunSnapshot, now: InstantNs): PlainOutput {
  return next(state, now, { step: snapshot.phase, line: runLine(snapshot), events: [] })
}

export function plainSystem(state: PlainState, snapshot: SystemSnapshot, now: InstantNs): PlainOutput {
  const { text, failed } = readyOf(snapshot.status)
  const doing = snapshot.ending ? 'stopping' : text
  const step = failed.length === 0 ? doing : `${doing}, failed: ${failed.map(printable).join(', ')}`
  // A system that is up has no end that is waited for: it speaks when something changes.
  return next(state, now, { step, line: step, events: snapshot.events, silent: true })
}

/** Events that were not there before: both lists are windows of one sequence, so their overlap is looked for. */
export function newEvents(before: readonly string[], after: readonly string[]): readonly string[] {
  for (let overlap = Math.min(before.length, after.length); overlap > 0; overlap -= 1) {
    const tail = before.slice(before.length - overlap)
    if (tail.every((event, index) => event === after[index])) return after.slice(overlap)
  }
  return after
}

type Told = {
  readonly step: string
  readonly line: string
  readonly events: readonly string[]
  readonly silent?: boolean
}

function next(state: PlainState, now: InstantNs, { step, line, events, silent = false }: Told): PlainOutput {
  const isNewStep = step !== state.step
  const isDue = !silent && (state.writtenAt === null || difference(state.writtenAt, now) >= beatNs)
  const told = newEvents(state.events, events).map(printable)
  const writes = isNewStep || isDue
  return {
    state: { step, events, writtenAt: writes ? now : state.writtenAt },
    lines: writes ? [...told, line] : told,
  }
}

function runLine(snapshot: RunSnapshot): string {
  const step = `${printable(snapshot.profileName)}  ${snapshot.phase}`
  if (snapshot.phase !== 'warm-up' && snapshot.phase !== 'measuring' && snapshot.phase !== 'draining') return step
  const endToEnd = snapshot.endToEnd
  return [
    step,
    progressOf(snapshot),
    ratesOf(snapshot),
    `in flight ${formatCount(snapshot.inFlight)}`,
    ...(endToEnd === null || endToEnd.count === 0
      ? []
      : [`end to end p95 ${formatDuration(endToEnd.p95Ns)} (n ${formatCount(endToEnd.count)})`]),
    verdictSoFar(snapshot).text,
  ].join('  ')
}
