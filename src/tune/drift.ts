import { factorise, solveLower, solveUpper } from './cholesky.js'

// How the machine changed while a study ran, from settings that were measured more than once: a study measures the best so far
// again every few runs. The model is ln objective = level of the settings + drift at the run + noise, with a drift that
// walks at random from run to run (so it may also go one way, or jump). What is given back is the drift that is expected
// from all repeated runs together: dividing each score by the last repeated one would put the noise of that one run into
// all of them, which costs more than a calm machine drifts.
//
// How much of the noise is drift is not known either. It is averaged over, each ratio weighted by its restricted
// likelihood; a calm machine is as likely beforehand as all others together.

type Repeated = {
  /** Run of the study, from 0 on. */
  readonly index: number
  /** The same of runs with the same settings. */
  readonly key: string
  readonly objectiveLn: number
}

/** Variances of the walk's step in multiples of the variance of a run. */
const stepRatios = [0, 0.003, 0.01, 0.03, 0.1, 0.3, 1] as const

/** Repetitions beyond the first of their settings; with fewer, nothing can be told from noise. */
const repetitionsMin = 2

/** Logarithm of the drift at each of the first `count` runs; all zero where too little was repeated. The first run has none. */
export function driftOf(measured: readonly Repeated[], count: number): Float64Array {
  const drift = new Float64Array(count)
  const counts = new Map<string, number>()
  for (const { key } of measured) counts.set(key, (counts.get(key) ?? 0) + 1)
  const repeated = measured.filter(({ key }) => (counts.get(key) ?? 0) > 1)
  const keys = [...new Set(repeated.map(({ key }) => key))]
  if (repeated.length - keys.length < repetitionsMin) return drift
  const fits = stepRatios.flatMap((ratio) => fitOf(repeated, keys, ratio) ?? [])
  const highest = Math.max(...fits.map(({ logWeight }) => logWeight))
  const weights = fits.map(({ logWeight }) => Math.exp(logWeight - highest))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  for (const [fit, { ratio, pulls }] of fits.entries()) {
    for (let run = 0; run < count; run += 1) {
      const here = repeated.reduce((total, { index }, row) => total + Math.min(run, index) * (pulls[row] ?? 0), 0)
      drift[run] = (drift[run] ?? 0) + ((weights[fit] ?? 0) / sum) * ratio * here
    }
  }
  return drift
}

type Fit = {
  readonly ratio: number
  readonly logWeight: number
  /** What each repeated run says of the drift, on the scale of the noise. */
  readonly pulls: Float64Array
}

/** Generalised least squares with a level for each key; null where the numbers do not allow one. */
function fitOf(repeated: readonly Repeated[], keys: readonly string[], ratio: number): Fit | null {
  const size = repeated.length
  const factor = new Float64Array(size * size)
  for (const [row, one] of repeated.entries()) {
    for (const [column, other] of repeated.slice(0, row + 1).entries()) {
      factor[row * size + column] = ratio * Math.min(one.index, other.index) + (row === column ? 1 : 0)
    }
  }
  if (!factorise(factor, size)) return null
  const whitened = (values: Float64Array): Float64Array => {
    solveLower(factor, size, values)
    return values
  }
  const levels = keys.map((key) => whitened(Float64Array.from(repeated, (one) => (one.key === key ? 1 : 0))))
  const values = whitened(Float64Array.from(repeated, ({ objectiveLn }) => objectiveLn))
  const normal = Float64Array.from(levels.flatMap((one) => levels.map((other) => dot(one, other))))
  if (!factorise(normal, keys.length)) return null
  const level = Float64Array.from(levels, (one) => dot(one, values))
  solveLower(normal, keys.length, level)
  solveUpper(normal, keys.length, level)
  const rest = values.map(
    (value, row) => value - levels.reduce((sum, one, key) => sum + (one[row] ?? 0) * (level[key] ?? 0), 0),
  )
  const freedom = size - keys.length
  // Without this floor, values that agree to the last digit would make every other ratio impossible.
  const varianceLn = Math.log(Math.max(dot(rest, rest) / freedom, 1e-12))
  const logLikelihood = -logRoot(factor, size) - logRoot(normal, keys.length) - (freedom / 2) * varianceLn
  const pulls = Float64Array.from(rest)
  solveUpper(factor, size, pulls)
  return { ratio, logWeight: logLikelihood + Math.log(ratio === 0 ? 0.5 : 0.5 / (stepRatios.length - 1)), pulls }
}

const dot = (one: Float64Array, other: Float64Array): number =>
  one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0)

/** Half the logarithm of the determinant, from the factor. */
function logRoot(factor: Float64Array, size: number): number {
  let sum = 0
  for (let row = 0; row < size; row += 1) sum += Math.log(factor[row * size + row] ?? 1)
  return sum
}
