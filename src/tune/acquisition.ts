import { normalCdf, normalDensity } from '../stats/special-functions.js'
import type { Posterior, Prediction } from './gaussian-process.js'
import { featuresOf, type Settings, type Space } from './space.js'
import type { Surrogate } from './surrogate.js'

// What a trial of settings promises. Augmented expected improvement (Huang et al., "Global optimization of stochastic
// black-box systems via sequential kriging meta-models", 2006): the improvement that is expected upon the best of the model,
// never upon a lucky run, and less of it where what is left to learn is small beside the noise of a run. Constraints
// count by the probability that they are met (Gelbart et al., "Bayesian optimization with unknown constraints", 2014).

/** The model of something that has to be at or below a limit. */
export type Limited = { readonly surrogate: Surrogate; readonly limit: number }

export type Models = {
  /** Null where nothing has run. */
  readonly objective: Surrogate | null
  readonly limited: readonly Limited[]
}

/** What the model takes for the best of the settings that were tried, and how sure it is that they may be used. */
export type Incumbent = Prediction & { readonly settings: Settings; readonly logFeasibility: number }

/** So sure has the search to be of an answer, in logarithms: less where nothing reaches it. */
export const logFeasibilityMin = Math.log(0.9)

/**
 * Settings that are less probable are not tried while there are others: where the best lies beyond a cliff, the expected
 * improvement there, however improbable, would be the largest of all for a dozen crashes.
 */
const logGambleMin = Math.log(0.25)

/** Below every promise of settings that are worth a trial. */
const outclassed = -1e6

/** In logarithms, so that the improbable has an order too. */
export const logFeasibilityOf = (limited: readonly Limited[], features: Float64Array): number =>
  limited.reduce((sum, { surrogate, limit }) => {
    const { mean, deviation } = surrogate.posterior.predict(features)
    return sum + logNormalCdf((surrogate.response.of(limit) - mean) / deviation)
  }, 0)

/** The settings of the least mean among those that are probably feasible; of the most probable where none is. */
export function incumbentOf(space: Space, models: Models, tried: readonly Settings[]): Incumbent | null {
  const { objective, limited } = models
  if (objective === null) return null
  const all = tried.map((settings) => {
    const features = featuresOf(space, settings)
    return { settings, ...objective.posterior.predict(features), logFeasibility: logFeasibilityOf(limited, features) }
  })
  const needed = Math.min(logFeasibilityMin, Math.max(...all.map(({ logFeasibility }) => logFeasibility)))
  const usable = all.filter(({ logFeasibility }) => logFeasibility >= needed)
  return usable.reduce<Incumbent | null>((best, one) => (best === null || one.mean < best.mean ? one : best), null)
}

/** How much a trial promises, in logarithms, so that promises far below what a double holds still have an order. */
export function logPromise(models: Models, incumbent: Incumbent | null, features: Float64Array): number {
  const logFeasibility = logFeasibilityOf(models.limited, features)
  // Without a place that may be used, the first thing is to find one.
  if (models.objective === null || incumbent === null || incumbent.logFeasibility < Math.log(0.5)) return logFeasibility
  if (logFeasibility < logGambleMin) return logFeasibility + outclassed
  return logAugmentedImprovement(models.objective.posterior, incumbent, features) + logFeasibility
}

/** How good settings are taken to be, whatever is to be learned there: the mean, or how far they are from being feasible. */
export function standing({ objective, limited }: Models, features: Float64Array): number {
  const lack = Math.min(0, logFeasibilityOf(limited, features) - logFeasibilityMin)
  if (objective === null) return lack
  return lack < 0 ? lack + outclassed : -objective.posterior.predict(features).mean
}

function logAugmentedImprovement(posterior: Posterior, incumbent: Prediction, features: Float64Array): number {
  const { mean, deviation } = posterior.predict(features)
  const noise = posterior.noiseDeviation
  // 1 - noise / √(deviation² + noise²), which loses its digits where the noise is the larger.
  const whole = Math.hypot(deviation, noise)
  const learned = (deviation * deviation) / (whole * (whole + noise))
  return Math.log(deviation) + logImprovement((incumbent.mean - mean) / deviation) + Math.log(learned)
}

/** Expected improvement upon a level, on the scale of the response. */
export const expectedImprovement = ({ mean, deviation }: Prediction, level: number): number =>
  deviation * Math.exp(logImprovement((level - mean) / deviation))

/** ln(φ(z) + z Φ(z)); far below, where the two cancel, by the asymptotic series of Mills' ratio. */
function logImprovement(z: number): number {
  if (z > -6) return Math.log(normalDensity(z) + z * normalCdf(z))
  const square = z * z
  return -square / 2 - 0.5 * Math.log(2 * Math.PI) - Math.log(square) + Math.log1p(-3 / square + 15 / (square * square))
}

/** ln Φ(z): far below, where Φ is less than any double, by the same series. */
const logNormalCdf = (z: number): number =>
  z > -30
    ? Math.log(normalCdf(z))
    : (-z * z) / 2 - 0.5 * Math.log(2 * Math.PI) - Math.log(-z) + Math.log1p(-1 / (z * z))
