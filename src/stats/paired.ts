import { assert } from '../core/assert.js'
import { momentsOf } from './moments.js'
import { signFlip } from './sign-flip.js'
import { studentT } from './special-functions.js'

// Paired rounds of A and B: the only comparison whose false alarms stay where they are promised, since whatever drifts
// on the machine touches both sides of a round. Each metric is judged by d = ln(b / a), positive where B is worse.

/** Counts of rounds at which a decision may fall. */
export const looks = [5, 7, 10, 14, 20] as const
/** One-sided error of each look, so that all five together stay at 0.05 (Pocock 1977; simulated in the test beside). */
export const alphaOfLook = 0.0161
/** Below seven rounds not even the strongest result can reach the error of a look: 1/32 at five. */
const signFlipRoundsMin = 7

export type PairedStatus = 'regressed' | 'ok' | 'improved' | 'inconclusive'

type PairedResult = {
  readonly status: PairedStatus
  /** Rounds at the look that decided, or at the last look; null before the first. */
  readonly decidedAt: number | null
  /** Rounds at which the next look is; null after the last. */
  readonly nextLook: number | null
  /**
   * Change of B against A as a share, positive where B is worse, with its bounds at the last look; null before the
   * first.
   */
  readonly changeShare: number | null
  readonly lowerShare: number | null
  readonly upperShare: number | null
  /** Deviation of one round's difference, in logarithms. */
  readonly deviationLn: number | null
}

/** Order of the two runs of a round: A B B A A B B A, so that a steady drift cancels over two rounds. */
export const roundOrder = (index: number): 'AB' | 'BA' => (index % 2 === 0 ? 'AB' : 'BA')

/**
 * ln(b / a), turned so that worse is positive. Two zeros do not differ; against one zero there is no ratio, and null
 * says so.
 */
export function logRatio({ a, b }: { a: number; b: number }, better: 'lower' | 'higher'): number | null {
  if (a === b) return 0
  if (!(a > 0 && b > 0)) return null
  const ratio = Math.log(b / a)
  return better === 'lower' ? ratio : -ratio
}

/**
 * Judges the rounds so far. The decision falls at the first look that allows one and then stays, whatever comes later:
 * looking again until it suits is what the error of each look is paid for. Only `ok` may still become `improved`, which
 * says more of the same.
 *
 * At each look and for each statement Student's t has to say so, and from seven rounds on the sign-flip test as well.
 * Both have to agree, so the second can only take decisions away: the error stays below that of t alone, also where the
 * differences are far from normal.
 */
export function pairedLook(differences: readonly number[], marginShare: number): PairedResult {
  const margin = Math.log(1 + marginShare)
  const reached = looks.filter((look) => look <= differences.length)
  const nextLook = looks.find((look) => look > differences.length) ?? null
  let status: PairedStatus = 'inconclusive'
  let decidedAt: number | null = null
  for (const look of reached) {
    const found = lookAt(differences.slice(0, look), margin)
    if (status === 'inconclusive' || (status === 'ok' && found === 'improved')) {
      if (found !== 'inconclusive') decidedAt = look
      status = found
    }
  }
  const last = reached.at(-1)
  if (last === undefined) {
    const nothing = { changeShare: null, lowerShare: null, upperShare: null, deviationLn: null }
    return { status, decidedAt, nextLook, ...nothing }
  }
  const { mean, deviation, reach } = intervalOf(differences.slice(0, last))
  return {
    status,
    decidedAt,
    nextLook,
    changeShare: Math.expm1(mean),
    lowerShare: Math.expm1(mean - reach),
    upperShare: Math.expm1(mean + reach),
    deviationLn: deviation,
  }
}

function lookAt(differences: readonly number[], margin: number): PairedStatus {
  const { mean, reach } = intervalOf(differences)
  const above = (bound: number): boolean => mean - reach > bound && flipsAgree(differences.map((d) => d - bound))
  const below = (bound: number): boolean => mean + reach < bound && flipsAgree(differences.map((d) => bound - d))
  if (above(margin)) return 'regressed'
  if (below(-margin)) return 'improved'
  return below(margin) ? 'ok' : 'inconclusive'
}

const flipsAgree = (differences: readonly number[]): boolean =>
  differences.length < signFlipRoundsMin || signFlip(differences) <= alphaOfLook

function intervalOf(differences: readonly number[]): { mean: number; deviation: number; reach: number } {
  const count = differences.length
  const { mean, deviation } = momentsOf(differences)
  return { mean, deviation, reach: (quantileOfLook(count) * deviation) / Math.sqrt(count) }
}

const quantiles = new Map<number, number>()

/** Kept, because resampled comparisons ask for the same five a million times. */
function quantileOfLook(count: number): number {
  const known = quantiles.get(count)
  if (known !== undefined) return known
  const quantile = studentT(1 - alphaOfLook, count - 1)
  quantiles.set(count, quantile)
  return quantile
}

const powerUsual = 0.8

/**
 * The least true change, as a share, that would be called a regression with a power of 80 %: what a comparison of so
 * many rounds can see at all. `deviationLn` is that of one round's difference, from earlier comparisons or from `--aa`.
 */
export function minimumDetectableEffect(options: {
  readonly deviationLn: number
  readonly roundCount: number
  readonly marginShare: number
}): number {
  const { deviationLn, roundCount, marginShare } = options
  assert(roundCount >= looks[0], 'no decision falls before the first look')
  const freedom = roundCount - 1
  const steps = studentT(1 - alphaOfLook, freedom) + studentT(powerUsual, freedom)
  return Math.expm1(Math.log(1 + marginShare) + (steps * deviationLn) / Math.sqrt(roundCount))
}
