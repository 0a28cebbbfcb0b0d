import { Random } from '../core/random.js'
import {
  expectedImprovement,
  type Incumbent,
  incumbentOf,
  logFeasibilityOf,
  logPromise,
  type Models,
  standing,
} from './acquisition.js'
import { highest } from './ascent.js'
import { modeller, triedOf } from './models.js'
import {
  type Answer,
  checked,
  coverOf,
  currentOf,
  type Proposal,
  type Search,
  type Study,
  type Trial,
} from './search.js'
import { featuresOf, type Settings } from './space.js'

// The search by Gaussian processes: the current settings first, then an even cover of the space, then whatever promises most. One
// model for the objective, one for each constraint, and one for whether the system runs at all, which is all that a
// crash tells.

/**
 * Trials before the model decides, beside that of the current settings. As many as parameters: with twice as many the answers
 * after 60 runs were no better, and after 30 worse (`npm run bench:tune`).
 */
export const coverCount = (study: Study): number => Math.min(16, Math.max(4, study.space.parameters.length))

const knownCount = 6

/**
 * So often the search tries what the model takes for the best of all settings, tried or not: the answer is one of those that
 * were tried, and expected improvement alone keeps looking where it knows little until there is no run left.
 */
const harvestEvery = 4

const isHarvest = (trialCount: number): boolean => trialCount % harvestEvery === 0

export function modelSearch(study: Study): Search {
  checked(study)
  const cover = coverOf(study)
  const modelsOf = modeller(study)
  return {
    propose: (trials) => {
      if (trials.length === 0) return currentOf(study)
      const ran = trials.filter(({ outcome }) => outcome !== null).length
      if (trials.length <= coverCount(study) || ran < 2) {
        return { settings: cover(trials.length), origin: 'cover', expectedGainShare: null, feasibility: null }
      }
      const models = modelsOf(trials)
      return isGuess(models, trials.length)
        ? { settings: cover(trials.length), origin: 'cover', expectedGainShare: null, feasibility: null }
        : mostPromising(study, models, trials)
    },
    best: (trials) => {
      const models = modelsOf(trials)
      const incumbent = incumbentOf(study.space, models, triedOf(study.space, trials))
      return incumbent === null ? null : answerOf(models, incumbent)
    },
  }
}

/**
 * A model that explains little is followed every other time only. Where noise hides everything, what promises most is a
 * corner far from all that is known, and the next corner after that, while the even cover still meets good settings.
 */
const isGuess = ({ objective }: Models, trialCount: number): boolean =>
  trialCount % 2 === 1 && objective !== null && objective.posterior.explainedShare < explainedShareMin

const explainedShareMin = 0.3

function mostPromising(study: Study, models: Models, trials: readonly Trial[]): Proposal {
  const { space, seed } = study
  const incumbent = incumbentOf(space, models, triedOf(space, trials))
  const model = models.objective ?? models.limited[0]?.surrogate
  const found = highest(
    space,
    {
      score: isHarvest(trials.length)
        ? (features) => standing(models, features)
        : (features) => logPromise(models, incumbent, features),
      known: knownGood(study, models, trials, incumbent),
      reach: model?.posterior.lengths ?? new Float64Array(),
    },
    Random.stream(seed, `model ${trials.length}`),
  )
  const settings = found?.settings ?? study.current
  const features = featuresOf(space, settings)
  return {
    settings,
    origin: 'model',
    expectedGainShare: incumbent === null ? null : expectedGain(models, incumbent, features),
    feasibility: Math.exp(logFeasibilityOf(models.limited, features)),
  }
}

/** The best means among what was tried, the incumbent first. */
function knownGood(
  { space }: Study,
  { objective, limited }: Models,
  trials: readonly Trial[],
  incumbent: Incumbent | null,
): Settings[] {
  const ranked = triedOf(space, trials)
    .map((settings) => {
      const features = featuresOf(space, settings)
      const feasibility = Math.exp(logFeasibilityOf(limited, features))
      return { settings, rank: (objective?.posterior.predict(features).mean ?? 0) - 3 * feasibility }
    })
    .toSorted((one, other) => one.rank - other.rank)
    .map(({ settings }) => settings)
  return [...(incumbent === null ? [] : [incumbent.settings]), ...ranked].slice(0, knownCount)
}

function expectedGain({ objective }: Models, incumbent: Incumbent, features: Float64Array): number | null {
  if (objective === null) return null
  const { posterior, response } = objective
  const better = response.inverse(incumbent.mean - expectedImprovement(posterior.predict(features), incumbent.mean))
  const now = response.inverse(incumbent.mean)
  return now > 0 ? (now - better) / now : null
}

const answerOf = ({ objective }: Models, { settings, mean, logFeasibility }: Incumbent): Answer => ({
  settings,
  objective: objective?.response.inverse(mean) ?? Number.NaN,
  feasibility: Math.exp(logFeasibility),
})
