import { assert, present } from '../core/assert.js'
import { Random } from '../core/random.js'
import { SobolSequence } from './sobol.js'
import { activeOf, isAllowed, type Settings, type Space, settingsAt } from './space.js'
import { spaceProblems } from './space-problems.js'

// What every search is: a pure function of its study and of the trials so far. The trials are all the state there is, so
// a study that was cut off goes on from what its file holds, with the proposals that it would have made.

/** A limit on something that is measured with each trial: met at or below it. */
type Constraint = { readonly name: string; readonly limit: number }

export type Study = {
  readonly space: Space
  readonly constraints: readonly Constraint[]
  /** The settings of trial 0: those that are to be improved. */
  readonly current: Settings
  readonly seed: number
}

export type Trial = {
  readonly settings: Settings
  /** Null where the system did not run with these settings. `objective` is the less the better. */
  readonly outcome: null | { readonly objective: number; readonly constraints: Readonly<Record<string, number>> }
}

export type Proposal = {
  readonly settings: Settings
  /** Why: the settings to be improved, a point of the first even cover of the space, or what the model asks for. */
  readonly origin: 'current' | 'cover' | 'model'
  /** By how much the model expects it to be better than the best, as a share of it; null without a model. */
  readonly expectedGainShare: number | null
  /** Probability that it runs and meets all constraints, as far as the model knows; null without one. */
  readonly feasibility: number | null
}

export type Answer = {
  readonly settings: Settings
  /** What the search takes the objective there to be. */
  readonly objective: number
  /** Probability that it meets all constraints. */
  readonly feasibility: number
}

export type Search = {
  readonly propose: (trials: readonly Trial[]) => Proposal
  /** The best settings that were tried, as far as they tell; null where none ran. */
  readonly best: (trials: readonly Trial[]) => Answer | null
}

/** Draws for each point before a space counts as full: so few of its points are allowed that the search may repeat itself. */
const drawsMax = 2_000

/** Points of a sequence that no forbidden combination holds of, and the current settings where there is no such point. */
export function randomSearch(study: Study): Search {
  checked(study)
  return baseline(study, (index) => {
    const random = Random.stream(study.seed, `random ${index}`)
    for (let draw = 0; draw < drawsMax; draw += 1) {
      const settings = settingsAt(
        study.space,
        study.space.parameters.map(() => random.float()),
      )
      if (isAllowed(study.space, settings)) return settings
    }
    return study.current
  })
}

export function sobolSearch(study: Study): Search {
  checked(study)
  const cover = coverOf(study)
  return baseline(study, (index) => cover(index))
}

/** The points of a scrambled Sobol sequence that are allowed, by their index from 1 on, whatever was asked before. */
export function coverOf({ space, seed, current }: Study): (index: number) => Settings {
  const sequence = new SobolSequence(space.parameters.length, seed)
  const found: { readonly settings: Settings; readonly place: number }[] = []
  let next = 0
  return (index) => {
    // From the start of the sequence, so that a study that was cut off finds what it would have found.
    const end = index * drawsMax
    for (; found.length < index && next < end; next += 1) {
      const settings = settingsAt(space, sequence.point(next))
      if (isAllowed(space, settings)) found.push({ settings, place: next })
    }
    const point = found[index - 1]
    return point !== undefined && point.place < end ? point.settings : current
  }
}

/** Proposes without looking at results, and answers with the best that was seen. */
function baseline(study: Study, settingsOf: (index: number) => Settings): Search {
  return {
    propose: ({ length }) =>
      length === 0 ? currentOf(study) : { ...unmodelled, settings: settingsOf(length), origin: 'cover' },
    best: (trials) => {
      const answers = trials.flatMap(({ settings, outcome }) => {
        if (outcome === null) return []
        const met = study.constraints.every(({ name, limit }) => measuredOf(outcome, name) <= limit)
        return [{ settings, objective: outcome.objective, feasibility: met ? 1 : 0 }]
      })
      if (answers.length === 0) return null
      return answers.reduce((one, other) => (isBetter(other, one) ? other : one))
    },
  }
}

const isBetter = (one: Answer, other: Answer): boolean =>
  one.feasibility === other.feasibility ? one.objective < other.objective : one.feasibility > other.feasibility

const unmodelled = { expectedGainShare: null, feasibility: null } as const

export const currentOf = ({ space, current }: Study): Proposal => ({
  ...unmodelled,
  settings: activeOf(space, current),
  origin: 'current',
})

export const measuredOf = ({ constraints }: Pick<NonNullable<Trial['outcome']>, 'constraints'>, name: string): number =>
  present(constraints[name], 'a trial that ran has a value for each constraint')

export function checked({ space }: Study): void {
  assert(spaceProblems(space).length === 0, 'the space of a search is valid')
}
