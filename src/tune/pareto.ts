import { assert, present } from '../core/assert.js'
import { Random } from '../core/random.js'
import { logFeasibilityMin, logFeasibilityOf } from './acquisition.js'
import { modelSearch } from './model-search.js'
import { limiter, triedOf, valuesOf } from './models.js'
import type { Proposal, Study, Trial } from './search.js'
import { featuresOf, type Settings } from './space.js'
import { SurrogateFitter } from './surrogate.js'

// Several objectives at once, none of which is worth a fixed amount of another: the answer is a front, of settings that no
// others beat in all objectives. Each proposal weighs the objectives anew and searches as for one (Knowles, "ParEGO: a
// hybrid algorithm with on-line landscape approximation for expensive multiobjective optimization problems", 2006).

/** A trial of which every objective is the less the better. */
export type ParetoTrial = Pick<Trial, 'settings'> & {
  readonly outcome: null | {
    readonly objectives: readonly number[]
    readonly constraints: Readonly<Record<string, number>>
  }
}

/** What the model takes an objective for: its middle value, and bounds between which it lies with 95 %. */
type Estimate = { readonly value: number; readonly lower: number; readonly upper: number }

type FrontPoint = {
  readonly settings: Settings
  readonly objectives: readonly Estimate[]
  readonly feasibility: number
}

type ParetoSearch = {
  readonly propose: (trials: readonly ParetoTrial[]) => Proposal
  /** Settings that were tried and that no others beat in all objectives, as far as the models tell; by the first objective. */
  readonly front: (trials: readonly ParetoTrial[]) => FrontPoint[]
}

const z95 = 1.959964
/** Weight of the sum beside the largest part, so that what is equal in the largest is not taken for equal. */
const sumWeight = 0.05

export function paretoSearch(study: Study, objectiveCount: number): ParetoSearch {
  assert(objectiveCount >= 2, 'a front has two objectives at least')
  const single = modelSearch(study)
  const fitters = Array.from({ length: objectiveCount }, () => new SurrogateFitter(study.space))
  const limitedOf = limiter(study)
  return {
    propose: (trials) => single.propose(weighed(trials, weightsOf(study.seed, trials.length, objectiveCount))),
    front: (trials) => {
      const limited = limitedOf(trials)
      const models = fitters.map((fitter, index) => {
        const measured = valuesOf(trials, ({ objectives }) => present(objectives[index], 'a trial has every objective'))
        return measured.length === 0 ? null : fitter.model(measured)
      })
      const points = triedOf(study.space, trials).map((settings) => {
        const features = featuresOf(study.space, settings)
        const objectives = models.flatMap((model) => {
          if (model === null) return []
          const { mean, deviation } = model.posterior.predict(features)
          const [value = 0, lower = 0, upper = 0] = [0, -z95, z95].map((z) =>
            model.response.inverse(mean + z * deviation),
          )
          return [{ value, lower, upper }]
        })
        return { settings, objectives, feasibility: Math.exp(logFeasibilityOf(limited, features)) }
      })
      const usable = points.filter(({ feasibility }) => feasibility >= Math.exp(logFeasibilityMin))
      return usable
        .filter((point) => !usable.some((other) => beats(other, point)))
        .toSorted((one, other) => (one.objectives[0]?.value ?? 0) - (other.objectives[0]?.value ?? 0))
    },
  }
}

/** Nowhere worse, and better in one objective. */
const beats = (one: FrontPoint, other: FrontPoint): boolean =>
  one.objectives.every(({ value }, index) => value <= (other.objectives[index]?.value ?? 0)) &&
  one.objectives.some(({ value }, index) => value < (other.objectives[index]?.value ?? 0))

/** Evenly from all weights that sum to one. */
function weightsOf(seed: number, trialCount: number, count: number): number[] {
  const random = Random.stream(seed, `weights ${trialCount}`)
  const parts = Array.from({ length: count }, () => random.exponential(1))
  const sum = parts.reduce((all, part) => all + part, 0)
  return parts.map((part) => part / sum)
}

/** Trials of one objective: the largest weighed part (Chebyshev's norm), which reaches the hollows of a front too. */
function weighed(trials: readonly ParetoTrial[], weights: readonly number[]): Trial[] {
  const ran = trials.flatMap(({ outcome }) => (outcome === null ? [] : [outcome.objectives]))
  const scales = weights.map((_, index) => scaleOf(ran.map((objectives) => objectives[index] ?? 0)))
  return trials.map(({ settings, outcome }) => {
    if (outcome === null) return { settings, outcome: null }
    const parts = weights.map((weight, index) => weight * (scales[index]?.(outcome.objectives[index] ?? 0) ?? 0))
    const objective = Math.max(...parts) + sumWeight * parts.reduce((sum, part) => sum + part, 0)
    return { settings, outcome: { objective, constraints: outcome.constraints } }
  })
}

/** From 0 at the least to 1 at the largest; in logarithms where all are above 0, as of latencies and costs. */
function scaleOf(values: readonly number[]): (value: number) => number {
  const curve = values.every((value) => value > 0) ? Math.log : (value: number) => value
  const curved = values.map(curve)
  const min = Math.min(...curved)
  const width = Math.max(...curved) - min
  return (value) => (width > 0 ? (curve(value) - min) / width : 0)
}
