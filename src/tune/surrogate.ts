import { assert, present } from '../core/assert.js'
import {
  fitHyperparameters,
  type Hyperparameters,
  hyperparameterStarts,
  type Observations,
  Posterior,
} from './gaussian-process.js'
import { type Response, responsesFor } from './response.js'
import { featureGroups, featuresOf, keyOf, type Settings, type Space } from './space.js'

// Measured values of settings -> a model of them. The transformation and the hyperparameters are fitted at certain counts of
// values only, from the values that were there then, and used until the next such count: a fit costs a hundred
// proposals. So what a model says follows from the values alone, and a study that was cut off goes on as it would have.

export type Measured = { readonly settings: Settings; readonly value: number }

export type Surrogate = { readonly posterior: Posterior; readonly response: Response }

type Fit = { readonly response: Response; readonly hyperparameters: Hyperparameters }

const choosingEvaluations = 20
const finishingEvaluations = 40

/** Keeps the last fit: the next model of the same values and some more needs it again. */
export class SurrogateFitter {
  readonly #space: Space
  readonly #groups: readonly number[]
  readonly #limit: number | null
  #fit: Fit | null = null
  #fitKey = ''

  constructor(space: Space, limit: number | null = null) {
    this.#space = space
    this.#groups = featureGroups(space)
    this.#limit = limit
  }

  /** The model of at least one value. */
  model(measured: readonly Measured[]): Surrogate {
    assert(measured.length > 0, 'a model has a value to go by')
    const known = measured.slice(0, fitCount(measured.length))
    const key = JSON.stringify(known.map(({ settings, value }) => [keyOf(this.#space, settings), value]))
    if (this.#fit === null || key !== this.#fitKey) this.#fit = this.#fitted(known)
    this.#fitKey = key
    const { response, hyperparameters } = this.#fit
    const observations = observationsOf(this.#space, measured, response)
    return { posterior: new Posterior(observations, this.#groups, hyperparameters), response }
  }

  #fitted(known: readonly Measured[]): Fit {
    const [first, ...others] = hyperparameterStarts(new Set(this.#groups).size)
    const start = present(first, 'a fit has a start')
    const values = known.map(({ value }) => value)
    const choices = responsesFor(values, this.#limit).map((response) => {
      const observations = observationsOf(this.#space, known, response)
      const fit = fitHyperparameters({ observations, groups: this.#groups }, [start], choosingEvaluations)
      return { response, observations, ...fit, evidence: fit.logPosterior + response.logJacobian }
    })
    const best = choices.reduce((one, other) => (other.evidence > one.evidence ? other : one))
    const { response, observations } = best
    const starts = [best.hyperparameters, ...others]
    return {
      response,
      ...fitHyperparameters({ observations, groups: this.#groups }, starts, finishingEvaluations),
    }
  }
}

/** How many of the values a fit uses: each count at first, then counts that are a tenth apart. */
function fitCount(count: number): number {
  let used = 1
  for (let next = used; next <= count; next = Math.max(next + 1, Math.floor(next * 1.1))) used = next
  return used
}

/** Runs of the same settings become one row. */
function observationsOf(space: Space, measured: readonly Measured[], response: Response): Observations {
  const rows = new Map<string, { readonly settings: Settings; readonly values: number[] }>()
  for (const { settings, value } of measured) {
    const key = keyOf(space, settings)
    const row = rows.get(key) ?? { settings, values: [] }
    row.values.push(response.of(value))
    rows.set(key, row)
  }
  const all = [...rows.values()]
  const means = all.map(({ values }) => values.reduce((sum, one) => sum + one, 0) / values.length)
  const squares = all.map(({ values }, row) => values.reduce((sum, one) => sum + (one - (means[row] ?? 0)) ** 2, 0))
  return {
    features: all.map(({ settings }) => featuresOf(space, settings)),
    means: Float64Array.from(means),
    counts: Float64Array.from(all, ({ values }) => values.length),
    squaresWithin: squares.reduce((sum, one) => sum + one, 0),
  }
}
