import type { StudyRun } from '../results/study.js'
import { driftOf } from './drift.js'
import { type Goal, metricValueOf, objectiveOf } from './goal.js'
import { coverCount, modelSearch } from './model-search.js'
import type { Answer, Search, Study, Trial } from './search.js'
import { keyOf, type Settings, type Space } from './space.js'

// What a study measures next, from the runs that it has. Every fourth run is of the best so far: the drift of the machine is
// estimated from what was measured more than once, and the search is told objectives without it. Nothing is kept between
// the runs but the runs themselves, so a study that was cut off goes on as it would have.

export type PlannedRun = Pick<StudyRun, 'purpose' | 'settings' | 'expectedGainShare' | 'feasibility'>

export type StudyPlan = {
  readonly next: (runs: readonly StudyRun[]) => PlannedRun
  /** The best that was tried, its value that of the metric on the machine as it was at the start; null where nothing ran. */
  readonly best: (runs: readonly StudyRun[]) => StudyBest | null
}
export type StudyBest = Pick<Answer, 'settings' | 'feasibility'> & {
  readonly value: number
  readonly isCurrent: boolean
}

type Planning = Pick<Study, 'space' | 'current' | 'seed'> & {
  readonly goal: Goal
  /** Settings as a profile holds them: three digits of a number. */
  readonly written: (settings: Settings) => Settings
}

// The search has turns of its own, at counts of runs that 4 divides and at odd ones: these lie between.
const againEvery = 4
const againFirst = 6
const isAgain = (runCount: number): boolean => runCount >= againFirst && (runCount - againFirst) % againEvery === 0

export function studyPlan({ space, current, seed, goal, written }: Planning): StudyPlan {
  // One search for each set of limits, of which there is one as soon as a run has figures: it keeps what the last call computed.
  const searches = new Map<string, Search>()
  const studyWith = (constraints: Study['constraints']): Study => ({ space, constraints, current, seed })
  const searchOf = (constraints: Study['constraints']): Search => {
    const key = JSON.stringify(constraints)
    const search = searches.get(key) ?? modelSearch(studyWith(constraints))
    searches.set(key, search)
    return search
  }
  const best = (runs: readonly StudyRun[]): StudyBest | null => {
    const answer = searchOf(constraintsOf(runs)).best(trialsOf(runs, space, goal))
    if (answer === null) return null
    const { settings, objective, feasibility } = answer
    const isCurrent = keyOf(space, settings) === keyOf(space, current)
    return { settings, feasibility, value: metricValueOf(goal, objective), isCurrent }
  }
  return {
    best,
    next: (runs) => {
      if (isAgain(runs.length)) {
        const found = best(runs)
        if (found !== null) return { ...unmodelled, purpose: 'again', settings: found.settings }
      }
      const constraints = constraintsOf(runs)
      // Points of the cover are counted without the runs between: leaving out each fourth would make it uneven.
      const own = runs.filter(({ purpose }) => purpose !== 'again')
      const covers = own.length <= coverCount(studyWith(constraints))
      const trials = trialsOf(covers ? own : runs, space, goal)
      const { origin, settings, expectedGainShare, feasibility } = searchOf(constraints).propose(trials)
      return { purpose: origin, settings: written(settings), expectedGainShare, feasibility }
    },
  }
}

const unmodelled = { expectedGainShare: null, feasibility: null } as const

/** What the search is told of runs: objectives as if the machine had stayed as it was at the first of them. */
export function trialsOf(runs: readonly StudyRun[], space: Space, goal: Goal): Trial[] {
  const measured = runs.flatMap(({ index, settings, outcome }) =>
    outcome === null
      ? []
      : [{ index, key: keyOf(space, settings), objectiveLn: Math.log(objectiveOf(goal, outcome.value)) }],
  )
  const drift = driftOf(measured, (runs.at(-1)?.index ?? -1) + 1)
  return runs.map(({ index, settings, outcome }) => {
    if (outcome === null) return { settings, outcome: null }
    const objective = objectiveOf(goal, outcome.value) * Math.exp(-(drift[index] ?? 0))
    const limits = Object.entries(outcome.limits)
    const constraints = Object.fromEntries(limits.map(([name, { observed, bound }]) => [name, turned(observed, bound)]))
    return { settings, outcome: { objective, constraints } }
  })
}

/**
 * The limits of the profile, which are the same in every run: a run without a figure for one of them has no outcome. One that
 * was never in question is left out: of errors that are always 0, as the limit is or far below it, a model would only know
 * that the limit is as likely above as below what it has seen. For the same reason a limit that runs meet to the letter
 * lies between them and the first that does not.
 */
function constraintsOf(runs: readonly StudyRun[]): Study['constraints'] {
  const outcomes = runs.flatMap(({ outcome }) => outcome ?? [])
  return Object.entries(outcomes[0]?.limits ?? {}).flatMap(([name, { limit, bound }]) => {
    const values = outcomes.flatMap(({ limits }) => limits[name] ?? []).map(({ observed }) => turned(observed, bound))
    const level = turned(limit, bound)
    const isConstant = values.every((value) => value === values[0])
    const above = Math.min(...values.filter((value) => value > level))
    if (above === Infinity && (isConstant || values.includes(level))) return []
    return [{ name, limit: values.includes(level) ? (level + above) / 2 : level }]
  })
}

/** A search knows only limits that are met at or below. */
const turned = (value: number, bound: 'max' | 'min'): number => (bound === 'max' ? value : -value)
