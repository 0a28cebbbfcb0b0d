import { assert } from '../core/assert.js'
import type { Limited, Models } from './acquisition.js'
import { measuredOf, type Study, type Trial } from './search.js'
import { keyOf, type Settings, type Space } from './space.js'
import { type Measured, SurrogateFitter } from './surrogate.js'

// From trials to models: one for the objective, one for each constraint, and one for whether the system runs at all, which
// is all that a crash tells. Each function keeps what its last call fitted.

/** Trials of which only the constraints matter. */
type Limits = {
  readonly settings: Settings
  readonly outcome: null | Pick<NonNullable<Trial['outcome']>, 'constraints'>
}

export function modeller(study: Study): (trials: readonly Trial[]) => Models {
  const fitter = new SurrogateFitter(study.space)
  const limitedOf = limiter(study)
  return (trials) => {
    const measured = valuesOf(trials, ({ objective }) => objective)
    return { objective: measured.length === 0 ? null : fitter.model(measured), limited: limitedOf(trials) }
  }
}

/** Models of what has to be met: every constraint, and that the system runs where it once did not. */
export function limiter({ space, constraints }: Study): (trials: readonly Limits[]) => Limited[] {
  const limits = constraints.map(({ name, limit }) => ({ name, limit, fitter: new SurrogateFitter(space, limit) }))
  const crashFitter = new SurrogateFitter(space, crashLimit)
  return (trials) => {
    const limited = limits.flatMap(({ name, limit, fitter }) => {
      const measured = valuesOf(trials, (outcome) => measuredOf(outcome, name))
      return measured.length === 0 ? [] : [{ limit, surrogate: fitter.model(measured) }]
    })
    if (trials.every(({ outcome }) => outcome !== null)) return limited
    const crashes = trials.map(({ settings, outcome }) => ({ settings, value: outcome === null ? 1 : 0 }))
    return [...limited, { limit: crashLimit, surrogate: crashFitter.model(crashes) }]
  }
}

/** Between 0, it ran, and 1, it crashed. */
const crashLimit = 0.5

/** The settings with which the system ran, each once. */
export function triedOf(space: Space, trials: readonly Limits[]): Settings[] {
  const ran = trials.filter(({ outcome }) => outcome !== null)
  return [...new Map(ran.map(({ settings }) => [keyOf(space, settings), settings])).values()]
}

/** A value of every trial that ran. */
export const valuesOf = <Outcome>(
  trials: readonly { readonly settings: Settings; readonly outcome: Outcome | null }[],
  read: (outcome: Outcome) => number,
): Measured[] =>
  trials.flatMap(({ settings, outcome }) => {
    if (outcome === null) return []
    const value = read(outcome)
    assert(Number.isFinite(value), 'what a trial measured is a finite number')
    return [{ settings, value }]
  })
